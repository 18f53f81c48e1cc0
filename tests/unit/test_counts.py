"""Numbers of things, as people read them."""

import pytest

from proxy.counts import counted


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (0, "row", "0 rows"),
        (1, "row", "1 row"),
        (2, "row", "2 rows"),
        (1, "entry", "1 entry"),
        (12, "entry", "12 entries"),
    ],
)
def test_one_thing_is_told_from_several(number: int, noun: str, words: str) -> None:
    assert counted(number, noun) == words
