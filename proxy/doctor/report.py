"""The examination, printed for people and as JSON for programs."""

import asyncio
import itertools
import platform
import shutil
import textwrap
import time
from collections.abc import Sequence

from proxy import __version__
from proxy.doctor.steps import Chart, Finding, Outcome, Step, Topic
from proxy.moments import stamp_millis
from proxy.terminal.plain import as_json as written
from proxy.terminal.screen import Screen
from proxy.words import DEFAULT, Language, Said, phrase, said
from proxy.words.durations import Span, span
from proxy.words.languages import decimal

_MARKS = {
    Outcome.OK: ("✓", "green"),
    Outcome.WARNING: ("!", "yellow"),
    Outcome.FAILED: ("✗", "red"),
    Outcome.SKIPPED: ("-", "dim"),
}
_INDENT = " " * 27
_SHALLOW = " " * 6  # of rows, where there is little room
_WIDEST = 100  # columns


class Report:
    """Prints each step when it and all before it have ended; shows meanwhile which ones run."""

    def __init__(self, screen: Screen, language: Language = DEFAULT) -> None:
        self._screen = screen
        self._language = language
        self._told = 0
        self._topic: Topic | None = None
        self._wheel = itertools.cycle("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" if screen.mark("✓") == "✓" else "|/-\\")
        self._columns = shutil.get_terminal_size((_WIDEST, 24)).columns
        self._width = min(_WIDEST, self._columns)

    def tell(self, chart: Chart) -> None:
        """Print the steps that have ended, up to the first that has not."""
        for step in chart.steps[self._told :]:
            if step.finding is None:
                return
            self._screen.passing("")
            self._told += 1
            self._print(step, step.finding)

    async def turn(self, chart: Chart) -> None:
        """Show the running steps until this is cancelled."""
        while self._screen.terminal:
            doing = [
                f"{self._word(s.topic.name)} {self._word(s.title)}"
                for s in chart.steps
                if s.running
            ]
            wheel = self._screen.shade(next(self._wheel), "cyan")
            took = decimal(f"{chart.seconds:.1f} s", self._language)
            # A text that reaches the end of the line cannot be erased.
            what = ", ".join(doing)[: self._width - len(took) - 7]
            self._screen.passing(f"  {wheel} {what}, {took}" if doing else "")
            await asyncio.sleep(0.1)

    def _print(self, step: Step, finding: Finding) -> None:
        screen = self._screen
        if step.topic != self._topic:
            self._topic = step.topic
            name, subject = self._word(step.topic.name), self._word(step.topic.subject)
            screen.line(f"\n{screen.shade(name, 'bold')}   {screen.shade(subject, 'dim')}".rstrip())
        mark, shade = _MARKS[finding.outcome]
        took = span(step.seconds, self._language) if step.seconds >= 0.0005 else ""
        first, *rest = self._wrapped(self._word(finding.says))
        dull = finding.outcome is Outcome.SKIPPED
        screen.line(
            f"  {screen.shade(screen.mark(mark), shade)} {self._word(step.title):<13}"
            f"{screen.shade(f'{took:>8}', 'dim')}  {screen.shade(first, 'dim') if dull else first}"
        )
        for line in rest:
            screen.line(_INDENT + line)
        if finding.rows:
            screen.line(self._rows([(self._word(a), self._word(b)) for a, b in finding.rows]))
        for advice in finding.advice:
            self._advise(self._word(advice), shade)

    def _word(self, what: Said) -> str:
        return said(what, self._language)

    def _rows(self, rows: Sequence[tuple[str, str]]) -> str:
        """Align labels and values; on a terminal, move and break those that do not fit."""
        room = self._columns - max(len(label) for label, _ in rows) - 2
        if not self._screen.terminal or all(len(v) <= room - len(_INDENT) for _, v in rows):
            return self._screen.rows(rows, _INDENT)
        lines = []
        for label, value in rows:
            first, *rest = _broken(value, room - len(_SHALLOW))
            lines += [(label, first), *(("", line) for line in rest)]
        return self._screen.rows(lines, _SHALLOW)

    def _advise(self, advice: str, shade: str) -> None:
        arrow = self._screen.mark("→")
        for number, line in enumerate(self._wrapped(advice, len(arrow) + 1)):
            start = f"{arrow} " if number == 0 else " " * (len(arrow) + 1)
            self._screen.line(_INDENT + self._screen.shade(start + line, shade))

    def _wrapped(self, text: str, less: int = 0) -> list[str]:
        return _broken(text, self._width - len(_INDENT) - less)

    def sum_up(self, chart: Chart) -> None:
        """Print the last line."""
        self._screen.passing("")
        doubts = sum(
            s.finding is not None and s.finding.outcome is Outcome.WARNING for s in chart.steps
        )
        mark, shade, words = "✓", "green", phrase("check.all-well")
        if chart.failed:
            topic, title = chart.start.topic.name, chart.start.title
            mark, shade = "✗", "red"
            words = phrase("check.failures", count=len(chart.failed), topic=topic, title=title)
        elif doubts:
            shade, words = "yellow", phrase("check.warnings", count=doubts)
        told = f"{self._screen.mark(mark)} {self._word(words)}"
        steps = phrase("check.took", count=len(chart.steps), span=Span(chart.seconds))
        took = f"({self._word(steps)})"
        fits = not self._screen.terminal or len(f"{told} {took}") <= self._columns
        apart = " " if fits else "\n"
        self._screen.line(f"\n{self._screen.shade(told, 'bold', shade)}{apart}{took}")


def _broken(text: str, width: int) -> list[str]:
    width = max(30, width)
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def as_json(chart: Chart) -> str:
    """Return the examination as one JSON document."""
    document = {
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "time": stamp_millis(time.time()),
        "ok": not chart.failed,
        "seconds": round(chart.seconds, 3),
        "steps": [_step(step) for step in chart.steps],
    }
    return written(document, 2)


def _step(step: Step) -> dict[str, object]:
    finding = step.finding
    return {
        "name": step.name,
        "topic": str(step.topic),
        "outcome": None if finding is None else finding.outcome.value,
        "seconds": round(step.seconds, 4),
        "says": None if finding is None else str(finding.says),
        "advice": None if finding is None else "\n".join(map(str, finding.advice)) or None,
        "facts": {} if finding is None else finding.facts,
    }
