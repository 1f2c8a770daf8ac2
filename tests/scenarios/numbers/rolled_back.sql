UPDATE integers SET t = 1, iz = 4294967295 WHERE id > 1;
UPDATE decimals SET padded = 999999999.999;
UPDATE floats SET f = f * 3, d = d * 3 WHERE d IS NULL OR ABS(d) < 1e307;
UPDATE keyless_numbers SET d = d / 2;
