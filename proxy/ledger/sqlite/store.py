"""The ledger's file: opened, checked, written and pruned, by one thread at a time.

Durability is SQLite's: write-ahead log and ``synchronous=FULL``, so that a commit that has returned
survives the end of the process and the loss of power, if the disk keeps what it says it has.
"""

import contextlib
import logging
import os
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from proxy.ledger import alike, chain, kept_claims, schema
from proxy.ledger.ages import oldest_rows
from proxy.ledger.connection import LedgerConnection
from proxy.ledger.cut import cut
from proxy.ledger.marks import salted
from proxy.ledger.row import Row, of_rows, storable
from proxy.ledger.sqlite import tables
from proxy.ledger.sqlite.folder import Folder
from proxy.ledger.sqlite.lock import Lock
from proxy.ledger.sqlite.log import Log
from proxy.ledger.sqlite.place import Place, cramped, refuse_cramped, refuse_foreign_beside
from proxy.ledger.sqlite.steps import (
    AMEND,
    CLOSE,
    MOST,
    OPEN,
    STATEMENTS,
    VIEW,
    Step,
    events_of,
    write,
)
from proxy.ledger.store import LeftOpen
from proxy.ledger.trouble import MEND, LedgerRefused, damaged, passes, read_only, words
from proxy.moments import stamp
from proxy.words import Phrase, Said, phrase

_BUSY = 2.0  # seconds that another program may hold the file, for example to write a verdict
_PAGES = 512  # pages returned to the file system after a deletion
_LOG_KEPT = 4 << 20  # bytes of the write-ahead log, once nobody reads from before
_FOLDED = _LOG_KEPT // tables.PAGE  # pages of it, from which on SQLite folds it into the file

log = logging.getLogger("proxy.ledger")


