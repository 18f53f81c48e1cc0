"""The ledger's file: opened, checked, written and pruned, by one thread at a time.

Durability is SQLite's: write-ahead log and ``synchronous=FULL``, so that a commit that has returned
survives the end of the process and the loss of power, if the disk keeps what it says it has.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from proxy.ledger import schema
from proxy.ledger.lock import Lock
from proxy.ledger.row import Row, stamp
from proxy.ledger.trouble import MEND, LedgerRefused, code, passes, words

_BUSY = 2.0  # seconds another program may hold the file, such as a verdict being written
_AT_ONCE = 500  # rows pruned in one transaction: payments wait for no more than that
_WHAT_ELSE = {True: "a directory; name a file in it", False: "not a file; name a file"}
_PAGES = 256  # given back to the file system after it


class Moved(OSError):
    """The file is no longer where it was opened: what is written now nobody would find."""


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """A request that was under way when the process before ended."""

    exchange: str
    opened_at: str
    method: str
    path: str


class Store:
    """One open ledger. Raises sqlite3.Error, or OSError if the file has gone from its place."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: Lock) -> None:
        self._path = path
        self._connection = connection
        self._lock = lock
        self._inode = _inode(path)

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Open the ledger, make it if there is no file; raise LedgerRefused if it is no good.

        Trouble that may pass by itself, such as a full disk, is raised as it comes.
        """
        try:
            if path.exists() and not path.is_file():  # before a lock is left beside it
                raise LedgerRefused(f"{path}: is {_WHAT_ELSE[path.is_dir()]}")
            lock = Lock(path)
            try:
                new = not path.exists() or path.stat().st_size == 0
                return cls(path, _made(path) if new else _opened(path), lock)
            except BaseException:
                lock.release()
                raise
        except (sqlite3.Error, OSError) as error:
            if passes(error):
                raise
            raise LedgerRefused(_refusal(path, error)) from None

    def recover(self) -> list[LeftOpen]:
        """Close the rows that a process left open when it ended; return them."""
        left = [LeftOpen(*row[1:]) for row in self._connection.execute(schema.LEFT_OPEN)]
        if left:
            with self._transaction():
                self._connection.execute(schema.NOW_UNKNOWN, (stamp(time.time()),))
        return left

    def write(self, openings: Sequence[Row], closings: Sequence[Row]) -> None:
        """Write rows and ends in one commit, durably; all or nothing.

        Of openings that were not written, none has a number afterwards.
        """
        self._check_place()
        execute = self._connection.execute
        try:
            with self._transaction():
                for row in openings:
                    row.number = execute(schema.OPEN, row.opening()).lastrowid
                for row in closings:
                    execute(schema.CLOSE, row.closing())
        except BaseException:
            for row in openings:
                row.number = None
            raise

    def probe(self) -> None:
        """Write something that means nothing, to learn whether a payment could be written."""
        self._check_place()
        with self._transaction():
            self._connection.execute(schema.PROBE, (stamp(time.time()),))

    def in_doubt(self) -> int:
        """Count the rows in doubt that nobody has given a verdict on."""
        (count,) = self._connection.execute(schema.COUNT_IN_DOUBT).fetchone()
        return int(count)

    def size(self) -> int:
        """Return the bytes that rows take in the file; what they left free does not count."""
        pages, free, size = (
            self._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def prune(self, before: str | None, limit: int) -> int:
        """Delete some of the oldest rows that are settled; return how many.

        ``before``: those opened earlier than that; ``limit``: any, while the rows take more bytes.
        """
        gone = 0
        with self._transaction():
            if before is not None:
                gone = self._connection.execute(schema.PRUNE_OLD, (before, _AT_ONCE)).rowcount
            if gone == 0 and self.size() > limit:
                gone = self._connection.execute(schema.PRUNE_ANY, (_AT_ONCE,)).rowcount
        if gone:
            self._connection.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
        return gone

    def close(self) -> None:
        """Fold the write-ahead log into the file, also where that was moved, and close it."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        self._lock.release()

    def _check_place(self) -> None:
        if _inode(self._path) != self._inode:
            raise Moved("the file was moved or removed")

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._connection)


class _Transaction:
    """BEGIN IMMEDIATE to COMMIT; whatever goes wrong, also at the COMMIT, leaves none open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._connection.execute("COMMIT" if kind is None else "ROLLBACK")
        except sqlite3.Error:
            if self._connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
            if kind is None:
                raise


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open the file as it is; ``mode`` is SQLite's: ``ro`` or ``rw``, neither of which makes it."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY,
        isolation_level=None,
        check_same_thread=False,  # made at the start, used by the writer's thread from then on
    )
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _made(path: Path) -> sqlite3.Connection:
    """Make a new ledger; a file that did not get its tables is not left behind."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = connect(path, "rw")
    try:
        connection.executescript(schema.TABLES)
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _opened(path: Path) -> sqlite3.Connection:
    connection = connect(path, "rw")
    try:
        check(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        with _Transaction(connection):  # whether it may be written is asked now, not at a payment
            connection.execute(schema.PROBE, (stamp(time.time()),))
    except BaseException:
        connection.close()
        raise
    return connection


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise LedgerRefused unless it is a ledger that this version reads, and whole."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != schema.APPLICATION:
        raise LedgerRefused(f"{path} is an SQLite file, but not a ledger of breb-proxy")
    if version != schema.VERSION:
        raise LedgerRefused(
            f"{path} was written by another version of breb-proxy (its format is {version}, this"
            f" version reads {schema.VERSION}); use that version, or name another file"
        )
    # Reads every page: some two seconds for each million rows.
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise LedgerRefused(f"{path} is damaged ({str(verdict).splitlines()[-1]}); {MEND}")


def _refusal(path: Path, error: BaseException) -> str:
    if isinstance(error, sqlite3.Error) and code(error) in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    ):
        return f"{path}: {words(error)}; {MEND}"
    with contextlib.suppress(OSError):  # of a folder that is closed to us
        if not path.parent.is_dir():
            return f"{path}: there is no such directory: {path.parent}"
    return f"{path}: {words(error)}; give this user the right to write it and its directory"


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino
