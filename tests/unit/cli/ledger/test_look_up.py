"""What was asked, in one line of a look-up."""

import io
from typing import Any

import pytest

from proxy.cli.ledger.look_up import _asked, _compared
from proxy.terminal.screen import Screen


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


def test_why_a_finding_was_not_kept_is_said_in_the_language_of_the_terminal(
    entries: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "es_CO.UTF-8")
    row: Any = entries[0]
    told: Any = {
        "candidates": [],
        "asked": [],
        "words": "nothing",
        "suggests": "",
        "kept": "BREB_LEDGER: the disk is full",
        "kept_said": {
            "en": "BREB_LEDGER: the disk is full",
            "es": "BREB_LEDGER: el disco está lleno",
        },
    }
    lines = list(_compared(row, told, Screen(io.StringIO())))
    assert "no se guardó como evidencia: BREB_LEDGER: el disco está lleno" in lines
