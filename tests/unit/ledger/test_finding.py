"""What a look-up concludes: never more than the API said, and never that nothing was made."""

from typing import Any

import pytest

from proxy.ledger.comparison import Comparison
from proxy.ledger.finding import Asked, LookUpResult, finding
from proxy.ledger.questions import operation
from tests.support.catalogue import CATALOGUE
from tests.support.looked_up import entry, payment

LIST = Asked("/v1/payments?x", 200, 7, back_to="2026-11-25T09:00:00.000000Z")


def found(
    *things: dict[str, Any],
    row: dict[str, Any] | None = None,
    asked: tuple[Asked, ...] = (LIST,),
    **given: Any,
) -> LookUpResult:
    row = row or entry()
    comparison = Comparison(row, lambda _, value: value, str.upper, **given)
    what = operation(row)
    return finding(asked, comparison.candidates(things), what and what.operation)


@pytest.mark.parametrize(
    ("status", "code", "suggests"),
    [
        ("SETTLED", "settled", "settled"),
        ("REJECTED", "rejected", "rejected"),
        ("PROCESSING", "not-final", ""),
        ("WHATEVER", "not-final", ""),
    ],
)
def test_the_state_of_a_payment_leads_to_its_own_words(
    status: str, code: str, suggests: str
) -> None:
    told = found(payment(status=status))
    assert (told.kind, told.code, told.suggests) == ("found", code, suggests)
    assert status in str(told.words)


def test_what_contradicts_is_in_the_headline() -> None:
    told = found(payment(amount={"value": "13000", "currency": "COP"}))
    assert (told.kind, told.code, told.suggests) == ("not-found", "contradicted", "")
    assert "amount.value" in str(told.words)


def test_two_that_are_sure_are_none() -> None:
    assert found(payment(), payment(id="p-2")).code == "several"


def test_what_looks_the_same_decides_nothing() -> None:
    row = entry(payment={"amount.value": "1500"})
    assert found(payment(), row=row).code == "alike"


def test_what_is_another_rows_is_struck_out() -> None:
    row = entry(payment={"amount.value": "1500"})
    told = found(payment(), row=row, owners={"p-1": 3})
    assert (told.kind, told.code) == ("not-found", "others")
    assert "#3" in str(told.words)


def test_a_payment_that_is_another_rows_of_the_same_resolution_is_a_repeat() -> None:
    told = found(payment(), twins={"p-1": 3})
    assert (told.kind, told.code, told.suggests) == ("found", "repeat", "repeat")
    assert "#3" in str(told.words)
    assert found(payment(status="REJECTED"), twins={"p-1": 3}).code == "rejected"
    assert found(payment(status="PROCESSING"), twins={"p-1": 3}).code == "not-final"


def test_what_has_no_final_state_was_made_whatever_its_state() -> None:
    row = entry("/v1/keys", payment={"account_id": "a-1"}, answer={"id": "k-1"})
    key = {"id": "k-1", "status": "ACTIVE", "account_id": "a-1"}
    told = found(key, row=row, asked=(Asked("/v1/keys/k-1", 200, 1),))
    assert (told.kind, told.code, told.suggests) == ("found", "made", "made")


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        pytest.param((), "no-way", "ask Passport", id="no way"),
        pytest.param((LIST,), "nothing-back-to", "back to 2026-11-25T09:00", id="a whole list"),
        pytest.param((Asked("/a", 404, absent=True),), "nothing", "no proof", id="an empty list"),
        pytest.param(
            (Asked("/a", 200, 3000, 30, back_to="2026-11-25T11:00:00Z", whole=False),),
            "nothing-so-far",
            "not all was read: 3000 entries",
            id="a bound was reached",
        ),
        pytest.param((Asked("/a", 404),), "not-answered", "404 to GET /a", id="a gateway's 404"),
        pytest.param((Asked("/a", None),), "not-answered", "- to GET /a", id="no answer"),
        pytest.param((Asked("/a", 401),), "not-answered", "401 to GET /a", id="no scope"),
        pytest.param(
            (Asked("/v1/payments?x=y", 403, rule=True),),
            "own-rule",
            "add GET /v1/payments* to BREB_ALLOW",
            id="our own rule",
        ),
    ],
)
def test_what_was_not_found_is_told_with_care(
    asked: tuple[Asked, ...], code: str, said: str
) -> None:
    told = found(asked=asked)
    assert (told.code, told.suggests) == (code, "")
    assert told.kind != "found"
    assert said in str(told.words)


@pytest.mark.parametrize(
    ("method", "path", "status", "kind", "code"),
    [
        ("PATCH", "/v1/keys/k-1/suspend", "SUSPENDED", "found", "in-state"),
        ("PATCH", "/v1/keys/k-1/suspend", "ACTIVE", "not-found", "other-state"),
        ("PATCH", "/v1/keys/k-1/activate", "ACTIVE", "found", "in-state"),
        ("PATCH", "/v1/customers/k-1", "ACTIVE", "not-found", "state"),
        ("DELETE", "/v1/keys/k-1", "ACTIVE", "not-found", "still-there"),
    ],
)
def test_a_change_is_judged_by_the_state_of_its_thing(
    method: str, path: str, status: str, kind: str, code: str
) -> None:
    """When the thing was made says nothing: that was weeks ago."""
    key = {"id": "k-1", "status": status, "created_at": "2026-01-01T00:00:00Z"}
    row = entry(path, method, payment={})
    told = found(key, row=row, asked=(Asked("/v1/keys/k-1", 200, 1),))
    assert (told.kind, told.code) == (kind, code)
    assert status in str(told.words)


def test_what_was_to_be_deleted_is_gone_if_the_api_itself_says_so() -> None:
    row = entry("/v1/keys/k-1", "DELETE", payment={})
    gone = (Asked("/v1/keys/k-1", 404, absent=True),)
    assert found(row=row, asked=gone).code == "gone"
    suspended = entry("/v1/keys/k-1/suspend", "PATCH", payment={})
    assert found(row=suspended, asked=gone).code == "no-thing"
    gateway = (Asked("/v1/keys/k-1", 404),)
    assert found(row=row, asked=gateway).code == "not-answered"


def test_every_word_of_a_look_up_is_used_here() -> None:
    codes = {code for code in CATALOGUE if code.startswith("look-up.")}
    used = {
        "no-way", "not-answered", "own-rule", "settled", "rejected", "not-final", "made", "repeat",
        "several", "contradicted", "alike", "others", "nothing", "nothing-back-to",
        "nothing-so-far", "gone", "still-there", "no-thing", "in-state", "other-state", "state",
    }  # fmt: skip
    assert codes == {f"look-up.{code}" for code in used}
