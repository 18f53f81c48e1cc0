"""Opens an existing ledger's file beside the process that writes it."""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from proxy.ledger.sqlite.store import connect, refuse_other
from proxy.ledger.trouble import LedgerDamaged, LedgerRefused, damaged, words
from proxy.words import phrase


@contextmanager
def opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Open an existing ledger; an error of SQLite's becomes LedgerRefused."""
    with suppress(OSError):  # of a folder that is closed to us: said below
        if not path.is_file():
            what = phrase("is-a-directory") if path.is_dir() else phrase("does-not-exist")
            raise LedgerRefused(phrase("ledger.not-there", path=str(path), what=what))
    if not os.access(path, os.R_OK):
        raise LedgerRefused(phrase("ledger.unreadable", path=str(path)))
    if sys.platform == "win32":  # SQLite only says that it cannot be opened
        from proxy.windows import files

        if files.held(path, files.READ):
            held = phrase("file.held")
            raise LedgerRefused(phrase("ledger.of-file", path=str(path), why=held))
    try:
        connection = connect(path, mode)
    except (sqlite3.Error, OSError) as error:
        raise LedgerRefused(phrase("ledger.of-file", path=str(path), why=words(error))) from None
    try:
        refuse_other(connection, path)
        yield connection
    except sqlite3.Error as error:
        kind = LedgerDamaged if damaged(error) else LedgerRefused
        raise kind(phrase("ledger.of-file", path=str(path), why=words(error))) from None
    except UnicodeDecodeError:  # of SQLite's words about a broken file
        why = phrase("ledger.damaged")
        raise LedgerDamaged(phrase("ledger.of-file", path=str(path), why=why)) from None
    finally:
        connection.close()
