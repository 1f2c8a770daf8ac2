"""One transaction of very many rows, followed there and back within bounded memory.

FLYOVER_LARGE_ROWS sets how many rows; `make test` takes 300,000, and a million take about three
times as long.
"""

import os
import pathlib
import unittest

from reload_test import ReloadTest, compare, wait_until

ROWS = int(os.environ.get("FLYOVER_LARGE_ROWS", "300000"))
APPLIED_WITHIN_S = 60 + ROWS // 5000
# docs/architecture.md: what waits between the stream and the applier, what is handed to sessions
# and what they write, and the program itself. The transactions here are several times as large.
MEMORY_MAX_MIB = 32 + 80 + 32 + 80


class LargeTransaction(ReloadTest):
    DIGITS = "SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n + 100000 * f.n AS n " \
             "FROM " + ", ".join(f"digits {one}" for one in "abcdef")

    transactions = 0

    def sums(self, server):
        with compare.neutral(server) as connection:
            return compare.rows_of(
                connection, "SELECT COUNT(*), SUM(CRC32(CONCAT_WS('|', id, n, v))), MIN(id), "
                f"MAX(id) FROM {self.schema}.many")[0]

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.flyover.run.process.pid}/status").read_text("ascii")
        return next(int(line.split()[1]) // 1024 for line in status.splitlines()
                    if line.startswith("VmHWM:"))

    def in_one_transaction(self, active, passive, *statements):
        """Waits for it on the other server, too, by a row that is written behind it."""
        self.transactions += 1
        self.sql(active, f"USE {self.schema}", "BEGIN", *statements, "COMMIT",
                 f"INSERT INTO steady (v) VALUES ({self.transactions})")

        def there():
            self.flyover.check()
            with compare.neutral(passive) as connection:
                return compare.rows_of(connection, "SELECT 1 FROM "
                                       f"{self.schema}.steady WHERE v = {self.transactions}")
        wait_until(there, APPLIED_WITHIN_S, f"transaction {self.transactions} on {passive.side}",
                   0.3)
        self.assertEqual(self.sums(active), self.sums(passive))

    def work(self, active, passive):
        generated = self.DIGITS + f" HAVING n < {ROWS}"
        self.in_one_transaction(
            active, passive, "INSERT INTO many (id, n, v) SELECT g.n, g.n % 1000, "
            f"REPEAT(CHAR(65 + g.n % 26), 90) FROM ({generated}) g")
        self.in_one_transaction(active, passive,
                                "UPDATE many SET n = n + 1, v = LOWER(v) WHERE id % 2 = 1",
                                "DELETE FROM many WHERE id % 2 = 0",
                                "UPDATE many SET id = id - 1 WHERE id % 8 = 3")

    def there_and_back(self):
        self.make("CREATE TABLE digits (n INT NOT NULL PRIMARY KEY)",
                  "INSERT INTO digits VALUES " + ", ".join(f"({n})" for n in range(10)),
                  "CREATE TABLE many (id INT NOT NULL PRIMARY KEY, n INT, v VARCHAR(100)) "
                  "CHARACTER SET latin1")
        self.flyover.start_proxy()
        self.flyover.start_run()
        self.flyover.wait_ready()
        self.work(self.source, self.target)
        self.switch("cutover")
        self.sql(self.target, f"TRUNCATE TABLE {self.schema}.many")
        self.work(self.target, self.source)
        peak = self.peak_mib()
        print(f"{ROWS} rows in one transaction: flyover run took up to {peak} MiB ", end="")
        self.assertLess(peak, MEMORY_MAX_MIB)


class LargeInBatches(LargeTransaction):
    def test_batch(self):
        self.there_and_back()


class LargeTransactional(LargeTransaction):
    extra = {"apply": {"mode": "transactional"}}

    def test_transactional(self):
        self.there_and_back()


if __name__ == "__main__":
    unittest.main()