class FileStore:
    """One open ledger. Raises sqlite3.Error, or OSError if the file has gone from its place.

    ``salt`` is for keyed hashes of what is masked in this ledger.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, place: Place) -> None:
        self.path = path
        self._connection = connection
        self._log: Log | None = Log(path)  # None until it is begun again
        self._folder = Folder(path)
        self.place = place
        ledger, salt = connection.execute(schema.IDENTITY).fetchone()
        self.salt = salted(salt)
        if not self.salt:
            raise _to_mend(path, phrase("ledger.damaged"))
        try:
            chain.head(connection)
        except LedgerRefused as edited:
            raise _to_mend(path, edited.why) from None
        self._last = _newest(connection)
        self._head: chain.ChainLink | None = None  # of the chain, where it is known
        place.sign(str(ledger))

    @classmethod
    def open(cls, path: Path, *, may_make: bool = True) -> "FileStore":
        """Open the ledger, make it if there never was one; raise LedgerRefused if it is no good.

        Trouble that may pass by itself, such as a full disk, is raised as it comes.
        """
        try:
            if path.exists() and not path.is_file():  # checked before a lock file is made beside it
                if path.is_dir():
                    raise LedgerRefused(phrase("ledger.directory", path=str(path)))
                raise LedgerRefused(phrase("ledger.no-file", path=str(path)))
            lock = Lock(path)
            try:
                return cls._locked(path, lock, may_make=may_make)
            except BaseException:
                lock.release()
                raise
        except (sqlite3.Error, OSError) as error:
            if passes(error):
                raise
            raise LedgerRefused(_refusal(path, error)) from None

    @classmethod
    def _locked(cls, path: Path, lock: Lock, *, may_make: bool) -> "FileStore":
        new = not path.exists() or path.stat().st_size == 0
        if new and (lock.remembers or not may_make):
            raise LedgerRefused(phrase("ledger.gone", path=str(path), lock=str(lock.path)))
        if new:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        place = Place(path, lock)
        try:
            connection = _opened(path, may_make=may_make and not lock.remembers)
            _keep_from_others(path)
        except BaseException:
            place.let_go()
            raise
        try:
            return cls(path, connection, place)
        except BaseException:
            connection.close()
            place.let_go()
            raise

    def recover(self, reason: str = "process-ended", ours: Iterable[Row] = ()) -> list[LeftOpen]:
        """Close the rows that are still open, as in doubt; return them.

        Those of ``ours``, which are still under way, stay open, and are at home here from now on:
        the file is a copy of the one that they were written to. If the file went after its log, it
        is closed: who opens it finds them.
        """
        if self._log is None:
            return []
        left = self._connection.execute(schema.LEFT_OPEN).fetchall()
        if not left:
            return []
        ours_by_name = {row.exchange: row for row in ours}
        adopted = [
            (ours_by_name[name], number) for number, name, *_ in left if name in ours_by_name
        ]
        lost = [each for each in left if each[1] not in ours_by_name]
        with self._transaction():
            events = self._write((AMEND, row.amendment(at)) for row, at in adopted)
            now = stamp(time.time())
            for number, *_ in lost:
                self._connection.execute(schema.NOW_IN_DOUBT, (reason, now, number))
                events.append(chain.standing(self._connection, chain.CLOSED, number))
            chain.append(self._connection, events)
        for row, number in adopted:
            row.number, row.home = number, self
        return [LeftOpen(*each[1:]) for each in lost]

    def abandoned(self) -> list[LeftOpen]:
        """Return none: one process alone writes a file; what it left open is found at a start."""
        return []

    def break_off(self) -> None:
        """Do nothing: the system's calls for a file cannot be broken off."""

    def enter(
        self,
        openings: list[Row],
        closings: Sequence[Row],
        amended: Sequence[Row] = (),
        *,
        anew: Sequence[Row] = (),
    ) -> list[Row]:
        """Write what may be written, as `write` does; return the rows that were opened."""
        openings = self.free(openings, closings)
        self.write([*anew, *openings], of_rows(closings, openings), amended)
        return openings

    def write(
        self,
        openings: Sequence[Row],
        closings: Sequence[Row],
        amended: Sequence[Row] = (),
        *,
        wherever: bool = False,
    ) -> None:
        """Write rows, amendments and ends in one commit, durably; all or nothing.

        Rows that were not written keep the number they had: none, or that in a file that is gone.
        ``wherever``: also if the file is no longer at its place.
        """
        if not wherever:
            self._check()
        before = [row.number for row in openings]
        numbers = range(self._last + 1, self._last + 1 + len(openings))
        try:
            steps = self._steps(openings, numbers, amended, closings)
            if not self._wrote_at_once(steps, openings, closings):
                with self._transaction():
                    events = self._write(steps)
                    self._head = chain.append(self._connection, events)
                    kept_claims.write(self._connection, openings, closings)
        except BaseException:
            self._head = None
            for row, number in zip(openings, before, strict=True):
                row.number = number
            raise
        self._last += len(openings)
        for row in openings:
            row.home = self

    def _steps(
        self,
        openings: Sequence[Row],
        numbers: range,
        amended: Sequence[Row],
        closings: Sequence[Row],
    ) -> list[Step]:
        """Return what is to be written, in order; give the rows that are opened their numbers."""
        # Rows that are here go first: one that grows as the last of its page moves no other.
        steps = self._go_on(amended, closings, here=True)
        for row, number in zip(openings, numbers, strict=True):
            row.number = number  # one that is closed in the same commit is found by it
            steps.append((OPEN, row.opening(number)))
        return steps + self._go_on(amended, closings, here=False)

    def _go_on(self, amended: Sequence[Row], closings: Sequence[Row], *, here: bool) -> list[Step]:
        """Return what is known of rows that are ``here``, or of those that this commit opens."""
        steps = [(AMEND, row.amendment()) for row in amended if (row.home is self) is here]
        steps += [(CLOSE, row.closing()) for row in closings if (row.home is self) is here]
        return steps

    def _wrote_at_once(
        self, steps: list[Step], openings: Sequence[Row], closings: Sequence[Row]
    ) -> bool:
        """Write steps as one statement, which is a commit of its own where nothing goes with it.

        Return False, with nothing written, if one would change nothing, such as the end of a row
        that has one, or if the chain's head is not known: another program may have written.
        """
        if self._head is None:
            return False
        events = [event for step in steps for event in events_of(step)]
        entries = chain.linked(events, self._head)
        few = len(steps) + len(entries) <= MOST
        alone = few and all(row.claim is None for row in (*openings, *closings))
        try:
            with contextlib.nullcontext() if alone else self._transaction():
                write(self._connection, steps, entries)
                kept_claims.write(self._connection, openings, closings)
        except (sqlite3.IntegrityError, UnicodeEncodeError):
            return False
        if entries:
            self._head = chain.ChainLink(entries[-1][0], entries[-1][3])
        return True

    def _write(self, steps: Iterable[Step]) -> list[bytes]:
        """Write steps one by one; return the events of what they changed."""
        events: list[bytes] = []
        for step in steps:
            told = events_of(step)
            events += told if self._execute(step) else self._standing(told)
        return events

    def free(self, openings: list[Row], closings: Sequence[Row] = ()) -> list[Row]:
        """Return the rows that may be opened.

        Those may not whose key another row has, nor guarded ones while one like them is in doubt,
        be it only by its end, which is among ``closings``.
        """
        openings = kept_claims.free(self._connection, openings)
        return alike.free(self._connection, openings, closings)

    def _standing(self, events: list[bytes]) -> list[bytes]:
        """Return those of ``events`` that tell what the file holds: the others changed nothing."""
        return [
            packed
            for packed in events
            for each in chain.events_of(packed)
            if packed == chain.standing(self._connection, each.kind, each.number)
        ]

    def _execute(self, step: Step) -> int:
        """Write a step; return the number of rows that it changed."""
        kind, values = step
        try:
            return self._connection.execute(STATEMENTS[kind], values).rowcount
        except UnicodeEncodeError:  # a row must not fail for it, nor those that share its commit
            storables = [storable(value) for value in values]
            return self._connection.execute(STATEMENTS[kind], storables).rowcount

    def head(self) -> chain.ChainLink:
        """Return the place and the hash of the chain's newest entry."""
        return chain.head(self._connection)

    def probe(self, at: str, held: float) -> None:
        """Write the time that is believed, to learn whether a payment could be written."""
        self._check()
        with self._transaction():
            self._connection.execute(schema.PROBE, (at, held))

    def probed(self) -> tuple[str, float]:
        """Return what the last probe wrote; no time is held if somebody edited that."""
        at, held = self._connection.execute(schema.LAST_PROBE).fetchone()
        return str(at), float(held) if isinstance(held, int | float) else 0.0

    def in_doubt(self) -> int:
        """Count the rows in doubt that nobody has given a verdict on."""
        (count,) = self._connection.execute(schema.COUNT_IN_DOUBT).fetchone()
        return int(count)

    def long_in_doubt(self, before: str) -> int:
        """Count those of them that have been in doubt since before that time (RFC 3339)."""
        (count,) = self._connection.execute(schema.COUNT_LONG_IN_DOUBT, [before]).fetchone()
        return int(count)

    def size(self) -> int:
        """Return the bytes that rows take in the file; what they left free does not count."""
        pages, free, size = (
            self._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def exceeds(self, limit: int) -> bool:
        """Report whether rows and answers take more bytes than that.

        Claims do not count: they stay for long, and must not push rows out.
        """
        size = self.size()
        return size > limit and size - kept_claims.size(self._connection) > limit

    def log_size(self) -> int:
        """Return the bytes of the write-ahead log."""
        return 0 if self._log is None else self._log.size

    def prune(self, before: str | None, limit: int, most: int) -> int:
        """Delete some of the ``most`` oldest rows that are settled; return how many.

        ``before``: those opened earlier than that; ``limit``: any, while the rows take more bytes.
        The newest row stays, so that no number is used twice.
        """
        rows = oldest_rows(self._connection, most)
        (newest,) = self._connection.execute(schema.NEWEST).fetchone()
        oldest = [(number, at) for number, at in rows if number != newest]
        gone = [(number,) for number, at in oldest if before is not None and at < before]
        if not gone and self.exceeds(limit):
            gone = [(number,) for number, _ in oldest]
        if gone:
            with self._transaction():
                self._connection.executemany(schema.DELETE, gone)
                cut(self._connection, [number for (number,) in gone])
            # As a script: `execute` steps once, which on some versions of Python is one page.
            self._connection.executescript(f"PRAGMA incremental_vacuum({_PAGES});")
        return len(gone)

    def forget(self, replies: str, claims: str, most: int) -> int:
        """Delete some of the oldest answers and claims from before those times; return how many."""
        with self._transaction():
            gone = kept_claims.forget_replies(self._connection, replies, most)
            return gone + kept_claims.forget_claims(self._connection, claims, most)

    def fold(self) -> bool:
        """Fold the write-ahead log into the file, also where that was moved; False if not now."""
        try:
            (busy, *_) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error:
            return False
        return not busy

    def close(self) -> None:
        """Fold the log in, and close the file."""
        self.fold()
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        self.place.release()

    def _check(self) -> None:
        """Raise OSError unless what is written now would be found by others."""
        state = self._folder.state()
        if self._folder.unchanged(state):
            self.place.check_content()
            return
        self.place.check()
        if self._log is None or not self._log.in_place:
            self._begin_log_again()
        self._folder.remember(state)

    def _begin_log_again(self) -> None:
        """Save what is in a log whose name was taken away: it is in no other place."""
        if self._log is not None:
            if not self.fold():
                raise OSError(
                    f"{self.path}-wal was moved or removed, and cannot be folded in; end the"
                    " programs that read the ledger"
                )
            self._connection.close()
            self._log = None
        # Not every page again: payments wait, and it was whole a moment ago.
        connection = _opened(self.path, whole=False)
        try:
            self.place.check()  # it may be another by now: whoever moves the log moves the file too
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._log = Log(self.path)
        log.error(
            "the log of the ledger, %s-wal, was moved or removed; what was in it is in the ledger:"
            " nothing is lost, but never touch that file while the proxy runs",
            self.path,
        )

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._connection)


