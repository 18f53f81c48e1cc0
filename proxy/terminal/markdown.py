"""A page of the documentation as a terminal shows it: wrapped, without marks, links as words.

It knows the Markdown that our pages use: headings, paragraphs, lists, tables, fenced blocks.
"""

import re
import textwrap
from collections.abc import Callable, Iterator

_EMPHASIS = re.compile(r"(?<![\w*`/])\*(?=[^\s*])((?:[^*`]|`[^`]*+`)++)\*(?![\w*`])")
_LINK = re.compile(r"!?\[([^][]*+)\]\([^)[]*+\)")
_ITEM = re.compile(r"\s*(?:\*|\d+\.) ")
_RULE = re.compile(r"\|[\s|:]*-[\s|:-]*\|$")

Emphasis = Callable[[str], str]


def sections(page: str) -> list[tuple[str, str]]:
    """Return heading and text of each part of a page; the first is the page's own."""
    parts: list[tuple[str, list[str]]] = []
    fenced = False
    for line in page.split("\n"):
        fenced ^= line.startswith("```")
        if not fenced and line.startswith(("# ", "## ")):
            parts.append((line.lstrip("# "), []))
        elif parts:
            parts[-1][1].append(line)
    return [(heading, "\n".join(lines).strip("\n")) for heading, lines in parts]


def shown(text: str, width: int, heading: Emphasis) -> str:
    """Return ``text`` for a terminal of ``width`` columns."""
    lines: list[str] = []
    for block in _blocks(text):
        if block[0].startswith("```"):
            lines += [f"    {line}".rstrip() for line in block[1:]]
        elif block[0].startswith("#"):
            lines.append(heading(_plain(block[0].lstrip("# "))))
        elif block[0].startswith("    "):
            lines += block
        elif block[0].startswith("|"):
            lines += _table(block, width)
        else:
            lines += _wrapped(block, width)
        lines.append("")
    return "\n".join(lines[:-1])


def _blocks(text: str) -> Iterator[list[str]]:
    """Yield the blocks of a text; a fenced block is without its last line."""
    block: list[str] = []
    for line in text.split("\n"):
        fenced = bool(block) and block[0].startswith("```")
        if fenced and not line.startswith("```"):
            block.append(line)
            continue
        if block and (fenced or not line.strip() or line.startswith(("```", "#"))):
            yield block
            block = []
        if line.strip() and not fenced:
            block.append(line)
    if block:
        yield block


def _plain(text: str) -> str:
    text = _LINK.sub(r"\1", text).replace("**", "").replace("<br>", " ")
    return _EMPHASIS.sub(r"\1", text)


def _wrapped(block: list[str], width: int) -> list[str]:
    """Wrap a paragraph, or each item of a list under its own start."""
    items: list[str] = []
    for line in block:
        if _ITEM.match(line) or not items:
            items.append(line)
        else:
            items[-1] += f" {line.strip()}"
    return [part for item in items for part in _hanging(_plain(item), width)]


def _hanging(text: str, width: int) -> list[str]:
    start = _ITEM.match(text)
    return textwrap.wrap(
        text,
        width,
        subsequent_indent=" " * len(start[0]) if start else "",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(block: list[str], width: int) -> list[str]:
    """Give each row as an item: its subject, then each cell under its column's name."""
    rows = [
        [_plain(cell.strip()) for cell in line.strip("|").split("|")]
        for line in block
        if not _RULE.match(line)
    ]
    names, lines = rows[0], []
    for first, *others in rows[1:]:
        lines += _hanging(f"* {first}", width)
        for name, cell in zip(names[1:], others, strict=False):
            if cell:
                label = f"{name}: " if name and len(others) > 1 else ""
                lines += [f"  {part}" for part in _hanging(f"{label}{cell}", width - 2)]
    return lines
