UPDATE huge SET b = CONCAT(LEFT(b, 67108856), 'switched') WHERE id = 1;
