"""Which ledger a command means, and which row of it."""

import argparse
from pathlib import Path
from typing import Any

from proxy.admin import client as admin_client
from proxy.admin.client import Unreached
from proxy.errors import SettingsError
from proxy.ledger.reading import reading
from proxy.ledger.trouble import SETTING, LedgerRefused
from proxy.settings.single import setting
from proxy.terminal.plain import plain

_LIMIT = 2.0  # seconds


def ledger_file(options: argparse.Namespace) -> Path:
    """Return the ledger that the options and settings name, or else the running proxy's."""
    found = setting(SETTING, options.ledger, options.env_file, options.secrets_dir)
    found = found or _of_running_proxy(options)
    if found is None:
        raise SettingsError(
            [f"no ledger file is set: set {SETTING}, as for serve, or use --ledger FILE"]
        )
    return Path(found)


def _of_running_proxy(options: argparse.Namespace) -> str | None:
    try:
        where = admin_client.address(None, options.env_file, options.secrets_dir)
        state = admin_client.ask_as_user(where, "GET", "/status", _LIMIT).document
    except Unreached:
        return None
    file = (state.get("ledger") or {}).get("file")
    return file if isinstance(file, str) else None


def add_row(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a row."""
    parser.add_argument("row", metavar="ROW", help="a row's number, or the id of its exchange")


def find(options: argparse.Namespace) -> dict[str, Any]:
    """Return the row that is meant; the newest, should two exchanges have one id."""
    name = f"#{options.row}" if options.row.isdigit() else options.row
    with reading(ledger_file(options)) as reader:
        found = reader.find(name)
    if not found:
        raise LedgerRefused(f"no row {plain(options.row)} in the ledger")
    return found[0]
