INSERT INTO integers VALUES (20, -1, 128, 9, 1, -1, 32768, -1, 8388608, 9, -1, 2147483648, 9, -1, 9223372036854775808, 9);
UPDATE integers SET bu = bu - 1 WHERE bu > 0;
UPDATE decimals SET wide = wide * -1, small = -small WHERE wide IS NOT NULL;
UPDATE floats SET f = -f, d = d * 1.0000000000000002 WHERE ABS(d) < 1e308;
UPDATE keyless_numbers SET f = 0.7 WHERE f IS NULL;
UPDATE keyless_numbers SET c = c + 0.000000000000000000000000000001 WHERE c > 0 LIMIT 1;
