"""SQL files: statements, sessions and expected errors.

Statements end with `;`, or with what a DELIMITER line names, as in the mysql client. Quotes and
comments are respected. Lines of their own beginning with `-- @` speak to the harness:

    -- @session NAME    the statements that follow run in this session (first one: "main");
                        root-source and root-target are root's on that server
    -- @close NAME      the session ends here; named again, it is a new one
    -- @restart SIDE    source or target is shut down and started again; all sessions end
    -- @error CODE      the next statement must fail with this MySQL error
    -- @repeat N        the next statement runs N times
    -- @once yes        the next statement is left out when the file runs again
"""

import dataclasses
import re

DIRECTIVE = re.compile(rb"^[ \t]*-- @(session|error|repeat|close|restart|once)[ \t]+(\S+)[ \t]*$")
DELIMITER = re.compile(rb"^[ \t]*delimiter[ \t]+(\S+)[ \t]*$", re.IGNORECASE)


@dataclasses.dataclass
class Statement:
    """One statement as bytes, and how to run it."""
    sql: bytes
    session: str = "main"
    error: int = 0
    repeat: int = 1
    line: int = 0
    once: bool = False
    action: tuple = ()  # ("close", session) or ("restart", side) in place of a statement


def skip_quoted(text, at):
    """The index behind the quoted text or name that begins at `at`."""
    quote = text[at:at + 1]
    at += 1
    while at < len(text):
        one = text[at:at + 1]
        if one == b"\\" and quote != b"`":
            at += 2
        elif one == quote:
            at += 1
            if text[at:at + 1] != quote:
                return at
            at += 1
        else:
            at += 1
    raise ValueError(f"unterminated {quote.decode()}")


def skip_token(text, at):
    """The index behind the quoted text, comment or single byte at `at`."""
    one = text[at:at + 1]
    if one in (b"'", b'"', b"`"):
        return skip_quoted(text, at)
    if one == b"#" or re.match(rb"--[ \t\n]", text[at:at + 3]):
        end = text.find(b"\n", at)
        return len(text) if end < 0 else end
    if text[at:at + 2] == b"/*":
        end = text.find(b"*/", at)
        return len(text) if end < 0 else end + 2
    return at + 1


def has_code(sql):
    """False for what is only comments and blanks."""
    at = 0
    while at < len(sql):
        after = skip_token(sql, at)
        comment = sql[at:at + 1] == b"#" or re.match(rb"--[ \t\n]", sql[at:at + 3]) or (
            sql[at:at + 2] == b"/*" and sql[at:at + 3] != b"/*!")
        if not comment and sql[at:after].strip():
            return True
        at = after
    return False


def split(text):
    """The statements of a file's bytes."""
    statements = []
    delimiter = b";"
    session, error, repeat, once = "main", 0, 1, False
    begin = at = 0

    def line_of(position):
        return text.count(b"\n", 0, position) + 1

    def take(end):
        nonlocal error, repeat, once
        sql = text[begin:end].strip()
        if has_code(sql):
            statements.append(Statement(sql, session, error, repeat, line_of(begin), once))
            error, repeat, once = 0, 1, False

    while at < len(text):
        if at == 0 or text[at - 1:at] == b"\n":
            end = text.find(b"\n", at)
            end = len(text) if end < 0 else end
            line = text[at:end]
            directive, new_delimiter = DIRECTIVE.match(line), DELIMITER.match(line)
            if directive or new_delimiter:
                take(at)
                if new_delimiter:
                    delimiter = new_delimiter[1]
                elif directive[1] == b"session":
                    session = directive[2].decode()
                elif directive[1] == b"error":
                    error = int(directive[2])
                elif directive[1] == b"once":
                    once = True
                elif directive[1] in (b"close", b"restart"):
                    statements.append(Statement(b"", line=line_of(at), action=(
                        directive[1].decode(), directive[2].decode())))
                else:
                    repeat = int(directive[2])
                begin = at = min(end + 1, len(text))
                continue
        if text.startswith(delimiter, at):
            take(at)
            at += len(delimiter)
            begin = at
            continue
        at = skip_token(text, at)
    take(len(text))
    return statements
