"""What ``help`` explains, in the words of the documentation, in either language, at any width."""

from pathlib import Path

import pytest

from proxy.cli.help import TOPICS
from proxy.terminal.markdown import sections, shown
from tests.support.command import called, command, on_terminal

ENGLISH, SPANISH = {"LC_ALL": "C.UTF-8"}, {"LC_ALL": "es_CO.UTF-8"}


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("language", [ENGLISH, SPANISH], ids=["en", "es"])
def test_every_topic_is_explained(topic: str, language: dict[str, str], tmp_path: Path) -> None:
    ended = command("help", topic, cwd=tmp_path, **language)
    assert (ended.code, ended.err) == (0, "")
    assert len(ended.out) > 400
    assert "](" not in ended.out
    assert "```" not in ended.out


def test_a_topic_is_explained_in_the_readers_language(tmp_path: Path) -> None:
    assert command("help", "421", cwd=tmp_path, **SPANISH).out.startswith("421 desde Docker\n")
    assert command("help", "421", cwd=tmp_path, **ENGLISH).out.startswith("421 from Docker\n")


def test_the_topics_are_listed(tmp_path: Path) -> None:
    ended = command("help", "topics", cwd=tmp_path, **ENGLISH)
    assert [line.split()[0] for line in ended.out.splitlines()] == list(TOPICS)
    assert "outcome-unknown   Outcome unknown\n" in ended.out


def test_a_mistyped_topic_gets_a_hint(tmp_path: Path) -> None:
    ended = command("help", "outcome-unknwon", cwd=tmp_path)
    assert ended.code == 2
    assert ended.err.startswith(
        "breb-proxy: no such topic: outcome-unknwon; did you mean outcome-unknown?\n"
    )
    assert command("help", "401", "403", cwd=tmp_path).code == 2


def test_help_about_a_command_is_the_commands_own(tmp_path: Path) -> None:
    assert command("help", "wait", cwd=tmp_path) == command("wait", "--help", cwd=tmp_path)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        (["--help", "all"], ["serve", "--help", "all"]),
        (["help", "all"], ["serve", "--help", "all"]),
        (["--help", "ledger"], ["ledger", "--help"]),
        (["-h", "ledger", "made"], ["ledger", "made", "--help"]),
    ],
)
def test_a_word_behind_help_is_not_passed_over(
    asked: list[str], meant: list[str], tmp_path: Path
) -> None:
    assert command(*asked, cwd=tmp_path) == command(*meant, cwd=tmp_path)


@pytest.mark.needs("posix")
def test_help_names_commands_as_they_are_typed_here(tmp_path: Path) -> None:
    typed = called(tmp_path)
    assert typed != "breb-proxy"
    assert f" {typed} help TOPIC" in " ".join(command("--help", cwd=tmp_path).out.split())
    assert f"source <({typed} completion zsh)\n" in command("completion", "-h", cwd=tmp_path).out


@pytest.mark.parametrize("words", [["--help"], ["help", "troubleshooting"], ["help", "ledger"]])
@pytest.mark.parametrize("columns", [60, 80, 140])
def test_prose_fits_the_terminal(words: list[str], columns: int, tmp_path: Path) -> None:
    ended = command(*words, cwd=tmp_path, COLUMNS=columns)
    prose = [line for line in ended.out.splitlines() if not line.startswith("    ")]
    too_long = [line for line in prose if len(line) > min(columns, 100) and " " in line.strip()]
    assert too_long == []


def test_headings_stand_out_on_a_terminal(tmp_path: Path) -> None:
    assert on_terminal("help", "logs", cwd=tmp_path, **ENGLISH).out.startswith("\x1b[1mWhere are")


PAGE = """\
# A page

Words with **weight** and [a link](other.md#there) that go
on and on.

```sh
# not a heading
ls   -l
```

* one that is
  long
1. two

| what | how | why |
|---|:-:|---|
| a | b | |
| c | d | e |

    shown as it is

## A part

The end.
"""


def test_a_page_is_shown_without_its_marks() -> None:
    (title, text), (part, _) = sections(PAGE)
    assert (title, part) == ("A page", "A part")
    assert shown(text, 30, str.upper).split("\n") == [
        "Words with weight and a link",
        "that go on and on.",
        "",
        "    # not a heading",
        "    ls   -l",
        "",
        "* one that is long",
        "1. two",
        "",
        "* a",
        "  how: b",
        "* c",
        "  how: d",
        "  why: e",
        "",
        "    shown as it is",
    ]


def test_a_table_without_headings_keeps_its_first_row() -> None:
    """Its line of headings is blank, and no rule."""
    table = "| | |\n|---|---|\n| a | b |\n| c | d |"
    assert shown(table, 40, str).split("\n") == ["* a", "  b", "* c", "  d"]


def test_emphasis_is_left_out_and_a_wildcard_stays() -> None:
    text = "*Was it made?* Of `GET /v1/*` and `POST /*` *all*."
    assert shown(text, 80, str) == "Was it made? Of `GET /v1/*` and `POST /*` all."
