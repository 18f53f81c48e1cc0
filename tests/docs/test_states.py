"""The drawings of connections' states show what the program allows, and nothing else."""

import re
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path

import pytest

from proxy.listener import state as listener
from proxy.upstream import state as upstream

PAGE = Path(__file__).parents[2] / "docs" / "connections.md"
ARROW = re.compile(r"^    ([a-z]+) --> ([a-z]+)(?::.+)?$", re.MULTILINE)


@pytest.mark.parametrize(
    ("heading", "allowed"),
    [
        pytest.param("A caller's", listener.NEXT, id="caller"),
        pytest.param("to the upstream", upstream.NEXT, id="upstream"),
    ],
)
def test_a_drawing_has_the_changes_that_are_allowed(
    heading: str, allowed: Mapping[IntEnum, tuple[IntEnum, ...]]
) -> None:
    (part,) = (
        part for part in PAGE.read_text().split("\n## ") if heading in part.partition("\n")[0]
    )
    drawn = ARROW.findall(part.partition("```mermaid")[2].partition("```")[0])
    assert sorted(drawn) == sorted(
        (before.name.lower(), after.name.lower())
        for before, following in allowed.items()
        for after in following
    )
    explained = re.findall(r"^\* \*([a-z]+)\*: ", part, re.MULTILINE)
    assert explained == [state.name.lower() for state in allowed]