class _Transaction:
    """BEGIN IMMEDIATE to COMMIT; whatever goes wrong, also at the COMMIT, leaves none open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.executescript("BEGIN IMMEDIATE")  # one call: see steps.py

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._connection.commit()
            else:
                self._connection.rollback()
        except sqlite3.Error:
            if self._connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.rollback()
            if kind is None:
                raise


def _newest(connection: sqlite3.Connection) -> int:
    """Return the last number that was given; a ledger of the first format counts them itself."""
    (last,) = connection.execute(schema.NEWEST).fetchone()
    counts = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'")
    if counts.fetchone():
        (counted,) = connection.execute(tables.COUNTED).fetchone()
        last = max(last, counted)
    return int(last)


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open the file as it is; ``mode`` is SQLite's: ``ro`` or ``rw``, neither of which makes it."""
    if cramped(path):
        refuse_cramped(path)
    refuse_foreign_beside(path)
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


def _opened(path: Path, *, may_make: bool = False, whole: bool = True) -> sqlite3.Connection:
    connection = connect(path, "rw")
    try:
        if may_make and _blank(connection):
            connection.executescript(tables.TABLES)
            # A copy of the file without its log is still a ledger.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        (check if whole else refuse_other)(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        _durable(connection)
        migrate(connection)
        connection.executescript(VIEW)
        with _Transaction(connection):  # whether it may be written is asked now, not at a payment
            connection.execute("UPDATE probe SET held = held")
    except BaseException:
        connection.close()
        raise
    return connection


