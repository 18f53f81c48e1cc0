"""``breb-proxy check``: the examination of proxy.doctor, as a report or as JSON."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

from proxy.doctor import settings_check
from proxy.doctor.examine import Examination, exit_code, look_at_settings
from proxy.doctor.report import Report, as_json
from proxy.doctor.rivals_check import QUESTION
from proxy.doctor.steps import Chart, Topic, failed
from proxy.errors import SettingsError
from proxy.server import errand
from proxy.terminal import prompt
from proxy.terminal.arguments import FAILED, USAGE, say, say_wrong
from proxy.terminal.language import worded
from proxy.terminal.screen import Screen
from proxy.terminal.setting_flags import found_of, parser
from proxy.words import DEFAULT, of_locale, phrase

_ABOUT = """\
Check settings, network, TLS, token and one request end to end. For what does not work, say what
to do. The check takes no longer than the longest timeout. It fetches one token and revokes it at
the end, and sends one GET through the proxy to the upstream. It changes nothing else.
"""
_CODES = "0 it works (warnings are marked !), 1 a step failed, 2 wrong settings or usage"


def main(arguments: Sequence[str]) -> int:
    """Examine; return the exit code."""
    options = _options(arguments)
    language = of_locale(os.environ)
    if options.rivals and not (options.yes or prompt.yes(QUESTION.said(language))):
        say(phrase("check.rivals-unasked").said(language))
        return FAILED
    try:
        found = settings_check.judged(found_of(options))
    except SettingsError as error:
        if options.json:
            Screen(sys.stdout).line(as_json(_unread(error)))
        else:
            say_wrong(error)
        return USAGE
    codes: list[int] = []
    errand.run(_examine(found, options, codes))
    return codes[0]


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    reader = parser("check", _ABOUT, _CODES)
    group = reader.add_argument_group("this check")
    group.add_argument("--json", action="store_true", help="print one JSON document")
    group.add_argument(
        "--path",
        type=_path,
        metavar="/PATH",
        help="path to GET through the proxy (default: the API's information about the token)",
    )
    group.add_argument(
        "--rivals",
        action="store_true",
        help="fetch two tokens to find out whether a new token ends the older ones; asks first",
    )
    group.add_argument("--yes", action="store_true", help="do not ask")
    return reader.read(arguments)


def _unread(error: SettingsError) -> Chart:
    """Return an examination of settings whose source cannot be read."""
    chart = Chart(lambda: None)
    step = chart.add(Topic(phrase("check.settings")), "settings", phrase("check.of-values"))
    chart.settle(step, failed(phrase("check.unreadable"), *error.problems))
    return chart


def _path(text: str) -> str:
    if not text.startswith("/") or not text.isascii() or not text.isprintable() or " " in text:
        raise argparse.ArgumentTypeError(worded(phrase("usage.path")))
    return text


async def _examine(
    found: settings_check.FoundSettings, options: argparse.Namespace, codes: list[int]
) -> None:
    screen = Screen(sys.stdout)
    language = DEFAULT if options.json else of_locale(os.environ)
    report = Report(screen, language)
    chart = Chart(lambda: None if options.json else report.tell(chart))
    usable = look_at_settings(chart, found)
    async with asyncio.TaskGroup() as tasks:
        turning = None if options.json else tasks.create_task(report.turn(chart))
        if found.settings is not None:
            examination = Examination(
                chart, found.settings, found.sources, language, rivals=options.rivals
            )
            await examination.run(options.path, credentials=not found.missing)
        if turning is not None:
            turning.cancel()
    if options.json:
        screen.line(as_json(chart))
    else:
        report.sum_up(chart)
    codes.append(exit_code(chart, usable=usable))
