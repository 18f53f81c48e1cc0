"""``breb-proxy ledger``: the rows as a table, as JSON lines or as CSV."""

import argparse
import re
import sys
import time

from proxy.cli.ledger import rows
from proxy.cli.ledger.file import ledger_place
from proxy.cli.ledger.spreadsheet import write_csv
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.reading import LARGEST_NUMBER, Query, reading
from proxy.moments import stamp
from proxy.terminal.arguments import OK, words
from proxy.terminal.language import worded
from proxy.terminal.plain import as_json
from proxy.terminal.screen import Screen
from proxy.words import phrase

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SHAPES = (r"\d{4}-\d\d-\d\d", r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?")


def add_list(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose rows."""
    which = parser.add_argument_group("which rows")
    which.add_argument("--in-doubt", action="store_true", help="only rows in doubt")
    which.add_argument(
        "--since",
        metavar="WHEN",
        type=_when,
        help="only rows since then: 2h, 30m, 7d, or a time in UTC, as 2026-11-25T10:00",
    )
    which.add_argument("--until", metavar="WHEN", type=_when, help="only rows until then")
    which.add_argument("--caller", metavar="NAME", type=words, help="only rows of this caller")
    which.add_argument(
        "--outcome",
        choices=("answered", "not-sent", "unknown", "cut"),
        help="only rows with this outcome",
    )
    which.add_argument(
        "--find",
        metavar="TEXT",
        type=words,
        help="only rows that contain this: an id, a resolution, a path",
    )
    _add_pages(parser)


def _add_pages(parser: argparse.ArgumentParser) -> None:
    pages = parser.add_argument_group("number of rows, the newest first")
    pages.add_argument(
        "--limit", metavar="NUMBER", type=_number, default=50, help="rows on a page [50]"
    )
    pages.add_argument(
        "--before", metavar="ROW", type=_number, help="only rows before this one: the next page"
    )
    pages.add_argument("--all", action="store_true", help="all pages")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object a line")
    form.add_argument("--csv", action="store_true", help="print CSV for a spreadsheet")


def show_list(options: argparse.Namespace, screen: Screen) -> int:
    """Print the chosen rows."""
    query = Query(
        in_doubt=options.in_doubt,
        since=options.since or "",
        until=options.until or "",
        caller=options.caller,
        outcome=options.outcome or "",
        text=options.find or "",
        before=options.before,
        limit=LARGEST_NUMBER if options.all else options.limit,
    )
    with reading(ledger_place(options)) as reader:
        entries = reader.entries(query)
        if options.json:
            for entry in entries:
                screen.line(as_json(entry))
        elif options.csv:
            write_csv(entries, sys.stdout)
        else:
            _show_table(list(entries), reader.counts(), options, screen)
    return OK


def _show_table(
    entries: list[LedgerEntry],
    counts: dict[str, int],
    options: argparse.Namespace,
    screen: Screen,
) -> None:
    if not entries:
        found = sum(counts.values())
        screen.line(worded(phrase("list.nothing") if found else phrase("list.empty")))
    else:
        for line in rows.table(entries, screen):
            screen.line(line)
    if len(entries) == options.limit and not options.all:
        more = phrase("list.more", row=str(entries[-1]["number"]))
        screen.line(screen.shade(worded(more), "dim"))
    if (count := counts["in_doubt"]) and not options.in_doubt:
        several = phrase("list.in-doubt", count=str(count))
        hint = phrase("list.one-in-doubt") if count == 1 else several
        screen.line(screen.shade(f"{screen.mark('!')} {worded(hint)}", "red"))
    elif entries and options.in_doubt:
        if left := [entry for entry in entries if rows.outcome(entry) == rows.LEFT_OPEN]:
            screen.line(worded(rows.meaning(left[0])))
        screen.line(screen.shade(worded(rows.next_step(entries[0])), "dim"))


def _when(text: str) -> str:
    """Read a span back from now, or a time in UTC."""
    if match := re.fullmatch(r"(\d{1,6})([smhdw])", text):
        return stamp(time.time() - int(match[1]) * _UNITS[match[2]])
    if not any(re.fullmatch(shape, text) for shape in _SHAPES):
        raise argparse.ArgumentTypeError(worded(phrase("usage.when")))
    return text.replace(" ", "T").removesuffix("Z")  # as text, a time sorts behind its beginning


def _number(text: str) -> int:
    plain = text.removeprefix("#")
    if not plain.isascii() or not plain.isdigit() or not 0 < int(plain) < 1 << 63:
        raise argparse.ArgumentTypeError(worded(phrase("usage.number")))
    return int(plain)
