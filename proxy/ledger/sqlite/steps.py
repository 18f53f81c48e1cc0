"""What a commit writes to a ledger's file, as one statement.

Python gives its lock away for each call of SQLite, and gets it back when the event loop waits. With
a call for each thing that is written, both threads wait for each other longer than they work. So
all that a commit writes are rows of one INSERT into a view, which is only this connection's: its
triggers do what each of them stands for. A row that would change nothing fails all of it.
"""

import sqlite3
from collections.abc import Iterable
from functools import cache

from proxy.ledger import chain, schema
from proxy.ledger.row import Value

OPEN, AMEND, CLOSE, LINK = range(4)
"""The kinds: what is written of a row, and an entry of the chain."""

STATEMENTS = (schema.OPEN, schema.AMEND, schema.CLOSE, chain.LINK)
_COLUMNS = 12  # columns of a view's row beside its kind: those of an opening
_PADS = [(None,) * (_COLUMNS - statement.count("?")) for statement in STATEMENTS]
MOST = 64  # rows of the view in one statement
# SQLite keeps some KiB for each row of a statement, so statements for many rows have few lengths:
# they go by so many rows. A row that has no kind does nothing.
_MANY = 8

Step = tuple[int, tuple[Value, ...]]
"""One thing to be written: its kind, and the values of its statement."""


def events_of(step: Step) -> list[bytes]:
    """Return the events of the chain that tell of a step."""
    kind, values = step
    if kind == OPEN:
        return [chain.opened(values)]
    return [chain.closed(values)] if kind == CLOSE else chain.amended(values)


def _trigger(kind: int, statement: str) -> str:
    names = (f"NEW.c{number}" for number in range(_COLUMNS))
    body = "".join(next(names) if each == "?" else each for each in statement)
    return f"""
CREATE TEMP TRIGGER step_{kind} INSTEAD OF INSERT ON step WHEN NEW.kind = {kind}
BEGIN
{body};
SELECT RAISE(ABORT, 'it changes nothing') WHERE changes() = 0;
END;
"""


VIEW = f"""
PRAGMA temp_store = MEMORY;
CREATE TEMP VIEW step AS
SELECT NULL AS kind, {", ".join(f"NULL AS c{number}" for number in range(_COLUMNS))};
{"".join(_trigger(*each) for each in enumerate(STATEMENTS))}
"""
"""The view and its triggers, for each connection that writes."""


def write(
    connection: sqlite3.Connection, steps: Iterable[Step], entries: Iterable[chain.Entry]
) -> None:
    """Write steps and entries of the chain; raise IntegrityError if one would change nothing."""
    values: list[Value | bytes] = []
    for kind, written in steps:
        values += (kind, *written, *_PADS[kind])
    for entry in entries:
        values += (LINK, *entry, *_PADS[LINK])
    width = 1 + _COLUMNS
    if len(values) > 2 * _MANY * width:
        values += (None,) * (-len(values) % (_MANY * width))
    for start in range(0, len(values), MOST * width):
        some = values[start : start + MOST * width]
        # `execute` would make one more call, to ask for the last number.
        connection.executemany(_statement(len(some) // width), (some,))


@cache
def _statement(count: int) -> str:
    row = ", ".join("?" * (1 + _COLUMNS))
    return "INSERT INTO step VALUES " + ", ".join([f"({row})"] * count)
