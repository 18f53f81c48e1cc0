"""The Spanish pages say the same as the English ones, as far as a test can tell.

Commands and links are not translated. Who changes them in one language changes them in the other.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPANISH = ROOT / "docs" / "es"
# What says how to read the Spanish pages, and has no twin.
OWN = {"getting-started.md"}
PAIRS = [
    (ROOT / "README.md", ROOT / "README.es.md"),
    *(
        (ROOT / "docs" / page.name, page)
        for page in sorted(SPANISH.glob("*.md"))
        if page.name not in OWN
    ),
]
BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


COMMENT = re.compile(r"(?:^| {2,})# .*$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SENTENCE_END = re.compile(r"\.\s|\n\n|\||\n\* ")


def blocks(page: Path) -> list[str]:
    """Return what is to be typed or is printed; comments and drawings are translated."""
    found = BLOCK.findall(page.read_text())
    return [COMMENT.sub("", block) for block in found if "─" not in block]


def commands(page: Path) -> Counter[str]:
    """Return what stands in backticks: words of the console, which are translated, do not."""
    return Counter(re.findall(r"`([^`\n]+)`", BLOCK.sub("", page.read_text())))


def links(page: Path) -> set[str]:
    """Return where the links lead: files as seen from the root, in English, without a heading."""
    text = page.read_text()
    targets = re.findall(r"\]\(([^)\s#]+)", text)
    targets += re.findall(r"^\[\w+\]: (\S+)$", text, re.MULTILINE)
    return {target if re.match(r"[a-z]+:", target) else file_of(page, target) for target in targets}


def file_of(page: Path, target: str) -> str:
    path = (page.parent / target).resolve().relative_to(ROOT).as_posix()
    for folder in ("docs/es/", "docs/images/es/"):
        path = path.replace(folder, folder.removesuffix("es/"))
    return path.replace("README.es.md", "README.md")


@pytest.mark.parametrize(("english", "spanish"), PAIRS, ids=lambda page: page.name)
def test_both_languages_have_the_same_commands_and_links(english: Path, spanish: Path) -> None:
    if english.name == "README.md":
        assert blocks(english) == blocks(spanish)
        assert commands(english) == commands(spanish)
    # The pages below it may gain a line in English first; what the Spanish ones say is so.
    assert [block for block in blocks(spanish) if block not in blocks(english)] == []
    assert commands(spanish) - commands(english) == Counter()
    own = {f"docs/{name}" for name in OWN}
    twins = {twin.relative_to(ROOT).as_posix() for twin, _ in PAIRS}
    assert links(spanish) - links(english) <= own | twins
    if english.name == "README.md":
        assert links(english) - links(spanish) <= twins


def test_a_drawing_has_the_same_outcomes_in_both_languages() -> None:
    def outcomes(page: Path) -> list[str]:
        (drawing,) = (block for block in BLOCK.findall(page.read_text()) if "─" in block)
        names = r"not-sent|answered|unknown|settled|(?<= )(?:cut|open)(?= )"
        return sorted(re.findall(names, drawing.replace("still open", "").replace("en open", "")))

    assert outcomes(ROOT / "docs" / "ledger.md") == outcomes(SPANISH / "ledger.md")


@pytest.mark.parametrize(
    "page", [ROOT / "README.es.md", *sorted(SPANISH.glob("*.md"))], ids=lambda page: page.name
)
def test_a_link_that_leads_to_a_page_in_english_says_so(page: Path) -> None:
    text = BLOCK.sub("", page.read_text())
    unsaid = [
        link[0]
        for link in LINK.finditer(text)
        if english(page, link[1])
        and not re.search("ingl[eé]s", _sentence(text, link.start(), link.end()), re.IGNORECASE)
    ]
    assert unsaid == []


def english(page: Path, target: str) -> bool:
    """Report whether a link leads to a page of ours that is not in Spanish."""
    path, _, _ = target.partition("#")
    if re.match(r"[a-z]+:", path) or not path.endswith((".md", "/")):
        return False
    return path != "README.md" and not (path.endswith("README.es.md") or _spanish(page, path))


def _spanish(page: Path, path: str) -> bool:
    return (page.parent / path).resolve().is_relative_to(SPANISH)


def _sentence(text: str, start: int, end: int) -> str:
    """Return the sentence that a link stands in, or the cell of a table."""
    before, after = SENTENCE_END.split(text[:start])[-1], SENTENCE_END.split(text[end:])[0]
    return before + text[start:end] + after


@pytest.mark.parametrize(("english", "spanish"), PAIRS, ids=lambda page: page.name)
def test_both_languages_have_the_same_parts(english: Path, spanish: Path) -> None:
    def levels(page: Path) -> list[str]:
        return re.findall(r"^#+(?= )", BLOCK.sub("", page.read_text()), re.MULTILINE)

    assert levels(english) == levels(spanish)


def test_the_first_steps_are_commands_of_the_readme() -> None:
    known = blocks(ROOT / "README.md") + blocks(ROOT / "docs" / "callers.md")
    for block in blocks(SPANISH / "getting-started.md"):
        assert block in known
