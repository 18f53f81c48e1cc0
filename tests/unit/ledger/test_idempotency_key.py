"""Which values are keys, and which name the same one."""

import pytest

from proxy.errors import RequestRefused
from proxy.ledger.idempotency_key import key_of


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (b"8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (b'"8e03978e-40d5-43dd"', "8e03978e-40d5-43dd"),
        (b'  "a" ', "a"),
        (rb'"a\"b\\"', 'a"b\\'),
        (b'"two words"', "two words"),
        (b"{8E03978E-40D5}", "{8E03978E-40D5}"),
        (b"a+/=:@~", "a+/=:@~"),
        (b"x" * 255, "x" * 255),
    ],
)
def test_a_string_and_a_bare_value_are_keys(value: bytes, key: str) -> None:
    assert key_of([value]) == key


@pytest.mark.parametrize(
    "values",
    [
        *([b""], [b'""'], [b'"a'], [b'a"'], [b"a b"], [b"a,b"], [b"a;b"], [b"a\\b"]),
        *([b'"a";b=1'], ["ñ".encode()], [b"\x00"], [b"x" * 256], [b'"a", "b"'], [b"a", b"a"]),
    ],
)
def test_all_else_is_refused(values: list[bytes]) -> None:
    with pytest.raises(RequestRefused) as caught:
        key_of(values)
    assert (caught.value.status, caught.value.reason) == (400, "idempotency-key")
