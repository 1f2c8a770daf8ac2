INSERT INTO integers VALUES (30, -1, 128, 9, 1, -1, 32768, -1, 8388608, 9, -1, 2147483648, 9, -1, 9223372036854775808, 9);
UPDATE integers SET bu = bu - 1, b = b - 1 WHERE bu > 5 AND b > -100;
UPDATE decimals SET wide = wide * -1, whole = -whole WHERE wide IS NOT NULL;
UPDATE floats SET f = f / 7, d = d / 7, r = 1e-5 WHERE id > 2;
UPDATE keyless_numbers SET d = d / 3 WHERE d > 0.09 AND d < 0.11 LIMIT 1;
DELETE FROM keyless_numbers WHERE b = 0 LIMIT 1;
UPDATE keyless_numbers SET b = 2 WHERE d < 0 AND d > -1e-300;
UPDATE floats SET d = -5e-324, f = -1.4e-45 WHERE id = 9;
INSERT INTO keyless_numbers VALUES (1/3, 1/3e0, 1/3, 18446744073709551615);
