"""What look-ups found, beside what is said of a row."""

from typing import Any, cast

import pytest

from proxy.ledger.disagreement import disagree
from proxy.ledger.verdict import KINDS


@pytest.mark.parametrize(
    ("codes", "verdict", "disagrees"),
    [
        (["settled"], None, False),
        (["nothing", "not-final", "settled"], None, False),
        (["rejected", "settled"], None, True),
        (["settled"], "settled", False),
        (["settled"], "made", False),
        (["settled"], "not-made", True),
        (["settled"], "not-found", True),
        (["not-final"], "not-found", True),
        (["rejected"], "not-found", True),
        (["rejected"], "not-made", False),
        (["rejected"], "settled", True),
        (["nothing", "not-answered"], "settled", False),
        ([], "not-found", False),
    ],
)
def test_they_disagree(codes: list[str], verdict: str | None, *, disagrees: bool) -> None:
    evidence = cast("Any", [{"code": code} for code in codes])
    verdicts = [] if verdict is None else [{"kind": verdict, "made": KINDS[verdict]}]
    assert disagree(evidence, cast("Any", verdicts)) is disagrees
