"""``breb-proxy ledger made``: "was it made?", answered in one sentence."""

import argparse
import os
from collections.abc import Iterator

from proxy.admin.connection import Unreached
from proxy.cli.ledger import rows
from proxy.cli.ledger.file import ledger_place
from proxy.cli.ledger.look_up import looked_up
from proxy.cli.shared import add_proxy
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.made import Made, Told, after, most_telling, told
from proxy.ledger.reading import reading
from proxy.ledger.trouble import NoSuchRow
from proxy.moments import to_the_second
from proxy.terminal.arguments import words
from proxy.terminal.plain import as_json, plain
from proxy.terminal.screen import Screen
from proxy.words import Phrase, both, of_locale, phrase

CODES = {Made.YES: 0, Made.UNKNOWN: 5, Made.NO: 8}
_HEADS = {
    Made.YES: phrase("made.yes"),
    Made.UNKNOWN: phrase("made.unknown"),
    Made.NO: phrase("made.no"),
}
_MOST_ASKED = 3  # rows, the newest: each may take a while


def add_made(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for what is known of the payment, and for the proxy's address."""
    parser.add_argument(
        "what",
        metavar="WHAT",
        type=words,
        nargs="?",
        default="",
        help="resolution id, Idempotency-Key, id of the payment or of the exchange, or a row's"
        " number, such as #17 [the newest row]",
    )
    parser.add_argument("--json", action="store_true", help="for a program")
    add_proxy(parser)


def made(options: argparse.Namespace, screen: Screen) -> int:
    """Answer by the ledger, and by the API where that is in doubt or not final."""
    with reading(ledger_place(options)) as reader:
        entries = reader.named(options.what)
    if not entries:
        raise NoSuchRow(plain(options.what))
    all_told = [(entry, told(entry)) for entry in entries]
    not_asked: Phrase | None = None
    if most_telling(all_told)[1].made is Made.UNKNOWN:
        all_told, not_asked = _asked(all_told, options)
    entry, answer = most_telling(all_told)
    if options.json:
        screen.line(as_json(_document(entry, answer), 2))
    else:
        for line in _lines(entry, answer, not_asked):
            screen.line(line)
        if others := [f"#{each['number']}" for each, _ in all_told if each is not entry]:
            screen.line(plain(_say(phrase("made.others", rows=", ".join(others)))))
    return CODES[answer.made]


def _asked(
    all_told: list[tuple[LedgerEntry, Told]], options: argparse.Namespace
) -> tuple[list[tuple[LedgerEntry, Told]], Phrase | None]:
    """Have the API asked about the newest of them; return why it was not, if so."""
    asked, left = [], _MOST_ASKED
    for entry, answer in all_told:
        new = answer
        if answer.asks and left:
            left -= 1
            try:
                found = looked_up(entry, options)
            except Unreached as error:
                return all_told, phrase("made.not-asked", why=error.what)
            entry = _now(entry, options)  # with what was found
            new = after(entry, told(entry), found)
        asked.append((entry, new))
    return asked, None


def _now(entry: LedgerEntry, options: argparse.Namespace) -> LedgerEntry:
    with reading(ledger_place(options)) as reader:
        found = reader.find(entry["exchange"])
    return found[0] if found else entry


def _lines(entry: LedgerEntry, answer: Told, not_asked: Phrase | None) -> Iterator[str]:
    yield plain(f"{_say(_HEADS[answer.made])}: {_say(answer.words)}")
    if not_asked is not None:
        yield plain(_say(not_asked))
    what = (
        f"#{entry['number']}",
        f"{to_the_second(entry['opened_at'])} UTC",
        entry["caller"] or "",
        f"{entry['method']} {entry['path']}",
        rows.amount(entry),
    )
    yield plain(_say(phrase("made.row", what=", ".join(filter(None, what)))))
    yield plain(_say(phrase("made.next", step=answer.step)))


def _document(entry: LedgerEntry, answer: Told) -> dict[str, object]:
    return {
        "made": answer.made.value,
        "said": both(answer.words),
        "next_step": both(answer.step),
        "row": entry,
    }


def _say(what: Phrase) -> str:
    return what.said(of_locale(os.environ))
