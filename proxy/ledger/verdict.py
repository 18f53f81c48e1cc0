"""A person's verdict on a row: written beside what the proxy saw, never over it."""

import sqlite3
import time
from pathlib import Path

from proxy.ledger import schema
from proxy.ledger.lock import in_use
from proxy.ledger.reading import opened
from proxy.ledger.row import stamp
from proxy.ledger.store import format_of, migrate
from proxy.ledger.trouble import LedgerRefused

LONGEST = 2000


def settle(path: Path, number: int, *, made: bool, note: str, author: str) -> None:
    """Write a verdict; raise LedgerRefused if it cannot be written, or there is no such row.

    A row may have several: the last one counts, and none is ever changed.
    """
    with opened(path, "rw") as connection:
        connection.execute("PRAGMA synchronous = FULL")
        _renew(connection, path)
        found = connection.execute(
            "SELECT outcome FROM request WHERE number = ?", [number]
        ).fetchone()
        if found is None:
            raise LedgerRefused(f"there is no row #{number}")
        if found[0] is None:
            raise LedgerRefused(f"row #{number} is still open: {_open(path)}")
        connection.execute(
            "INSERT INTO verdict (number, at, made, note, author) VALUES (?, ?, ?, ?, ?)",
            [number, stamp(time.time()), int(made), note[:LONGEST], author[:LONGEST]],
        )


def _renew(connection: sqlite3.Connection, path: Path) -> None:
    """Bring an older ledger to this format, unless the program that wrote it still runs."""
    if format_of(connection) == schema.VERSION:
        return
    if in_use(path):
        raise LedgerRefused(
            f"a running proxy of an older version uses it (its format is {format_of(connection)});"
            " give the verdict with that version, or end it first"
        )
    migrate(connection)


def _open(path: Path) -> str:
    if in_use(path):
        return "its request is under way"
    return "the proxy ended before it was closed; start the proxy, which closes it, then settle it"
