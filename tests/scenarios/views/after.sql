DROP VIEW of_gone, joins;
UPDATE t SET b = b + 1 WHERE a IS NOT NULL;
