"""What sending a request would do, by the API's table."""

import pytest

from proxy.console.consequence import consequence
from proxy.passport.operations import OPERATIONS
from tests.support.catalogue import CATALOGUE


@pytest.mark.parametrize(
    ("method", "target", "body", "words"),
    [
        ("POST", "/v1/payments/ach", b'{"amount":[]}', "start a payment"),
        ("POST", "/v1/payments/breb?x=1", b"[", "start a payment"),
        ("POST", "/v1/paas/entities/customers/breb/payments", b"", "start a payment"),
        (
            "POST",
            "/gateway/payments/breb",
            b'{"amount": {"value": "25000", "currency": "COP"}}',
            "start a payment of 25,000 COP",
        ),
        ("DELETE", "/v1/keys/1", b"", "delete a Bre-B key permanently"),
        ("PATCH", "/v1/paas/entities/customers/accounts/keys/suspend", b"", "suspend a Bre-B key"),
        ("PATCH", "/v1/keys/1/suspend", b"", "suspend a Bre-B key"),
        ("POST", "/v1/iam/oauth/tokens", b"", "ask for another access token"),
        ("PUT", "/v1/else", b"", "be carried out again by the upstream"),
        ("DELETE", "/v1/else", b"", "be carried out again by the upstream"),
    ],
)
def test_the_consequence_is_worded(method: str, target: str, body: bytes, words: str) -> None:
    said = consequence(method, target, body).said
    assert str(said) == f"{method} {target.partition('?')[0]} would {words}"


def test_it_is_worded_in_spanish() -> None:
    body = b'{"amount": {"value": "25000", "currency": "COP"}}'
    said = consequence("POST", "/v1/payments/breb", body).said
    assert said.said("es") == "POST /v1/payments/breb iniciaría un pago de 25.000 COP"


def test_each_action_has_its_words() -> None:
    actions = {each.action for each in OPERATIONS if each.action}
    assert {f"deed.{action}" for action in actions} <= CATALOGUE.keys()
    assert all(each.action for each in OPERATIONS if each.method != "GET")
