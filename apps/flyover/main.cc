// Wiring only: everything a command does lives below.
int main() { return 0; }
