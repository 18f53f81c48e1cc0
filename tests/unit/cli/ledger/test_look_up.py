"""What was asked, in one line of a look-up."""

from typing import Any

import pytest

from proxy.cli.ledger.look_up import _asked


@pytest.mark.parametrize(
    ("pages", "back_to", "told"),
    [
        pytest.param(1, "", "asked: GET /v1/payments: 200", id="one page, all of it"),
        pytest.param(2, "", "asked: GET /v1/payments: 200, 2 pages", id="pages"),
        pytest.param(
            1, "2026-11-25", "asked: GET /v1/payments: 200, 1 page, back to 2026-11-25", id="a part"
        ),
    ],
)
def test_a_question_says_how_much_was_read(pages: int, back_to: str, told: str) -> None:
    question: Any = {
        "target": "/v1/payments",
        "status": 200,
        "pages": pages,
        "back_to": back_to,
    }
    assert _asked(question) == told
