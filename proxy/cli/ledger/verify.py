"""``breb-proxy ledger verify`` and ``chain``: whether the ledger is as it was written."""

import argparse
import re
from collections.abc import Iterator

from proxy.cli.ledger import rows
from proxy.cli.ledger.file import ledger_place
from proxy.ledger.archive import archive_of
from proxy.ledger.chain import ChainLink
from proxy.ledger.edited import exported
from proxy.ledger.verification import Verification, verify
from proxy.terminal.arguments import FAILED, OK
from proxy.terminal.language import worded
from proxy.terminal.plain import as_json
from proxy.terminal.screen import Screen
from proxy.words import Phrase, phrase

BROKEN = 7  # exit code
_SHOWN = 20  # problems


def add_verify(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``verify``."""
    parser.add_argument(
        "--head",
        metavar="ENTRY:HASH",
        type=_link,
        help="also verify that the ledger goes on from this head, which a line of the proxy's log"
        " named",
    )
    parser.add_argument("--json", action="store_true", help="for a program")


def run_verify(options: argparse.Namespace, screen: Screen) -> int:
    """Verify the ledger, and say what does not agree."""
    found = verify(ledger_place(options), options.head)
    if options.json:
        screen.line(as_json(_document(found), 2))
    else:
        _say(found, screen)
    if found.problems:
        return BROKEN
    return FAILED if found.known is False else OK


def add_chain(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``chain``: it has none of its own."""


def run_chain(options: argparse.Namespace, screen: Screen) -> int:
    """Print the chain's entries, one JSON object a line."""
    with archive_of(ledger_place(options)).reading() as connection:
        for entry in exported(connection):
            screen.line(as_json(entry))
    return OK


def _say(found: Verification, screen: Screen) -> None:
    first = found.first
    if first is not None:
        screen.line(screen.shade(f"{screen.mark('!')} {worded(first.words)}", "red"))
        others = [each for each in found.problems if each is not first]
        for each in others[:_SHOWN]:
            screen.line(f"  {worded(each.words)}")
        if len(others) > _SHOWN:
            screen.line(f"  {worded(phrase('verified.more', count=str(len(others) - _SHOWN)))}")
        return
    for told in _well(found):
        screen.line(worded(told))


def _well(found: Verification) -> Iterator[Phrase]:
    several = phrase("entries.many", count=str(found.entries))
    entries = phrase("entries.one") if found.entries == 1 else several
    yield phrase("verified.well", rows=rows.counted(found.rows), entries=entries)
    if found.deleted:
        yield phrase("verified.deleted", row=str(found.deleted))
    if found.known:
        yield phrase("verified.goes-on")
    elif found.known is False:
        yield phrase("verified.not-compared")
    yield phrase("verified.head", head=str(found.head))


def _document(found: Verification) -> dict[str, object]:
    first = found.first
    return {
        "verified": not found.problems,
        "head": str(found.head),
        "rows": found.rows,
        "entries": found.entries,
        "deleted_up_to": found.deleted,
        "goes_on_from_given_head": found.known,
        "first": None if first is None else str(first.words),
        "problems": [{"row": each.row, "said": str(each.words)} for each in found.problems],
    }


def _link(text: str) -> ChainLink:
    match = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text)
    if match is None:
        raise argparse.ArgumentTypeError(worded(phrase("usage.link")))
    return ChainLink(int(match[1]), bytes.fromhex(match[2]))
