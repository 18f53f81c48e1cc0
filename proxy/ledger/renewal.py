"""Brings a ledger to this version's format, for those who write to it beside the proxy."""

import sqlite3
from pathlib import Path

from proxy.ledger import schema
from proxy.ledger.lock import in_use
from proxy.ledger.store import format_of, migrate
from proxy.ledger.trouble import LedgerRefused


def renew(connection: sqlite3.Connection, path: Path) -> None:
    """Bring an older ledger to this format, unless the program that wrote it still runs."""
    connection.execute("PRAGMA synchronous = FULL")
    if format_of(connection) == schema.VERSION:
        return
    if in_use(path):
        raise LedgerRefused(
            f"a running proxy of an older version uses it (its format is {format_of(connection)});"
            " give the verdict with that version, or end it first"
        )
    migrate(connection)
