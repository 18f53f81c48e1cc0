"""Which payments look the same, though the API takes them for two."""

import json
from typing import Any

import pytest

from proxy.ledger import likeness as module
from proxy.ledger.document import Document
from proxy.ledger.likeness import Likeness, Likenesses

BREB, ACH = "/v1/payments/breb", "/v1/payments/ach"


def resolution(name: object, value: str = "300") -> bytes:
    return json.dumps({"id": name, "key": {"key_type": "PHONE", "key_value": value}}).encode()


@pytest.fixture
def known() -> Likenesses:
    known = Likenesses(lambda value: value)
    for name, value in (("r-1", "300"), ("r-2", "300"), ("r-3", "301")):
        known.learn(resolution(name, value))
    return known


def breb(
    known: Likenesses, name: str = "r-1", value: object = "10", **more: Any
) -> Likeness | None:
    amount = {"value": value, "currency": "COP"}
    whole = {"account_id": "a-1", "resolution_id": name, "amount": amount} | more
    return known.of("anna", "POST", BREB, Document(json.dumps(whole).encode()))


def ach(known: Likenesses, caller: str = "anna", **more: Any) -> Likeness | None:
    whole = {"account_id": "a-1", "recipient_id": "b-1", "amount": {"value": "10"}} | more
    return known.of(caller, "POST", ACH, Document(json.dumps(whole).encode()))


def alike(one: Likeness | None, other: Likeness | None) -> bool:
    return one is not None and one.like(other)


@pytest.mark.parametrize("value", ["10", "10.0", "10.00", pytest.param(10, id="a number")])
def test_another_resolution_of_the_same_payee_looks_the_same(
    known: Likenesses, value: object
) -> None:
    assert alike(breb(known), breb(known, "r-2", value))


@pytest.mark.parametrize(
    "other",
    [
        {"name": "r-3"},
        {"name": "r-2", "value": "11"},
        {"name": "r-2", "value": "1e1"},
        {"name": "r-2", "account_id": "a-2"},
        {"name": "r-2", "amount": "10"},
        {"name": "r-9"},
    ],
    ids=str,
)
def test_another_payee_amount_or_account_does_not(known: Likenesses, other: dict[str, Any]) -> None:
    assert not alike(breb(known), breb(known, **other))


def test_no_digit_of_a_number_is_lost_where_amounts_are_compared(known: Likenesses) -> None:
    text = '{"account_id": "a-1", "resolution_id": "%s", "amount": {"value": %s}}'
    one, same, other = (
        known.of("anna", "POST", BREB, Document((text % told).encode()))
        for told in (
            ("r-1", "9007199254740993.0"),
            ("r-2", "9007199254740993"),
            ("r-2", "9007199254740992"),
        )
    )
    assert alike(one, same)
    assert not alike(one, other)


def test_the_same_resolution_is_the_same_payment(known: Likenesses) -> None:
    assert not alike(breb(known), breb(known))
    assert not alike(breb(known), None)


def test_an_ach_payment_is_compared_whole(known: Likenesses) -> None:
    assert alike(ach(known), ach(known))
    assert not alike(ach(known), ach(known, description="rent"))
    assert not alike(ach(known), ach(known, caller="beto"))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/keys", b"{}"),
        ("PATCH", ACH, b"{}"),
        ("POST", ACH, b"[]"),
        ("POST", ACH, b"no JSON"),
        ("POST", "/v1/payments/breb/confirm", b'{"id": "p-1"}'),
    ],
)
def test_what_is_no_payment_looks_like_none(
    known: Likenesses, method: str, path: str, body: bytes
) -> None:
    assert known.of("anna", method, path, Document(body)) is None


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"id": "r-1"}', resolution(None)])
def test_what_is_no_resolution_teaches_nothing(answer: bytes) -> None:
    known = Likenesses(lambda value: value)
    known.learn(answer)
    assert breb(known, "None") is None
    assert breb(known) is None


def test_the_oldest_resolutions_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    known = Likenesses(lambda value: value)
    for name in ("r-1", "r-2", "r-3"):
        known.learn(resolution(name))
    assert [breb(known, each) is None for each in ("r-1", "r-2", "r-3")] == [True, False, False]


def test_what_is_too_deep_to_be_written_looks_like_none(
    known: Likenesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_deep(told: object) -> str:
        raise RecursionError

    monkeypatch.setattr(module, "_encode", too_deep)
    assert ach(known) is None
