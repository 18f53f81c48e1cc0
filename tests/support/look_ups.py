"""What look-ups found, as the asker gets it, without an API."""

import time
from typing import Any, cast

from proxy.ledger.entry import AskedQuestion, LookedUp
from proxy.ledger.finding import DECISIVE
from proxy.moments import stamp

KINDS = {**dict.fromkeys((*DECISIVE, "not-final", "in-state", "gone"), "found")}


def question(status: int | None = 200, **given: Any) -> AskedQuestion:
    """Return a question, and what came."""
    values: dict[str, Any] = {
        "target": "/v1/payments?direction=OUTBOUND",
        "status": status,
        "found": 7,
        "pages": 1,
        "read": status == 200,
        "absent": False,
        "rule": False,
        "back_to": "2026-11-25T09:00:00.000000Z" if status == 200 else "",
        "whole": True,
        "ours": False,
        "retry_after": None,
    }
    return cast("AskedQuestion", values | given)


def looked_up(
    number: int, code: str, at: float | None = None, asked: AskedQuestion | None = None
) -> LookedUp:
    """Return what came of a look-up of a row, as `tests.support.ledgers.filled` writes them."""
    kind = "not-answered" if code in ("not-answered", "own-rule", "no-way") else "not-found"
    told: dict[str, Any] = {
        "row": {"number": number, "exchange": f"run-{number}"},
        "at": stamp(time.time() if at is None else at),
        "kind": KINDS.get(code, kind),
        "code": code,
        "words": f"it is {code}",
        "said": f"it is {code}",
        "suggests": "",
        "asked": [asked or question()],
        "candidates": [],
    }
    return cast("LookedUp", told)
