"""Finds the ledger that a command means, and the row in it."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pydantic import SecretStr

from proxy.admin import client as admin_client
from proxy.admin.connection import NotProven, Unreached
from proxy.admin.secret import user
from proxy.cli.shared import sources_of
from proxy.errors import BadValue, SettingsError
from proxy.ledger.archive import Where
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.reading import reading
from proxy.ledger.trouble import SETTING, LedgerRefused, NoSuchRow
from proxy.postgres.address import SCHEMES, DatabaseAddress
from proxy.settings.precedence import full_name
from proxy.settings.sources import Sources
from proxy.terminal.arguments import words
from proxy.terminal.plain import plain
from proxy.words import phrase

if TYPE_CHECKING:
    from proxy.admin.documents import StatusDocument
    from proxy.postgres.connection import Database

OPTION = "--ledger"
_LIMIT = 2.0  # seconds
_PATIENCE = 5.0  # seconds for the database to be reached
_UNSET = phrase("ledger.unset")


def ledger_place(options: argparse.Namespace) -> Where:
    """Return the ledger that the options and settings name, or else the running proxy's."""
    sources = sources_of(options)
    found = options.ledger or sources.get(SETTING)
    if found is None:
        found = _of_running_proxy(options)
        if found is None:
            raise SettingsError([_UNSET])
        if found.startswith(SCHEMES):  # our password is for the address that our settings name
            raise SettingsError([phrase("ledger.database-elsewhere")])
    if not found.startswith(SCHEMES):
        return Path(found)
    return _database(found, OPTION if options.ledger else SETTING, sources)


def _database(address: str, named: str, sources: Sources) -> "Database":
    """Return the way to what an option or a setting ``named``; the login is the settings'."""
    from proxy.postgres.connection import Database

    try:
        parsed = DatabaseAddress.parse(address)
    except BadValue as bad:
        raise SettingsError([bad.of(named)]) from None
    password, authorities = (
        sources.get(full_name(name)) for name in ("database_password", "database_ca")
    )
    secret = None if password is None else SecretStr(password)
    return Database(parsed, lambda: secret, Path(authorities) if authorities else None, _PATIENCE)


def _of_running_proxy(options: argparse.Namespace) -> str | None:
    try:
        where = admin_client.address(None, sources_of(options))
        state = admin_client.ask(where, "GET", "/status", _LIMIT).document
    except NotProven as error:
        raise SettingsError([_UNSET, error.what]) from None
    except Unreached:
        return None
    ledger = cast("StatusDocument", state).get("ledger")
    file = ledger.get("file") if ledger else None
    if not isinstance(file, str):
        return None
    _check_owner(file)
    return file


def _check_owner(file: str) -> None:
    """Refuse another user's file: that it is a ledger is only the proxy's word."""
    if sys.platform == "win32" or not Path(file).exists():  # its opener reports that
        return
    owner = Path(file).stat().st_uid
    if owner not in (0, os.getuid()):
        raise LedgerRefused(phrase("ledger.of-another-user", path=file, user=user(owner)))


def add_row(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a row."""
    parser.add_argument(
        "row", metavar="ROW", type=words, help="a row's number, or the id of its exchange"
    )


def find(options: argparse.Namespace) -> LedgerEntry:
    """Return the named row; the newest, if two exchanges have one id."""
    name = f"#{options.row}" if options.row.isdigit() else options.row
    with reading(ledger_place(options)) as reader:
        found = reader.find(name)
    if not found:
        raise NoSuchRow(plain(options.row))
    return found[0]
