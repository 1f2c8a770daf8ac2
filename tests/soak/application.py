"""Who writes: the sessions of one seed."""

from workload.beside import Engines, Statements, write_files
from workload.definitions import BESIDE_ERRORS, Definitions
from workload.session import Session
from workload.transactions import Transactions

# Each statement that changes definitions waits until everything before it is applied.
DEFINITIONS_PAUSE_S = 2.5
# Each table that a statement has reached is copied again.
STATEMENTS_PAUSE_S = 3
ENGINES_PAUSE_S = 0.1


def make_sessions(plan, schema, directory, through, past, outage):
    """Sessions through the endpoint, and those past it; `through` and `past` connect."""
    proxied, direct = [], []
    files = write_files(plan.seed, directory) if "files" in plan.features else []

    def add(found, connect, transactions, pause_s):
        number = transactions.session
        found.append(Session(f"session {number}", connect, transactions,
                             directory / f"session-{number}.log", pause_s, outage))

    for number in range(plan.proxied + plan.direct):
        is_direct = number >= plan.proxied
        options = {"settings": plan.session_settings(is_direct), "slow": True,
                   "direct": is_direct, "call": is_direct, "files": files,
                   "errors": BESIDE_ERRORS if "ddl" in plan.features else set()}
        options["cascades_logged"] = plan.modern
        options["xa"] = "xa" in plan.features
        # The endpoint closes a session that has temporary tables when it has to move.
        options["temporary"] = is_direct and "temporary" in plan.features
        add(direct if is_direct else proxied, past if is_direct else through,
            Transactions(plan.seed, number, schema, options), 0.015)
    number = plan.proxied + plan.direct
    if "ddl" in plan.features:
        add(direct, past, Definitions(plan.seed, number, schema), DEFINITIONS_PAUSE_S)
    if "statements" in plan.features:
        add(direct, past, Statements(plan.seed, number + 1, schema), STATEMENTS_PAUSE_S)
    if "engines" in plan.features:
        add(proxied, through, Engines(plan.seed, number + 2, schema), ENGINES_PAUSE_S)
    return proxied, direct
