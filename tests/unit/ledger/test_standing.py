"""What becomes of a repeat, by the row that has its key."""

from typing import Any, cast

import pytest

from proxy.ledger.entry import LedgerEntry
from proxy.ledger.standing import Standing, standing


def row(outcome: str | None, status: int | None = None, *kinds: str, **given: Any) -> LedgerEntry:
    verdicts = [{"kind": kind} for kind in kinds]
    told = {"outcome": outcome, "status": status, "verdicts": verdicts, "disagrees": False}
    return cast("LedgerEntry", told | given)


@pytest.mark.parametrize(
    ("entry", "stands"),
    [
        (None, Standing.GONE),
        (row(None), Standing.UNDER_WAY),
        (row("not-sent"), Standing.FREE),
        *((row("answered", status), Standing.FREE) for status in (401, 403, 429)),
        *((row("answered", status), Standing.ANSWERED) for status in (200, 302, 400, 404, 422)),
        (row("answered", 500), Standing.IN_DOUBT),
        (row("answered", 504, "not-made"), Standing.FREE),
        (row("cut", 200), Standing.IN_DOUBT),
        (row("unknown"), Standing.IN_DOUBT),
        (row("unknown", 401), Standing.IN_DOUBT),
        *((row("unknown", None, each), Standing.FREE) for each in ("not-made", "not-found")),
        *(
            (row("unknown", None, each), Standing.FOUND)
            for each in ("settled", "rejected", "made", "repeat")
        ),
        (row("unknown", None, "settled", "not-made"), Standing.FREE),
        (row("unknown", None, "not-made", "settled"), Standing.FOUND),
        (row("unknown", None, "not-found", disagrees=True), Standing.IN_DOUBT),
    ],
    ids=str,
)
def test_the_end_and_the_last_verdict_decide(entry: LedgerEntry | None, stands: Standing) -> None:
    assert standing(entry) is stands