def _keep_from_others(path: Path) -> None:
    """Close the ledger's files on Windows, where SQLite's have the rights of their folder."""
    if sys.platform == "win32":
        from proxy.windows import acl

        for suffix in ("", "-wal", "-shm", ".lock"):
            with contextlib.suppress(FileNotFoundError):
                acl.keep(path.with_name(path.name + suffix))


def _blank(connection: sqlite3.Connection) -> bool:
    """Report whether the file is empty, or has a ledger that a full disk left unfinished."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (parts,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return int(application) == int(parts) == 0


def _durable(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {_LOG_KEPT}").fetchall()
    connection.execute(f"PRAGMA wal_autocheckpoint = {_FOLDED}").fetchall()


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an older ledger to this format, one version at a time, each whole or not at all."""
    while (version := format_of(connection)) in tables.MIGRATIONS:
        with _Transaction(connection):
            for statement in _statements(tables.MIGRATIONS[version]):
                connection.execute(statement)
            if version + 1 == chain.FORMAT:
                chain.take_over(connection)


def _statements(script: str) -> Iterator[str]:
    """Yield a script's statements: as a whole it would not run within a transaction."""
    statement = ""
    for part in script.split(";")[:-1]:
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def format_of(connection: LedgerConnection) -> int:
    """Return the version of a ledger's format."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def refuse_other(connection: sqlite3.Connection, path: Path) -> None:
    """Raise LedgerRefused for what is no ledger, or one of a later format."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != tables.APPLICATION:
        if connection.execute("PRAGMA page_count").fetchone() == (0,):
            raise LedgerRefused(phrase("ledger.empty-file", path=str(path)))
        raise LedgerRefused(phrase("ledger.other-application", path=str(path)))
    version = format_of(connection)
    if not 1 <= version <= tables.VERSION:
        raise LedgerRefused(
            phrase("ledger.other-version", path=str(path), format=version, known=tables.VERSION)
        )


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise LedgerRefused unless the file is a whole ledger that this version reads."""
    refuse_other(connection, path)
    # Reads every page: some two seconds for each million rows.
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        what = str(verdict).splitlines()[-1]
        raise LedgerRefused(phrase("ledger.page-damaged", path=str(path), what=what, mend=MEND))


def _to_mend(path: Path, why: Said) -> LedgerRefused:
    return LedgerRefused(phrase("ledger.to-mend", path=str(path), why=why, mend=MEND))


def _refusal(path: Path, error: BaseException) -> Phrase:
    if damaged(error):
        return _to_mend(path, words(error)).why
    with contextlib.suppress(OSError):  # of a folder that is closed to us
        if not path.parent.is_dir():
            return phrase("ledger.no-directory", path=str(path), directory=str(path.parent))
    if read_only(path, error):
        return phrase("ledger.read-only", path=str(path))
    return phrase("ledger.no-right", path=str(path), why=words(error))
