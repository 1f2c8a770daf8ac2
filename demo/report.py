"""The demo's last word: a table of steps, rows and pauses, in the manner of pgcopydb."""


def rows_per_second(rows, seconds):
    return f"{rows / seconds:,.0f} rows/s" if rows and seconds > 0 else ""


def table(header, rows):
    """Columns as wide as their longest cell; the first column is flush left."""
    cells = [header] + rows
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = []
    for number, row in enumerate(cells):
        first = row[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  " + "   ".join([first] + rest).rstrip())
        if number == 0:
            lines.append("  " + "   ".join("-" * width for width in widths))
    return "\n".join(lines)


def step_rows(report):
    rows = []
    for step in report["steps"]:
        rows.append([step["name"], f"{step['seconds']:.1f} s",
                     f"{step['rows']:,}" if step.get("rows") else "",
                     rows_per_second(step.get("rows", 0), step["seconds"]), step.get("note", "")])
    return rows


def switch_rows(report):
    rows = []
    for switch in report["switches"]:
        client = switch["client"]
        if not client.get("statements"):
            rows.append([switch["name"], f"{switch['seconds']:.1f} s"] + ["?"] * 5)
            continue
        rows.append([
            switch["name"], f"{switch['seconds']:.1f} s", f"{client['longest_ms']:,.0f} ms",
            f"{client['p50_ms']:.1f} / {client['p99_ms']:.1f} ms",
            f"{client['before_p50_ms']:.1f} / {client['before_p99_ms']:.1f} ms",
            f"{switch.get('moved_sessions', '?')}", f"{switch.get('closed_sessions', '?')}"])
    return rows


def comparison_rows(report):
    return [[item["name"], f"{item['tables']}" if item.get("tables") else "",
             f"{item['rows_compared']:,}", f"{item['rows_different']:,}"]
            for item in report["comparisons"]]


def render(report):
    """The whole text for a terminal."""
    parts = ["", table(["Step", "Time", "Rows", "Throughput", ""], step_rows(report)), ""]
    if report["switches"]:
        parts += [table(["Switch", "Command", "Longest statement", "p50 / p99 that second",
                         "p50 / p99 before", "Moved", "Closed"], switch_rows(report)), ""]
    if report["comparisons"]:
        parts += [table(["Comparison", "Tables", "Rows compared", "Different"],
                        comparison_rows(report)), ""]
    app = report["application"]
    facts = [
        ["statements of the application", f"{app.get('statements', 0):,}"],
        ["transactions it saw committed", f"{app.get('commits', 0):,}"],
        ["highest lag", f"{report['highest_lag_ms']:,.0f} ms"],
        ["highest memory of flyover run", f"{report['peak_memory_mib']:,.0f} MiB"],
        ["failed queries", f"{report['failed_queries']:,}"],
        ["ledger entries lost", f"{report['lost']:,}"],
        ["ledger entries doubled", f"{report['doubled']:,}"],
        ["rows different", f"{report['differences']:,}"],
    ]
    parts += [table(["The whole way", ""], facts), ""]
    for problem in report["problems"]:
        parts.append(f"  PROBLEM: {problem}")
    if report["passed"]:
        parts.append("  Not one failed query, not one lost or doubled commit, not one different "
                     "row.")
    return "\n".join(parts)
