"""``breb-proxy ledger``: the requests that may have changed something, for the operator.

All but ``look-up`` read the file itself, so that they also work when no proxy runs any more.
"""

import argparse
import getpass
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from proxy.admin.connection import Unreached
from proxy.cli.ledger import rows
from proxy.cli.ledger.file import OPTION, add_row, find, ledger_place
from proxy.cli.ledger.listing import add_list, show_list
from proxy.cli.ledger.look_up import add_look_up, look_up
from proxy.cli.ledger.made import add_made, made
from proxy.cli.ledger.verify import BROKEN, add_chain, add_verify, run_chain, run_verify
from proxy.errors import SettingsError
from proxy.ledger.archive import archive_of
from proxy.ledger.trouble import SETTING, LedgerRefused
from proxy.ledger.verdict import settle
from proxy.terminal.arguments import (
    FAILED,
    OK,
    UNREACHED,
    USAGE,
    Parser,
    add_sources,
    nearest,
    say,
    say_wrong,
    words,
)
from proxy.terminal.language import worded
from proxy.terminal.plain import as_json, plain
from proxy.terminal.screen import Screen
from proxy.words import phrase

_CODES = "0 success, 1 failure, 2 wrong settings or usage"


@dataclass(frozen=True, slots=True)
class _Command:
    about: str
    add: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Screen], int]
    takes: str = ""
    codes: str = _CODES


def main(arguments: Sequence[str]) -> int:
    """Run one of the ledger's commands; return the exit code."""
    first = arguments[0] if arguments else ""
    name = "" if first.startswith("-") else first
    command = _COMMANDS.get(name)
    if command is None:
        near = nearest(name, _COMMANDS)
        wrong = phrase("usage.no-command", name=f"ledger {name}", meant=near)
        say(phrase("usage.wrong", why=wrong, of=" ledger"))
        return USAGE
    options = _parser(name, command).read(arguments[1:] if name else arguments)
    try:
        return command.run(options, Screen(sys.stdout))
    except LedgerRefused as error:
        say_wrong(error.of_option(OPTION) if options.ledger else error)
        return FAILED
    except SettingsError as error:
        say_wrong(error)
        return USAGE
    except Unreached as error:
        say(error.what)
        return UNREACHED


def _parser(name: str, command: _Command) -> Parser:
    parser = Parser(f"ledger {name}".strip(), command.about, command.codes)
    parser.usage = f"{parser.prog} {command.takes}[options]"
    command.add(parser)
    parser.add_argument(OPTION, metavar="FILE", help=f"the ledger's file, instead of {SETTING}")
    add_sources(parser)
    return parser


def _add_show(parser: argparse.ArgumentParser) -> None:
    add_row(parser)
    parser.add_argument("--json", action="store_true", help="for a program")


def _show(options: argparse.Namespace, screen: Screen) -> int:
    entry = find(options)
    if options.json:
        screen.line(as_json(entry, 2))
        return OK
    screen.line(screen.rows(rows.details(entry)))
    if entry["in_doubt"]:
        screen.line(screen.shade(f"\n{worded(rows.next_step(entry))}", "dim"))
    return OK


_VERDICTS = {
    "settled": "the API has it, and it is settled",
    "rejected": "the API has it as rejected: no money moved",
    "not-found": "the API does not have it",
    "made": "it was carried out",
    "not-made": "it was not carried out",
}


def _add_settle(parser: argparse.ArgumentParser) -> None:
    add_row(parser)
    verdict = parser.add_argument_group("VERDICT, one of")
    kinds = verdict.add_mutually_exclusive_group()
    for kind, about in _VERDICTS.items():
        kinds.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind, help=about)
    parser.add_argument("--note", metavar="TEXT", type=words, help="how you know that")
    parser.add_argument(
        "--by", metavar="NAME", type=words, help="who decided that [you, at this machine]"
    )


def _settle(options: argparse.Namespace, screen: Screen) -> int:
    if options.kind is None or options.note is None:  # argparse would name one after the other
        kinds = " ".join(f"--{kind}" for kind in _VERDICTS)
        raise SettingsError([phrase("ledger.no-verdict", kinds=kinds)])
    if not options.note.strip():
        raise SettingsError([phrase("ledger.no-note")])
    entry = find(options)
    author = options.by or _me()
    before = settle(
        ledger_place(options),
        entry["number"],
        kind=options.kind,
        note=options.note.strip(),
        author=author,
    )
    row, verdict = str(entry["number"]), rows.verdict_of(options.kind)
    screen.line(worded(phrase("settled.row", row=row, verdict=verdict, author=plain(author))))
    if before is not None:
        verdict, author = rows.verdict_of(before.kind), plain(before.author)
        told = phrase("settled.reverses", author=author, at=before.at, verdict=verdict)
        screen.line(worded(told))
    return OK


