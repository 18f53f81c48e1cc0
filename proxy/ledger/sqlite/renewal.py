"""Brings a ledger to this version's format, for those who write to it beside the proxy."""

import sqlite3
from pathlib import Path

from proxy.ledger.sqlite import tables
from proxy.ledger.sqlite.lock import in_use
from proxy.ledger.sqlite.store import format_of, migrate
from proxy.ledger.trouble import LedgerRefused
from proxy.words import phrase


def renew(connection: sqlite3.Connection, path: Path) -> None:
    """Bring an older ledger to this format, unless the program that wrote it still runs."""
    connection.execute("PRAGMA synchronous = FULL")
    if format_of(connection) == tables.VERSION:
        return
    if in_use(path):
        raise LedgerRefused(phrase("ledger.older-proxy", format=format_of(connection)))
    migrate(connection)
