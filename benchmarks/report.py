"""docs/performance.md and its chart, made from the newest results and from nothing else."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import bar, chart, results, table
from benchmarks.figures import TITLES, by_lines, figures, number
from benchmarks.results import Results

DOCS = Path(__file__).parents[1] / "docs"
CHARTED = "get32"
TITLE = "CPU time to forward one small GET, 32 connections"

METHOD = Path(__file__).parent / "method.md"
BEFORE = Path(__file__).parent / "before.json"  # ratios to Envoy, by the figure's title
_LINES = (
    "The same loads with next to no field lines, with those of an SDK and an API gateway (as in the"
    " tables above), with ids that are new in each request and each answer, and with many lines:"
    " sessions, tracing, proxies on the way."
)


def main() -> int:
    """Write the page and the chart."""
    path = results.latest()
    if path is None:
        print("no full run yet: run python -m benchmarks first", file=sys.stderr)
        return 1
    found = results.load(path)
    (DOCS / "performance.svg").write_text(chart.render(found, CHARTED, TITLE))
    (DOCS / "performance.md").write_text(page(found))
    print(f"{DOCS / 'performance.md'}, from {path}")
    return 0


def page(found: Results) -> str:
    """Write the whole page."""
    return "\n".join(
        [
            "# Performance",
            "",
            "Made by `make bench-report` from one run of `make bench`; do not edit.",
            "",
            *_occasion(found),
            "",
            f"![{TITLE}; the figures are in the table below](performance.svg)",
            "",
            *_bar(found),
            "## Compared",
            "",
            _legend(found),
            "",
            *markdown(table.rows(found, full_names=True)),
            "",
            *_errors(found),
            *_field_lines(found),
            *_before(found),
            "## In figures",
            "",
            *markdown(absolute(found)),
            "",
            "## Who was measured",
            "",
            *markdown(_contenders(found)),
            "",
            METHOD.read_text(),
        ]
    )


def _legend(found: Results) -> str:
    base = found.contenders[table.reference(found)]["label"]
    return (
        f"× is the ratio to {base}; under 1 is less."
        " Less is better, but for requests per second and speed."
    )


def _field_lines(found: Results) -> Iterator[str]:
    if costs := by_lines(found):
        yield from ("## What field lines cost", "", _LINES, "")
        yield from (*markdown(table.rows(found, costs, full_names=True)), "")


def _before(found: Results) -> Iterator[str]:
    """Set what was measured before beside what is now: ratios, since the runs are two."""
    rows = [["", "before", "now"]]
    then = json.loads(BEFORE.read_text())
    others = (each for each in by_lines(found) if TITLES[each.scenario].lines != "common")
    for figure in (*figures(found), *others):
        old = then["ratios"].get(figure.title)
        now = found.ratio("ours", "envoy", figure.scenario, figure.value)
        if old is not None and now is not None:
            rows.append([figure.title, f"{number(old)} ×", f"{number(now)} ×"])
    if len(rows) > 1:
        yield from ("## Before and after", "", then["what"], "", *markdown(rows), "")


def absolute(found: Results) -> list[list[str]]:
    """Make the table of all medians, without ratios."""
    names = [
        n for n in found.contenders if any(r.contender == n and r.requests for r in found.runs)
    ]
    rows = [["", "unit", *(found.contenders[name]["label"] for name in names)]]
    for figure in figures(found):
        cells = [table.cell(found, name, figure) for name in names]
        rows.append([figure.title, figure.unit, *cells])
    return rows


def markdown(rows: list[list[str]]) -> list[str]:
    """Write a table as Markdown, its figures aligned to the right."""
    head, *rest = [[text.replace("|", "\\|") for text in row] for row in rows]
    marks = ["---" if not _figures(rest, column) else "---:" for column in range(len(head))]
    return [f"| {' | '.join(row)} |" for row in (head, marks, *rest)]


def _figures(rows: list[list[str]], column: int) -> bool:
    return any(row[column][:1].isdigit() for row in rows) and column > 0


def _occasion(found: Results) -> Iterator[str]:
    machine = found.machine
    yield (
        f"{found.made[:10]}, {found.rounds} rounds on {machine['processor']},"
        f" {machine['cores']} cores, {machine['memory']}, Linux {machine['kernel']}"
        f" (load before: {machine['load before']})."
    )


def _bar(found: Results) -> Iterator[str]:
    verdicts = bar.verdicts(found)
    if not verdicts:
        return
    yield from ("## The bar", "")
    rows = [["demand", "at most", "measured", ""]]
    for each in verdicts:
        outcome = "met" if each.met else "**missed**"
        measured = number(each.measured) + each.unit
        rows.append([each.demand, f"{each.limit:g}{each.unit}", measured, outcome])
    yield from (*markdown(rows), "")


def _errors(found: Results) -> Iterator[str]:
    if lines := list(table.wrong(found)):
        yield from ("What went wrong (figures with ! are not to be trusted):", "")
        yield from (f"* {line}" for line in lines)
        yield ""


def _contenders(found: Results) -> list[list[str]]:
    rows = [["contender", "version", "set up"]]
    rows += [[each["label"], each["version"], each["setup"]] for each in found.contenders.values()]
    return rows
