"""Tables for people: columns as wide as their cells; colours do not count as width."""

from collections.abc import Sequence
from typing import NamedTuple

from proxy.terminal.plain import plain
from proxy.terminal.screen import Screen


class Cell(NamedTuple):
    """One cell; ``right`` puts it at the right end of its column."""

    text: str
    shades: tuple[str, ...] = ()
    right: bool = False


def lines(head: Sequence[str], rows: Sequence[Sequence[Cell]], screen: Screen) -> list[str]:
    """Return the lines of a table: its head, and one for each row."""
    every = [[Cell(title, ("bold",)) for title in head], *rows]
    plainly = [[cell._replace(text=plain(cell.text)) for cell in row] for row in every]
    widths = [max(len(row[column].text) for row in plainly) for column in range(len(head))]
    return [_line(row, widths, screen) for row in plainly]


def _line(row: Sequence[Cell], widths: Sequence[int], screen: Screen) -> str:
    last = max((place for place, cell in enumerate(row) if cell.text), default=0)
    return "  ".join(
        screen.shade(_padded(cell, width if place < last or cell.right else 0), *cell.shades)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        if place <= last
    )


def _padded(cell: Cell, width: int) -> str:
    return cell.text.rjust(width) if cell.right else cell.text.ljust(width)
