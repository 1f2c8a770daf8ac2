"""What a seed decides beside the schema: versions, server options, configuration, disturbances."""

import random

# With a change buffer, sessions with unique_checks=0 put the same value twice into a unique index whose
# page is not in memory: rows that no other server could take.
FAST = ["--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0", "--innodb-change-buffering=none"]
GTID = ["--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-slave-updates=ON"]
# Seeds in a row that share servers: what only a start can set changes with the group.
GROUP = 10
# In every seed.
ALWAYS = {"case_in_keys", "ddl", "files", "row_image", "temporary", "xa"}
# In some, with this probability: each makes a seed longer.
SOMETIMES = {"engines": 0.35, "server_kills": 0.3, "statements": 0.4}
# What a killed server of its own does not keep: tables without transactions, and on 5.6 the log of
# what was prepared.
NOT_WITH_KILLS = {"engines", "xa"}
FEATURES = ALWAYS | set(SOMETIMES)


class Plan:
    """`features`: a set of names, what is not in it is left out; None: those that the seed draws."""

    def __init__(self, seed, features=None, pair=None, apply_mode=None):
        self.seed = seed
        self.features = draw_features(seed) if features is None else set(features)
        group = random.Random(f"{seed // GROUP}/servers")
        drawn = "9.7" if seed // GROUP % 3 == 2 else "5.6"
        self.source_version = pair or drawn
        self.source_options = FAST + ["--innodb-log-file-size=128M"] \
            if self.source_version == "5.6" else list(FAST)
        self.target_options = list(FAST)
        if group.random() < 0.4:
            self.source_options += GTID if self.source_version == "5.6" else GTID[:2]
            if self.source_version == "5.6":
                # Temporary tables are not made within transactions there.
                self.features.discard("temporary")
        if self.source_version == "5.6" and group.random() < 0.3:
            self.source_options.append("--log-bin-use-v1-row-events=ON")
        if group.random() < 0.4:
            self.target_options += GTID[:2]
        if group.random() < 0.4:
            # Cascades as before 9.6: not in the log, and with all their errors.
            self.target_options.append("--innodb-native-foreign-keys=ON")
        self.rng = random.Random(f"{seed}/plan")
        self.source_globals = self.globals_of(self.source_version)
        self.target_globals = self.globals_of("9.7")
        self.configuration = self.draw_configuration()
        # Drawn by itself: what else a seed decides stays as it was.
        drawn = random.Random(f"{seed}/apply").choice(["batch", "batch", "transactional"])
        self.configuration["apply"]["mode"] = apply_mode or drawn
        self.scale = self.rng.choice([0.3, 1, 1, 1.5])
        self.proxied = self.rng.choice([2, 3])
        self.direct = self.rng.choice([1, 2])

    @property
    def modern(self):
        return self.source_version != "5.6"

    def globals_of(self, version):
        """Settings that a running server takes; the sessions come after them."""
        rng = self.rng
        # A server that is to be killed is set up as in production.
        safe = "server_kills" in self.features
        chosen = {"binlog_checksum": rng.choice(["NONE", "CRC32"]),
                  "sync_binlog": 1 if safe else 0,
                  "innodb_flush_log_at_trx_commit": 1 if safe else 2}
        if "row_image" in self.features:
            chosen["binlog_row_image"] = rng.choice(["FULL", "FULL", "MINIMAL", "NOBLOB"])
        if version != "5.6":
            chosen["binlog_row_metadata"] = rng.choice(["MINIMAL", "FULL"])
            chosen["binlog_transaction_compression"] = rng.choice(["ON", "OFF"])
        return chosen

    def draw_configuration(self):
        rng = self.rng
        return {
            "load": {"lanes": rng.choice([0, 1, 2, 4]),
                     "chunk_bytes": rng.choice([0, 65536, 1048576])},
            "apply": {"workers": rng.choice([1, 2, 4, 8])},
            "verify": {"lanes": rng.choice([1, 2])},
        }

    def session_settings(self, direct):
        """Statements besides those that every session may use."""
        if not direct:
            return []
        settings = ["SET SESSION auto_increment_increment = 1",
                    "SET SESSION auto_increment_increment = 3",
                    "SET SESSION foreign_key_checks = 0", "SET SESSION insert_id = 321"]
        if "row_image" in self.features:
            settings += [f"SET SESSION binlog_row_image = '{image}'"
                         for image in ("FULL", "MINIMAL", "NOBLOB")]
        if self.modern:
            settings += ["SET SESSION binlog_transaction_compression = ON",
                         "SET SESSION binlog_transaction_compression = OFF"]
        return settings

    def describe(self):
        return {"seed": self.seed, "source": self.source_version,
                "source_options": self.source_options, "target_options": self.target_options,
                "source_globals": self.source_globals, "target_globals": self.target_globals,
                "configuration": self.configuration, "scale": self.scale,
                "proxied": self.proxied, "direct": self.direct,
                "features": sorted(self.features)}


def draw_features(seed):
    rng = random.Random(f"{seed}/features")
    found = ALWAYS | {name for name, chance in SOMETIMES.items() if rng.random() < chance}
    return found - NOT_WITH_KILLS if "server_kills" in found else found
