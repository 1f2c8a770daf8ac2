"""What the application's clients felt: statement latencies around a moment."""

import pathlib
import struct

RECORD = struct.Struct("<qIHBB")  # start_us, latency_us, connection, action, failed


class Latencies:
    """All statements of the application, from its latency-*.bin files."""

    def __init__(self, directory):
        self.records = []
        for path in sorted(pathlib.Path(directory).glob("latency-*.bin")):
            data = path.read_bytes()
            usable = len(data) - len(data) % RECORD.size
            self.records += [(start, latency) for start, latency, _, _, _ in
                             RECORD.iter_unpack(data[:usable])]
        self.records.sort()

    def between(self, begin_us, end_us):
        """Statements that were running at some time in the interval."""
        return [(start, latency) for start, latency in self.records
                if start < end_us and start + latency >= begin_us]

    def around_switch(self, begin_s, end_s):
        """Figures of one switch whose command ran from begin_s to end_s (seconds since 1970).

        All in milliseconds: the longest statement that touches the switch, p50 and p99 of the
        second in whose middle that statement stood, and of the minute before the switch.
        """
        begin_us, end_us = int(begin_s * 1e6), int(end_s * 1e6)
        touching = self.between(begin_us, end_us)
        if not touching:
            return {"statements": 0}
        start, longest = max(touching, key=lambda record: record[1])
        middle = start + longest // 2
        around = [latency for _, latency in self.between(middle - 500_000, middle + 500_000)]
        before = [latency for start, latency in self.records
                  if begin_us - 60_000_000 <= start < begin_us]
        return {
            "statements": len(around),
            "longest_ms": longest / 1000,
            "p50_ms": percentile(around, 50), "p99_ms": percentile(around, 99),
            "before_p50_ms": percentile(before, 50), "before_p99_ms": percentile(before, 99),
            "before_longest_ms": max(before) / 1000 if before else 0.0,
        }


def percentile(latencies_us, percent):
    """The percentile in milliseconds; 0 when there is nothing."""
    if not latencies_us:
        return 0.0
    ordered = sorted(latencies_us)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] / 1000
