"""A scenario directory as an object.

    README.md         one paragraph: what it shows
    schema.sql        run by root on the source; makes every schema of the scenario
    data.sql          the rows; or data.py, whose statements(random) yields SQL texts
    target.sql        by root on the target, for what stands in the way there
    during.sql        by the application's account, directly on the source, after the snapshots of
                      the load are open
    after.sql         through the endpoint, when the target follows
    switched.sql      through the endpoint, after the cutover: on the new server
    rolled_back.sql   through the endpoint, after the rollback: on the old server again
    expect.json       everything the harness has to know; the keys are those of DEFAULTS

The files that go through the endpoint share their sessions, so that a session lives through every
switch with its state.
"""

import importlib.util
import json
import pathlib
import random

from .processes import ScenarioError
from .sql_text import split

DEFAULTS = {
    "schemas": [],            # required: the schemas that schema.sql makes
    "include": [],            # default: every table of these schemas
    "source": "5.6",          # the versions of the servers: 5.6 or 9.7
    "target": "9.7",
    "source_options": [],     # more options of the servers, as on mysqld's command line
    "target_options": [],
    "config": {},             # more sections for the TOML file
    "assess": {"exit": 0, "findings": []},  # texts that the report has to contain
    "refused": "",            # not empty: `run` must refuse, with this in its error
    "before": [],             # runs of `flyover run` that are killed or interrupted; see walk.py
    "replication_faults": [], # each kills `flyover run` while after.sql runs once more
    "reverse_faults": [],     # the same for switched.sql and the reverse direction
    "failed_cutovers": [],    # faults armed one after the other; see switches.py
    "failed_rollbacks": [],
    "load_faults": "",        # armed in the run that loads, with during_repeats
    "during_repeats": False,  # during.sql runs again and again from before the load to its end
    "definitions_change": False,  # the files have DDL: definitions are compared with the rows
    "queries": [],            # {"when", "sql", "rows", "on": both | source | target}
    "prepared_at_switches": "", # SQL that an XA transaction has prepared when a switch is asked for
    "memory_mib": 0,          # the most that the last `flyover run` may have taken; 0: not looked at
    "application": True,      # the ledger runs through the endpoint
    "skip_catalog": [],       # beginnings of catalog differences that are expected
}


class Scenario:
    """Read-only."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.name = self.directory.name
        expect = json.loads((self.directory / "expect.json").read_text(encoding="utf-8"))
        unknown = set(expect) - set(DEFAULTS)
        if unknown or not expect.get("schemas"):
            raise ScenarioError(f"{self.name}/expect.json: unknown keys {sorted(unknown)}, or "
                                "schemas is missing")
        self.expect = dict(DEFAULTS, **expect)
        self.schemas = self.expect["schemas"]
        self.include = self.expect["include"] or [f"{schema}.*" for schema in self.schemas]

    def statements(self, file):
        """The statements of one of the files; none when it is not there."""
        generator = self.directory / f"{file}.py"
        if generator.exists():
            spec = importlib.util.spec_from_file_location(f"{self.name}_{file}", generator)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            text = ";\n".join(module.statements(random.Random(20240229)))
            return split(text.encode())
        path = self.directory / f"{file}.sql"
        return split(path.read_bytes()) if path.exists() else []


def all_scenarios(root):
    return sorted(path.parent.name for path in pathlib.Path(root).glob("*/expect.json"))
