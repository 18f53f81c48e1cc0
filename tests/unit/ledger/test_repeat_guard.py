"""A payment like one that was made a moment ago is told, and little is kept for that."""

import sys

import pytest

from proxy.exchange.record import Exchange
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import Request
from proxy.ledger import repeat_guard as module
from proxy.ledger.document import Document
from proxy.ledger.likeness import Likenesses
from proxy.ledger.repeat_guard import RepeatGuard
from proxy.ledger.row import End, Row
from tests.support.ledgers import ended, row

PATH = "/v1/payments/ach"


@pytest.fixture
def guard() -> RepeatGuard:
    return RepeatGuard(Likenesses(str), lambda _: None, refuses=True)


def looked_at(guard: RepeatGuard, amount: int, number: int = 1) -> tuple[Exchange, Row]:
    """Have a payment looked at, whose row is opened then."""
    exchange = Exchange(f"run-{number}", "POST", PATH.encode())
    paid = row(f"run-{number}", path=PATH)
    request = Request("POST", PATH.encode(), "1.1", Section([], REQUEST), 0)
    guard.look_at(exchange, request, paid, Document(b'{"amount": {"value": "%d"}}' % amount))
    paid.number = number
    return exchange, paid


@pytest.mark.parametrize(
    ("end", "told"),
    [
        pytest.param(ended(), True, id="made"),
        pytest.param(ended(status=400), False, id="refused"),
        pytest.param(ended("not-sent"), False, id="not sent"),
        pytest.param(ended("unknown"), False, id="in doubt, which the ledger finds"),
    ],
)
def test_one_like_it_is_told_if_the_first_was_made(
    guard: RepeatGuard, end: End, *, told: bool
) -> None:
    _, first = looked_at(guard, 10)
    guard.over(first, end)
    assert (looked_at(guard, 10, 2)[0].note != "") is told
    assert looked_at(guard, 11, 3)[0].note == ""


def test_after_a_minute_it_is_another_payment(
    guard: RepeatGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = looked_at(guard, 10)
    guard.over(first, ended())
    monkeypatch.setattr(module, "_MINUTE", 0.0)
    assert looked_at(guard, 10, 2)[0].note == ""


def test_no_row_is_kept_for_it_and_few_payments(
    guard: RepeatGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand rows took 24 MB, which were in no budget."""
    monkeypatch.setattr(module, "_MOST", 10)
    _, paid = looked_at(guard, 1)
    references = sys.getrefcount(paid)
    guard.over(paid, ended())
    assert sys.getrefcount(paid) == references
    for number in range(2, 30):
        guard.over(looked_at(guard, number, number)[1], ended())
    assert len(guard._recent) == 10
    assert looked_at(guard, 29, 30)[0].note
    assert looked_at(guard, 1, 31)[0].note == ""
