"""More rows than the limit of the servers; the session of root says what it means."""


def statements(random):
    yield "USE odd_servers"
    yield "SET sql_mode = '', time_zone = '+00:00'"
    yield "INSERT INTO many VALUES " + ", ".join(f"({n}, 'v{n}')" for n in range(400))
    yield "INSERT INTO keyless VALUES " + ", ".join(
        f"('k{n % 3}', {n % 3}.1234567891, '-00:00:00.{n % 3:06}')" for n in range(50))
    yield "INSERT INTO keyless VALUES (NULL, NULL, NULL), (NULL, NULL, NULL), ('', 0, '00:00:00')"
    yield "INSERT INTO auto_ (v) VALUES (1), (2), (3)"
    yield ("INSERT INTO values_ (id, c, v, s, d, t, u, f) VALUES (1, '\\\\n', '\\' \\\\\\'', "
           "'2024-02-29 06:15:00.5', '0000-00-00', '-00:00:00.5', 4294967295, 0.1), "
           "(2, 'x', '', '1970-01-01 00:00:01', '2020-00-00', '838:59:59', 0, 1e-40), "
           "(3, NULL, NULL, '2038-01-19 03:14:07.999999', NULL, NULL, NULL, NULL)")
    yield "INSERT INTO values_ (id) VALUES (4)"
    yield "INSERT INTO parts VALUES " + ", ".join(f"({n}, 'p{n}')" for n in range(90, 130))
