UPDATE moving SET id = id - 2000 WHERE id > 1999;
UPDATE ci SET k = UPPER(k);
DELETE FROM unique_only WHERE b IS NULL LIMIT 10;
UPDATE composite SET b = UPPER(b);