def _me() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        user = "unnamed"
    return f"{user}@{socket.gethostname()}".encode("utf-8", "replace").decode()


def _add_backup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="file for the copy; it must not exist yet")


def _backup(options: argparse.Namespace, screen: Screen) -> int:
    size = archive_of(ledger_place(options)).backup(Path(options.file))
    screen.line(worded(phrase("backup.made", file=options.file, size=str(size))))
    return OK


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the file of a ledger")


def _import(options: argparse.Namespace, screen: Screen) -> int:
    place = ledger_place(options)
    found = archive_of(place).take_in(Path(options.file))
    if not found.first:
        screen.line(worded(phrase("intake.before", file=options.file)))
        return OK
    count, first = rows.counted(found.rows), str(found.first)
    screen.line(worded(phrase("intake.taken", file=options.file, rows=count, first=first)))
    screen.line(worded(phrase("verified.head", head=str(found.head))))
    screen.line(screen.shade(f"\n{worded(phrase('intake.file-away'))}", "dim"))
    return OK


def _no_options(parser: argparse.ArgumentParser) -> None:
    """Take none."""


def _forget_answers(options: argparse.Namespace, screen: Screen) -> int:
    count = archive_of(ledger_place(options)).forget_answers()
    several = phrase("forgotten.many", count=str(count))
    screen.line(worded(phrase("forgotten.one") if count == 1 else several))
    return OK


_LIST = _Command(
    "List requests that may have changed something, the newest first.\n\n"
    "also:\n"
    "  ledger made WHAT      was it made? By resolution, key or id\n"
    "  ledger show ROW       everything about one row\n"
    "  ledger look-up ROW    ask the API about it; changes nothing\n"
    "  ledger settle ROW     record your verdict\n"
    "  ledger backup FILE    copy the ledger, also while the proxy runs\n"
    "  ledger import FILE    take a file into the database that BREB_LEDGER names\n"
    "  ledger verify         find what was changed, removed or inserted\n"
    "  ledger chain          print its chain of hashes, to keep it elsewhere\n"
    "  ledger forget-answers delete the answers kept for repeats",
    add_list,
    show_list,
)
_COMMANDS = {
    "": _LIST,
    "list": _LIST,
    "made": _Command(
        "Answer in one sentence: was it made? The ledger answers; if it is in doubt or not final,"
        " the\nrunning proxy asks the API, and only reads. Of a resolution or a key with several"
        " rows, one\nthat was made answers.",
        add_made,
        made,
        "[WHAT] ",
        f"{_CODES}, 5 nobody knows yet, 8 it was not made",
    ),
    "show": _Command("Show everything about one row.", _add_show, _show, "ROW "),
    "look-up": _Command(
        "Ask the API, with the running proxy's token, for entries that may match this row. It"
        " only\nreads. It decides nothing.",
        add_look_up,
        look_up,
        "ROW ",
        f"{_CODES}, 4 no proxy answers, 5 not found, or not for sure: no proof of anything, 6 the"
        " API did not answer",
    ),
    "settle": _Command(
        "Record a person's verdict on a row. What the proxy recorded does not change.",
        _add_settle,
        _settle,
        "ROW VERDICT --note TEXT ",
    ),
    "backup": _Command(
        "Copy the ledger, also while the proxy runs, and check the copy.",
        _add_backup,
        _backup,
        "FILE ",
    ),
    "import": _Command(
        "Take the ledger of a file into the database that BREB_LEDGER names: rows, verdicts, keys"
        " and\nthe chain of hashes. No proxy may be using either.",
        _add_import,
        _import,
        "FILE ",
    ),
    "verify": _Command(
        "Find rows, verdicts and evidence that were changed, removed or inserted by somebody else\n"
        "than the proxy: the ledger has a chain of hashes. It changes nothing.",
        add_verify,
        run_verify,
        codes=f"{_CODES}, {BROKEN} something does not agree",
    ),
    "chain": _Command(
        "Print the chain of hashes, one JSON object a line: it belongs beside an export of rows.",
        add_chain,
        run_chain,
    ),
    "forget-answers": _Command(
        "Delete the answers that are kept for repeats of requests with an Idempotency-Key, also\n"
        "while the proxy runs. Rows and keys stay.",
        _no_options,
        _forget_answers,
    ),
}
