UPDATE huge SET b = 'x' WHERE id = 2;
