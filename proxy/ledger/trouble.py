"""The reasons why a ledger cannot be used: errors of SQLite and the file system, in words."""

import contextlib
import errno
import os
import sqlite3
from pathlib import Path

from proxy.errors import SettingsError
from proxy.words import Phrase, Said, phrase

SETTING = "BREB_LEDGER"
# A person must mend these before the start; the others may pass by themselves.
_FOR_GOOD = frozenset(
    (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
    )
)
_WORDS = {
    sqlite3.SQLITE_FULL: phrase("disk.full"),
    sqlite3.SQLITE_IOERR: phrase("disk.error"),
    sqlite3.SQLITE_BUSY: phrase("ledger.locked"),
    sqlite3.SQLITE_LOCKED: phrase("ledger.locked"),
    sqlite3.SQLITE_CORRUPT: phrase("ledger.damaged"),
    sqlite3.SQLITE_NOTADB: phrase("ledger.other-file"),
    sqlite3.SQLITE_CANTOPEN: phrase("ledger.cannot-open"),
    sqlite3.SQLITE_READONLY: phrase("ledger.may-not-write"),
    sqlite3.SQLITE_PERM: phrase("ledger.may-not-write"),
}
MEND = phrase("step.mend-ledger")


class LedgerRefused(SettingsError):
    """The ledger cannot be used until a person does something about it."""

    def __init__(self, why: Phrase, named: str | None = SETTING) -> None:
        """Say ``why``, and what named the ledger; None: why says which file is meant."""
        super().__init__([phrase("settings.wrong", names=named, what=why) if named else why])
        self.why = why
        self._named = named

    def of_option(self, option: str) -> SettingsError:
        """Return the reason, as told to a user who named the ledger by an option."""
        return LedgerRefused(self.why, option) if self._named else self


class LedgerInUse(LedgerRefused):
    """Another process writes to it; ``who`` names that."""

    def __init__(self, why: Phrase, who: Phrase) -> None:
        super().__init__(why)
        self.who = who


class FileRefused(LedgerRefused):
    """A ledger's file that no setting names cannot be used; ``why`` names it."""

    def __init__(self, why: Phrase) -> None:
        super().__init__(why, None)


class NoSuchRow(LedgerRefused):
    """The ledger is well, but has no such row."""

    def __init__(self, row: str) -> None:
        super().__init__(phrase("ledger.no-row", row=row), None)


class LedgerDamaged(LedgerRefused):
    """The file itself was found to be broken."""


class Moved(OSError):
    """The file is no longer at the place where it was opened: nobody would find new rows."""

    def __init__(self, why: Phrase) -> None:
        super().__init__(str(why))
        self.why = why


class OutOfReach(OSError):
    """The database does not do what is asked: it cannot be reached, or not now."""

    def __init__(self, why: Phrase) -> None:
        super().__init__(str(why))
        self.why = why


def code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, 0 if there is none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def passes(error: BaseException) -> bool:
    """Report whether the trouble may pass by itself, such as a full disk."""
    if isinstance(error, sqlite3.Error):
        return code(error) not in _FOR_GOOD
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def read_only(path: Path, error: BaseException) -> bool:
    """Report whether a file cannot be written because its file system takes no writes at all."""
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return True
    if not hasattr(os, "statvfs"):
        return False
    with contextlib.suppress(OSError):
        return bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)
    return False


def damaged(error: BaseException) -> bool:
    """Report whether SQLite found the file itself to be broken."""
    return isinstance(error, sqlite3.Error) and code(error) in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )


def words(error: BaseException) -> Said:
    """Word the error, never with a value of a row."""
    if isinstance(error, sqlite3.Error):
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHMSIZE:
            return _WORDS[sqlite3.SQLITE_FULL]  # no room for the index of the write-ahead log
        return _WORDS.get(code(error)) or phrase("ledger.sqlite", error=type(error).__name__)
    if isinstance(error, LedgerRefused | Moved | OutOfReach):
        return error.why
    if isinstance(error, OSError):
        return _OF_OS.get(error.errno or 0) or error.strerror or str(error)
    return type(error).__name__


_OF_OS = {errno.ENOSPC: phrase("disk.full"), errno.EDQUOT: phrase("disk.quota")}
