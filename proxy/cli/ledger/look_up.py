"""``breb-proxy ledger look-up``: a row beside the things of the API that it could stand for."""

import argparse
from collections.abc import Iterator
from typing import cast

from proxy.admin import client as admin_client
from proxy.admin.connection import Unreached, answered
from proxy.cli.ledger import rows
from proxy.cli.ledger.file import add_row, find
from proxy.cli.shared import add_proxy, proxy_of
from proxy.ledger.entry import AskedQuestion, FoundCandidate, KeptLookUp, LedgerEntry
from proxy.terminal.arguments import OK
from proxy.terminal.language import in_locale, worded
from proxy.terminal.plain import as_json, plain
from proxy.terminal.screen import Screen
from proxy.terminal.table import Cell, lines
from proxy.words import phrase

_LIMIT = 300.0  # seconds: it may wait for a token, and reads many pages
_CODES = {"found": OK, "not-found": 5, "not-answered": 6}
_SHADES = {"✓": "green", "✗": "red"}


def add_look_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for the row and for the proxy's address."""
    add_row(parser)
    parser.add_argument("--json", action="store_true", help="for a program")
    add_proxy(parser)


def look_up(options: argparse.Namespace, screen: Screen) -> int:
    """Make the running proxy ask, and print its finding."""
    entry = find(options)
    told = looked_up(entry, options)
    if options.json:
        screen.line(as_json(told, 2))
    else:
        for line in _compared(entry, told, screen):
            screen.line(line)
    return _CODES[told["kind"]]


def looked_up(entry: LedgerEntry, options: argparse.Namespace) -> KeptLookUp:
    """Make the running proxy ask about a row; raise Unreached if it does not."""
    where = proxy_of(options)
    target = f"/ledger/{entry['number']}/look-up"
    reply = admin_client.ask(where, "POST", target, _LIMIT)
    came = reply.document
    told = cast("KeptLookUp", came)
    row = told.get("row")
    if reply.status != 200 or not row or row.get("exchange") != entry["exchange"]:
        detail = in_locale(came.get("said")) or str(came.get("detail") or reply.text.strip())
        why = detail or answered(reply.status)
        raise Unreached(phrase("reach.other-ledger", where=str(where), why=why))
    if told.get("kind") not in _CODES:
        raise Unreached(phrase("reach.other-version", where=str(where)))
    return told


def _compared(entry: LedgerEntry, told: KeptLookUp, screen: Screen) -> Iterator[str]:
    """Lay the row's facts beside the API's."""
    row = worded(phrase("compared.row", row=str(entry["number"])))
    yield f"{row}: {entry['method']} {plain(entry['path'])}"
    yield worded(rows.meaning(entry))
    for candidate in told["candidates"]:
        yield ""
        yield from _beside(entry, candidate, screen)
    yield ""
    yield from map(_asked, told["asked"])
    words = in_locale(told.get("said")) or told["words"]  # older proxies have no `said`
    yield screen.shade(plain(words), "bold")
    if why := in_locale(told.get("kept_said")) or told.get("kept"):
        yield plain(worded(phrase("compared.not-kept", why=why)))
    verdict = f"--{told['suggests'] or 'settled | --rejected | --not-found'}"
    yield worded(phrase("compared.settle", row=str(entry["number"]), verdict=verdict))


def _asked(question: AskedQuestion) -> str:
    target, status = question["target"], str(question["status"])
    told = [phrase("compared.asked", target=target, status=status)]
    back, count = question["back_to"], question["pages"]
    if count > 1 or back:
        several = phrase("compared.pages", count=str(count))
        told.append(phrase("compared.one-page") if count == 1 else several)
    if back:
        told.append(phrase("compared.back-to", time=back))
    return plain(", ".join(map(worded, told)))


def _beside(entry: LedgerEntry, candidate: FoundCandidate, screen: Screen) -> Iterator[str]:
    """Yield a table of three columns: the name, in the ledger, in the API."""
    ours = {
        **entry["payment"],
        **entry["answer"],
        "created_at": entry["opened_at"],
    }
    if candidate["row"] is not None:
        answer = phrase("compared.answer-of", row=str(candidate["row"]))
        yield screen.shade(worded(answer), "dim")
    compared: list[tuple[Cell, ...]] = []
    for name, value in candidate["known"].items():
        what = "time" if name == "created_at" else name
        mark = "✓" if what in candidate["agrees"] else ""
        mark = "✗" if what in candidate["differs"] else mark
        mark = "≈" if what in candidate["alike"] else mark
        shade = (_SHADES.get(mark, "dim"),)
        compared.append(
            (
                Cell(name, ("dim",)),
                Cell(ours.get(name, "-")),
                Cell(value),
                Cell(screen.mark(mark), shade),
            )
        )
    head = ("", worded(phrase("compared.ledger")), worded(phrase("compared.api")), "")
    yield from lines(head, compared, screen)
