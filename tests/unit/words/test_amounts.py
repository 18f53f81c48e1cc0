"""Amounts are grouped as their reader's language does."""

import pytest

from proxy.words import both, phrase
from proxy.words.amounts import Amount, amount


@pytest.mark.parametrize(
    ("text", "english", "spanish"),
    [
        ("25000 COP", "25,000 COP", "25.000 COP"),
        ("1234567.50 COP", "1,234,567.50 COP", "1.234.567,50 COP"),
        ("999 COP", "999 COP", "999 COP"),
        ("-1500", "-1,500", "-1.500"),
        ("1e3 COP", "1e3 COP", "1e3 COP"),
        ("1.2.3 COP", "1.2.3 COP", "1.2.3 COP"),
        ("9" * 50, "9" * 50, "9" * 50),
        ("", "", ""),
    ],
)
def test_an_amount_is_grouped(text: str, english: str, spanish: str) -> None:
    assert (amount(text), amount(text, "es")) == (english, spanish)


def test_a_phrase_holds_an_amount() -> None:
    assert both(phrase("deed.payment-of", amount=Amount("25000 COP"))) == {
        "en": "start a payment of 25,000 COP",
        "es": "iniciaría un pago de 25.000 COP",
    }
