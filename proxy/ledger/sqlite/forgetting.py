"""Deletes the answers that are kept for repeats, on a person's word."""

from pathlib import Path

from proxy.ledger.sqlite.opening import opened
from proxy.ledger.sqlite.renewal import renew


def forget_answers(path: Path) -> int:
    """Delete the kept answers and overwrite their place; return how many. Raise LedgerRefused."""
    with opened(path, "rw") as connection:
        renew(connection, path)
        connection.execute("PRAGMA secure_delete = ON").fetchall()
        count = connection.execute("DELETE FROM reply").rowcount
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return count
