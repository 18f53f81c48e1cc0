"""Takes the ledger of a file into the database: whole or not at all, and once.

A database that has no rows yet becomes the ledger that the file was, with its id, numbers and
chain: a head that the file's proxy logged is found there. To one that has rows, those of the file
are added under new numbers, and the chain goes on with what they are now.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from proxy.ledger import chain, schema
from proxy.ledger.archive import Intake
from proxy.ledger.chain import COLUMNS, ChainLink
from proxy.ledger.connection import LedgerConnection, Values
from proxy.ledger.postgres.replicas import any_alive
from proxy.ledger.postgres.session import LedgerSession
from proxy.ledger.postgres.walk import Cursors
from proxy.ledger.sqlite.archive import FileArchive
from proxy.ledger.trouble import FileRefused, LedgerInUse, LedgerRefused, words
from proxy.ledger.verification import verified, verify
from proxy.moments import stamp
from proxy.words import phrase

_AT_ONCE = 1000  # claims
# Each replica that comes reads the identity after it has shown that it lives: so either we see it,
# or it gets no further before the end of the transaction.
_ALONE = "LOCK TABLE identity IN ACCESS EXCLUSIVE MODE"
_BEFORE = "SELECT head FROM intake WHERE id = ?"
_NOTE = "INSERT INTO intake (id, at, rows, first, head) VALUES (?, ?, ?, ?, ?)"
_BECOME = "UPDATE identity SET id = ?, salt = ?"
_CLAIM = (
    "INSERT INTO claim (number, exchange, caller, key, fingerprint, at)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (caller, key) DO NOTHING"
)
_TABLES = {
    "request": ((*chain.ROW_COLUMNS, "replica"), "number"),
    "verdict": (COLUMNS[chain.VERDICT], "rowid"),
    "evidence": (COLUMNS[chain.EVIDENCE], "rowid"),
    "claim": (("number", "exchange", "caller", "key", "fingerprint", "at"), "rowid"),
    "reply": (("number", "at", "status", "fields", "body"), "number"),
    "chain": (("seq", "events", "cut", "hash"), "seq"),
}
"""The tables to copy: the columns of each, and its order."""
# What is no text in them; the chain tells nothing of claims and replies.
_WHOLE = {
    **dict.fromkeys(("number", "seq", "body_bytes", "made"), 2**63),
    **dict.fromkeys(("attempts", "status", "replica"), 2**31),
}
_FRACTIONAL = frozenset(("seconds", "held"))
_BYTES = frozenset(("events", "hash", "body"))


def take_in(session: LedgerSession, path: Path) -> Intake:
    """Copy the file at ``path``, which nobody else may be using; raise LedgerRefused."""
    archive = FileArchive(path)
    with _named(path):
        with archive.reading():
            pass  # it says in words what is not there
        held = archive.store(may_make=False)
    try:
        with _named(path):
            held.recover()  # as at a start: no process is left that could say how these ended
            found = verify(path)
        if found.first is not None:
            what = found.first.words
            raise FileRefused(phrase("ledger.intake-changed", path=str(path), what=what))
        with archive.snapshot() as file, session.writing():
            return _taken(session, file, path)
    finally:
        held.close()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the file in a refusal that is about it; else it would name the database."""
    try:
        yield
    except LedgerInUse as error:
        refused = phrase("ledger.intake-in-use", path=str(path), who=error.who)
        raise FileRefused(refused) from None
    except LedgerRefused as error:
        raise FileRefused(error.why) from None
    except sqlite3.Error as error:
        raise FileRefused(phrase("ledger.of-file", path=str(path), why=words(error))) from None


def _taken(session: LedgerSession, file: LedgerConnection, path: Path) -> Intake:
    session.execute(_ALONE)
    if any_alive(session):
        raise LedgerRefused(phrase("ledger.intake-beside"))
    identity, head = file.execute(schema.IDENTITY).fetchone(), chain.head(file)
    before = session.execute(_BEFORE, identity[:1]).fetchone()
    if before is not None:
        if before[0] != str(head):
            raise FileRefused(phrase("ledger.intake-went-on", path=str(path)))
        return Intake(0, 0, chain.head(session))
    written = Cursors(session)
    (newest,) = session.execute(schema.NEWEST).fetchone() or (0,)
    rows = _copy(session, file, path, "request", newest)
    for table in ("verdict", "evidence", "claim", "reply"):
        _copy(session, file, path, table, newest)
    if newest:
        chain.take_over(session, newest, written)
    else:
        session.execute(_BECOME, identity)
        (probe,) = _ours(path, "probe", ("at", "held"), file.execute(schema.LAST_PROBE))
        session.execute(schema.PROBE, probe)
        _copy(session, file, path, "chain", newest)
    session.execute(_NOTE, (identity[0], stamp(time.time()), rows, newest + 1, str(head)))
    return Intake(rows, newest + 1, _proved(written, path, None if newest else head))


def _copy(
    session: LedgerSession, file: LedgerConnection, path: Path, table: str, newest: int
) -> int:
    """Copy a table, to numbers after ``newest``; return how many rows it has.

    In a ledger that has another salt, marks are marks of nothing. A key that a row there has, too,
    stays that row's.
    """
    columns, order = _TABLES[table]
    other = {"number": f"number + {newest}", "marks": "'{}'"} if newest else {}
    wanted = ", ".join({"replica": "0", **other}.get(each, each) for each in columns)
    found = file.execute(f"SELECT {wanted} FROM {table} ORDER BY {order}")
    rows = _ours(path, table, columns, found)
    if table != "claim":
        return session.copy(table, columns, rows)
    remaining, count = iter(rows), 0
    while some := list(islice(remaining, _AT_ONCE)):
        count += session.executemany(_CLAIM, some).rowcount
    return count


def _ours(
    path: Path, table: str, columns: Sequence[str], rows: Iterable[Values]
) -> Iterator[Values]:
    """Yield rows as they are; raise FileRefused at one with a value that no proxy writes.

    A file's columns take values of any type, the database's do not.
    """
    for row in rows:
        if not all(map(_fits, columns, row)):
            raise FileRefused(phrase("ledger.intake-edited", path=str(path), table=table))
        yield row


def _fits(column: str, value: object) -> bool:
    if value is None:
        return True
    if column in _WHOLE:
        return isinstance(value, int) and -_WHOLE[column] <= value < _WHOLE[column]
    if column in _FRACTIONAL:
        return isinstance(value, int | float)
    if column in _BYTES:
        return isinstance(value, bytes)
    return isinstance(value, str) and "\0" not in value and _is_text(value)


def _is_text(value: str) -> bool:
    """Report whether it is text, and not other bytes in a column for text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _proved(written: LedgerConnection, path: Path, head: ChainLink | None) -> ChainLink:
    """Return the chain's head, if all agrees with it, and it goes on from ``head``."""
    found = verified(written, head)
    if found.first is not None:
        what = found.first.words
        raise FileRefused(phrase("ledger.intake-differs", path=str(path), what=what))
    return found.head
