INSERT INTO integers SELECT 10, -128, 255, 255, -128, -32768, 65535, -8388608, 16777215, 16777215,
  -2147483648, 4294967295, 4294967295, -9223372036854775808, 18446744073709551615, 18446744073709551615;
UPDATE integers SET bu = 18446744073709551614, t = -t, iu = 4294967294 WHERE id = 18446744073709551615;
UPDATE integers SET id = 9223372036854775809 WHERE id = 9223372036854775808;
DELETE FROM integers WHERE id = 0;
UPDATE decimals SET wide = -wide, whole = whole - 1, money = money + 0.0001 WHERE id <= 3;
INSERT INTO decimals SELECT 6, -tiny, -whole, -small, -wide, wide_u, -nine, -ten, -money, padded FROM decimals WHERE id = 1;
UPDATE floats SET f = f / 3, d = d / 3, r = r * 1.1 WHERE id IN (1, 4, 5);
INSERT INTO floats VALUES (8, 1/3, 1/3, 1/3, 1/3, 1/3e0, 1/3e0, 1/3, 1e22);
DELETE FROM keyless_numbers WHERE f < 0.2 AND f > 0.05 LIMIT 1;
DELETE FROM keyless_numbers WHERE d > 0 AND d < 1e-300 LIMIT 1;
UPDATE floats SET d = d * 3, f = f * 3 WHERE id = 9;
UPDATE keyless_numbers SET b = 18446744073709551614 WHERE d = 1e300;
