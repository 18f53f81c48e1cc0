"""What became of an exchange, as far as can be known."""

from typing import Any

import pytest

from proxy.errors import (
    ConnectionRefused,
    ConnectionStale,
    Draining,
    LedgerUnavailable,
    ReadTimeout,
    RequestRefused,
    TokenError,
)
from proxy.exchange.attempt import Attempt
from proxy.exchange.record import Exchange
from tests.support.exchanges import attempt


def tries(*statuses: int | None) -> tuple[Attempt, ...]:
    """Return attempts that were answered so; None for one that was lost."""
    return tuple(attempt(status) for status in statuses)


UNSENT = (attempt(sent=False),)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        pytest.param({}, "not-sent", id="nothing went out"),
        pytest.param({"left": True}, "not-sent", id="left before"),
        pytest.param(
            {"attempts": tries(None), "left": True}, "unknown", id="left while it was out"
        ),
        pytest.param(
            {"attempts": tries(401), "left": True},
            "not-sent",
            id="left while the token was renewed",
        ),
        pytest.param(
            {"attempts": tries(None), "failure": ReadTimeout("x")}, "unknown", id="no answer"
        ),
        pytest.param({"failure": ConnectionRefused("x")}, "not-sent", id="no connection"),
        pytest.param(
            {"attempts": tries(401), "failure": TokenError("x")},
            "not-sent",
            id="answered 401, no token",
        ),
        pytest.param(
            {"attempts": UNSENT, "failure": ConnectionStale("x")},
            "not-sent",
            id="nothing was written",
        ),
        pytest.param(
            {"attempts": tries(None), "failure": ConnectionRefused("x")},
            "unknown",
            id="a first try was lost, a second did not go out",
        ),
        pytest.param(
            {"attempts": tries(None), "failure": TokenError("x")},
            "unknown",
            id="a first try was lost, then there was no token",
        ),
        pytest.param(
            {"attempts": tries(None, 401), "failure": TokenError("x")},
            "unknown",
            id="a first try was lost, a second answered 401, then there was no token",
        ),
        pytest.param(
            {"attempts": tries(None), "failure": Draining("x")}, "unknown", id="the grace is over"
        ),
        pytest.param({"failure": LedgerUnavailable("x")}, "not-sent", id="no row"),
        pytest.param(
            {"attempts": tries(200), "passed_on": True, "whole": True}, "answered", id="answered"
        ),
        pytest.param(
            {"attempts": tries(401, 200), "passed_on": True, "whole": True},
            "answered",
            id="answered with another token",
        ),
        pytest.param(
            {"attempts": tries(200), "passed_on": True, "left": True},
            "cut",
            id="left before its end",
        ),
        pytest.param(
            {"attempts": tries(200), "passed_on": True, "failure": ReadTimeout("x")},
            "cut",
            id="cut",
        ),
        *(
            pytest.param(
                {"attempts": tries(None, *statuses), "passed_on": True, "whole": True},
                outcome,
                id=f"a first try was lost, then {statuses}",
            )
            for statuses, outcome in (
                ((204,), "answered"),
                ((401, 200), "answered"),
                ((303,), "unknown"),
                ((401,), "unknown"),
                ((401, 404), "unknown"),
                ((503,), "unknown"),
            )
        ),
        pytest.param(
            {"attempts": (*UNSENT, *tries(401)), "passed_on": True, "whole": True},
            "answered",
            id="a first try was never written, a second answered 401",
        ),
    ],
)
def test_the_outcome_is_what_can_be_known(facts: dict[str, Any], outcome: str) -> None:
    exchange = Exchange("ab-1", "POST", b"/")
    for name, value in facts.items():
        setattr(exchange, name, value)
    assert exchange.outcome == outcome
    assert exchange.in_doubt == (outcome in ("unknown", "cut"))


def test_what_only_reads_is_never_in_doubt() -> None:
    exchange = Exchange("ab-1", "GET", b"/")
    exchange.attempts, exchange.left = tries(None), True
    assert exchange.outcome == "unknown"
    assert not exchange.in_doubt


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        pytest.param(LedgerUnavailable("the disk is full"), "ledger", id="ledger"),
        pytest.param(RequestRefused(403, "rule", "no", "see"), "rule", id="refused"),
        pytest.param(ConnectionRefused("x"), "connection_refused", id="upstream"),
        pytest.param(None, "", id="none"),
    ],
)
def test_the_reason_is_one_fixed_word(failure: Any, reason: str) -> None:
    exchange = Exchange("ab-1", "POST", b"/")
    exchange.failure = failure
    assert exchange.reason == reason
