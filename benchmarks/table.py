"""The results as text: one table of ratios, then what went wrong, then the bar."""

from collections.abc import Iterator, Sequence

from benchmarks import bar
from benchmarks.figures import Figure, by_lines, figures, number
from benchmarks.results import Results

REFERENCES = ("envoy", "nginx", "ours")
GREEN, RED, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[0m"


def render(results: Results, *, colour: bool) -> str:
    """Lay out everything that a person wants to see at the end of a run."""
    blocks = ["\n".join(_versions(results)), grid(rows(results), colour=colour)]
    if costs := by_lines(results):
        blocks.append(grid(rows(results, costs), colour=colour))
    if errors := list(wrong(results)):
        blocks.append("What went wrong (the figures with ! are not to be trusted):")
        blocks[-1] += "".join(f"\n  {line}" for line in errors)
    if verdicts := bar.verdicts(results):
        blocks.append("The bar:")
        for each in verdicts:
            mark = _paint("met   ", GREEN, colour) if each.met else _paint("missed", RED, colour)
            blocks[-1] += f"\n  {mark}  {each.demand}: {each}"
    return "\n\n".join(blocks)


def reference(results: Results) -> str:
    """Name the contender to which the others are compared."""
    present = {run.contender for run in results.runs if run.requests and run.cpu_seconds}
    known = [name for name in REFERENCES if name in present]
    return known[0] if known else min(present, default="")


def rows(
    results: Results, wanted: Sequence[Figure] | None = None, *, full_names: bool = False
) -> list[list[str]]:
    """Make the table: the reference and ourselves in figures, then everyone as a ratio."""
    base = reference(results)
    others = [n for n in results.contenders if n not in {base, "direct"} and _any(results, n)]
    label = {n: each["label"] if full_names else n for n, each in results.contenders.items()}
    absolute = [base, *(n for n in ("ours",) if n in others)]
    head = ["", "unit", *(label[n] for n in absolute), *(f"×{label[n]}" for n in others)]
    table = [head]
    for figure in figures(results) if wanted is None else wanted:
        cells = [cell(results, name, figure) for name in absolute]
        cells += [ratio_cell(results, name, base, figure) for name in others]
        table.append([figure.title, figure.unit, *cells])
    return table


def cell(results: Results, name: str, figure: Figure) -> str:
    """Write one figure, with a mark if errors make it doubtful."""
    value = results.median(name, figure.scenario, figure.value)
    return number(value) + _mark(results, name, figure, value)


def ratio_cell(results: Results, name: str, base: str, figure: Figure) -> str:
    """Write one ratio to the reference."""
    value = results.ratio(name, base, figure.scenario, figure.value)
    return number(value) + _mark(results, name, figure, value)


def grid(table: list[list[str]], *, colour: bool) -> str:
    """Align the columns: words to the left, figures to the right."""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    words = 2
    lines = []
    for index, row in enumerate(table):
        cells = [
            text.ljust(width) if i < words else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        line = "  ".join(cells).rstrip()
        lines.append(_paint(line, "\x1b[1m", colour) if index == 0 else line)
    return "\n".join(lines)


def wrong(results: Results) -> Iterator[str]:
    """List what was not as it must be."""
    yield from results.notes
    for name in results.contenders:
        for scenario in dict.fromkeys(run.scenario for run in results.runs):
            if errors := results.errors(name, scenario):
                yield f"{name}, {scenario}: " + ", ".join(f"{k} {v}" for k, v in errors.items())


def _versions(results: Results) -> Iterator[str]:
    yield ", ".join(f"{key} {value}" for key, value in results.machine.items())
    known = results.contenders.values()
    yield ", ".join(f"{each['label']} {each['version']}" for each in known)
    yield f"{results.rounds} rounds, medians; × is the ratio to the first column of figures"


def _any(results: Results, name: str) -> bool:
    return any(run.contender == name and run.requests for run in results.runs)


def _mark(results: Results, name: str, figure: Figure, value: float | None) -> str:
    return "!" if value is not None and results.errors(name, figure.scenario) else ""


def _paint(text: str, code: str, colour: bool) -> str:
    return f"{code}{text}{PLAIN}" if colour else text
