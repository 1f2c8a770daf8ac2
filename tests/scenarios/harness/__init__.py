"""What walks a scenario through a whole migration and compares both servers by its own means."""
