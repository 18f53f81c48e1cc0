"""What of the API's things could be a row's, and what speaks against it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from proxy.ledger.comparison import Candidate, Comparison
from tests.support.looked_up import entry, payment


def compared(row: dict[str, Any], *found: dict[str, Any], **given: Any) -> list[Candidate]:
    return Comparison(row, lambda _, value: value, str.upper, **given).candidates(found)


def test_the_payment_of_the_resolution_is_sure_whatever_else_there_is() -> None:
    other = payment(id="p-2", resolution_id="r-2", amount={"value": "7", "currency": "COP"})
    (only,) = compared(entry(), other, payment())
    assert (only.id, only.sure) == ("p-1", True)
    assert set(only.agrees) == {
        "resolution_id",
        "amount.value",
        "amount.currency",
        "account_id",
        "time",
    }


@pytest.mark.parametrize(
    ("given", "differs"),
    [
        ({"amount": {"value": "13000", "currency": "COP"}}, "amount.value"),
        ({"account_id": "a-2"}, "account_id"),
        ({"created_at": "2026-11-25T08:00:00Z"}, "time"),
    ],
)
def test_nothing_is_sure_beside_a_contradiction(given: dict[str, Any], differs: str) -> None:
    (only,) = compared(entry(), payment(**given))
    assert (only.named, only.sure, only.differs) == (True, False, (differs,))


def test_a_masked_resolution_agrees_by_its_mark_alone() -> None:
    row = entry(
        payment={"resolution_id": "••••-1", "amount.value": "1500"}, marks={"resolution_id": "R-1"}
    )
    assert compared(row, payment())[0].sure
    assert compared(row, payment(resolution_id="x-1")) == []


def test_a_masked_value_without_a_mark_is_alike_at_most() -> None:
    """Two characters are no proof: every 256th resolution ends like that."""
    row = entry(payment={"resolution_id": "••••-1", "amount.value": "1500"})
    (only,) = compared(row, payment())
    assert (only.named, only.sure, only.alike) == (False, False, ("resolution_id",))
    assert compared(row, payment(resolution_id="r-2")) == []


@pytest.mark.parametrize(
    ("ours", "theirs"), [("1e3", "1000"), ("10_01", "1001"), ("１", "1"), ("01", "1"), ("1.0", "1")]
)
def test_a_resolution_is_compared_by_its_letters(ours: str, theirs: str) -> None:
    assert compared(entry(payment={"resolution_id": ours}), payment(resolution_id=theirs)) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("1500", "1500.00", True),
        ("1500.5", "1500.50", True),
        ("1500", "1500.01", False),
        ("1e3", "1000", False),
        ("１500", "1500", False),
    ],
)
def test_amounts_are_compared_by_their_worth(ours: str, theirs: str, same: bool) -> None:
    row = entry(payment={"amount.value": ours})
    found = compared(row, payment(amount={"value": theirs, "currency": "COP"}))
    assert bool(found) is same


def test_without_a_resolution_amount_and_time_make_a_candidate_and_no_more() -> None:
    told = {"account_id": "a-1", "amount.value": "1500", "amount.currency": "COP"}
    (only,) = compared(entry(payment=told), payment())
    assert (only.sure, only.differs) == (False, ())


def test_a_masked_id_is_known_by_its_mark() -> None:
    masked = Comparison(entry(), lambda path, value: "••" if path == "id" else value, str.upper)
    (only,) = replace(masked, owners={"P-1": 3}, twins={"P-1": 4}).candidates([payment()])
    assert (only.mark, only.row, only.twin) == ("P-1", 3, 4)
    (other,) = replace(masked, owners={"••": 3}).candidates([payment()])
    assert other.row is None, "masks are alike"


def test_the_answer_of_another_row_is_that_rows() -> None:
    (only,) = compared(entry(), payment(), owners={"p-1": 3})
    assert (only.row, only.sure) == (3, False)


@pytest.mark.parametrize(
    ("row", "known"),
    [
        pytest.param(entry(answer={"id": "p-1"}, payment={}), (), id="its answer"),
        pytest.param(
            entry(answer={"id": "••••-1", "id_mark": "P-1"}, payment={}), (), id="a masked answer"
        ),
        pytest.param(
            entry("/v1/payments/breb/confirm", payment={"id": "p-1"}), (), id="what is confirmed"
        ),
        pytest.param(entry(payment={}), ("p-1",), id="a repeat's answer"),
    ],
)
def test_an_id_that_is_the_rows_makes_it_sure(row: dict[str, Any], known: tuple[str, ...]) -> None:
    assert compared(row, payment(), known=frozenset(known))[0].sure
    assert not compared(row, payment(id="p-2"), known=frozenset(known))[0].sure


def test_an_id_that_the_caller_wrote_into_a_new_payment_says_nothing() -> None:
    row = entry(payment={"id": "p-1", "resolution_id": "r-2", "amount.value": "7"})
    assert compared(row, payment()) == []


@pytest.mark.parametrize(
    ("skew", "created", "fits"),
    [
        (0, "2026-11-25T09:55:01Z", True),
        (0, "2026-11-25T09:54:59Z", False),
        (7200, "2026-11-25T12:00:00Z", True),
        (7200, "2026-11-25T10:00:00Z", False),
        (-7200, "2026-11-25T08:00:00Z", True),
    ],
)
def test_times_are_compared_by_the_apis_clock(skew: int, created: str, fits: bool) -> None:
    (only,) = compared(entry(), payment(created_at=created), skew=lambda: timedelta(seconds=skew))
    assert ("time" in only.agrees) is fits
