"""A copy of the ledger at one moment, even while it is written."""

import contextlib
import os
import sys
from pathlib import Path

from proxy.ledger.sqlite.lock import identity
from proxy.ledger.sqlite.opening import opened
from proxy.ledger.sqlite.store import check, connect
from proxy.ledger.trouble import FileRefused, LedgerRefused, words
from proxy.words import phrase


def backup(ledger: Path, target: Path) -> int:
    """Copy ``ledger`` to ``target``, which must not exist yet; return the copy's size in bytes.

    The copy gets its name only when it is whole, checked and on the disk.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if target.exists():
            raise FileExistsError
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        if sys.platform == "win32":
            from proxy.windows import acl

            acl.keep(draft)
        try:
            _copy(ledger, draft)
            _name(draft, target)
        finally:
            draft.unlink(missing_ok=True)
        _sync(target.parent)
    except FileExistsError:
        raise FileRefused(phrase("ledger.backup-exists", path=str(target))) from None
    except OSError as error:
        raise FileRefused(phrase("ledger.of-file", path=str(target), why=words(error))) from None
    return target.stat().st_size


def _name(draft: Path, target: Path) -> None:
    try:
        os.link(draft, target)  # unlike a renaming, never over another's file
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        draft.rename(target)


def _copy(ledger: Path, draft: Path) -> None:
    name = str(ledger)
    before = identity(name)
    with opened(ledger, "ro") as source, contextlib.closing(connect(draft, "rw")) as copy:
        source.backup(copy)
        if identity(name) != before:  # perhaps it was opened without its log
            raise LedgerRefused(phrase("ledger.moved-meanwhile", path=name))
        # One file without a log beside it: people copy backups further.
        copy.execute("PRAGMA journal_mode = DELETE")
        check(copy, draft)
    descriptor = os.open(draft, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return  # Windows
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
