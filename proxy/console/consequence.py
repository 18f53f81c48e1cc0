"""The consequence of sending a request, for the person who has to confirm it."""

import json
from dataclasses import dataclass
from typing import Any

from proxy.passport.paths import known
from proxy.words import Phrase, phrase
from proxy.words.amounts import Amount


@dataclass(frozen=True, slots=True)
class Consequence:
    """``action`` is the code in the API's table, empty if the request is no operation there.

    ``money`` is the amount, such as ``10 COP``, if the body tells one.
    """

    method: str
    path: str
    action: str
    money: str = ""

    @property
    def said(self) -> Phrase:
        """Tell it: ``POST /v1/payments/breb would start a payment of 10 COP``."""
        if self.money:
            deed = phrase("deed.payment-of", amount=Amount(self.money))
        elif self.action:
            deed = Phrase(f"deed.{self.action}")
        else:
            deed = phrase("deed.other")
        return phrase("would", method=self.method, path=self.path, deed=deed)


def consequence(method: str, target: str, body: bytes) -> Consequence:
    """Return the consequence of sending it."""
    path = target.partition("?")[0]
    found = known(method, path)
    if found is None:
        return Consequence(method, path, "")
    operation = found.operation
    money = _money(body, operation.money) if operation.money else ""
    return Consequence(method, path, operation.action, money)


def _money(body: bytes, member: str) -> str:
    try:
        document: Any = json.loads(body)
        amount = document[member]
        return f"{str(amount['value'])[:40]} {str(amount['currency'])[:8]}"
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
