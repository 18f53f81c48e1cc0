"""What makes two payments look like the same one, though the API takes them for two.

Two Bre-B payments look the same if caller, account, payee and amount are the same, whatever their
resolutions: a caller that resolves the key anew after a time-out pays again. The payee is known
from the answer that gave the resolution. Other payments look the same if their bodies are equal.
All of that is kept as hashes with the ledger's key.
"""

import json
from collections import OrderedDict
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from proxy.ledger.document import Document
from proxy.ledger.exact import exact
from proxy.ledger.payment import Mark
from proxy.passport.paths import known

_encode = json.JSONEncoder(sort_keys=True).encode
_MOST = 10_000  # resolutions: each lives for half an hour
_AMOUNT_DIGITS = 30  # digits: a longer number is compared as it is written


class Likeness(NamedTuple):
    """``natural`` is equal for payments that look alike; ``of`` is the resolution's, or empty.

    A repeat with the same resolution is no second payment: the API makes one of each.
    """

    natural: str
    of: str

    def among(self, marks: str) -> str:
        """Return a row's marks, a JSON object, with this likeness among them."""
        before = marks.removesuffix("}") + ("" if marks == "{}" else ",")
        return f'{before}"natural":"{self.natural}","of":"{self.of}"}}'

    def like(self, other: "Likeness | None") -> bool:
        """Report whether another payment looks the same, and is another to the API."""
        if other is None or self.natural != other.natural:
            return False
        return not self.of or self.of != other.of


class Likenesses:
    """Tells payments' likenesses; learns the payees of resolutions as they pass."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark
        self._payees: OrderedDict[str, str] = OrderedDict()

    def learn(self, answer: bytes) -> None:
        """Learn from an answer which key a resolution is for."""
        document = exact(answer)
        key = document.get("key") if isinstance(document, dict) else None
        if not isinstance(key, dict) or not isinstance(document.get("id"), str):
            return
        whose = _encode([key.get("key_type"), key.get("key_value")])
        self._payees[self._mark(document["id"])] = self._mark(whose)
        if len(self._payees) > _MOST:
            self._payees.popitem(last=False)

    def of(self, caller: str, method: str, path: str, document: Document) -> Likeness | None:
        """Return the likeness of a payment; None if it is none, or its payee is not known."""
        members = _payment(method, path)
        told = document.read if members else None
        if not isinstance(told, dict):
            return None
        if "resolution_id" not in members:
            return self._of_whole(caller, path, document.exact)
        if not _is_text(told):
            told = document.exact
        of = self._mark(str(told.get("resolution_id")))
        payee = self._payees.get(of)
        if payee is None:
            return None
        paid = [caller, told.get("account_id"), payee, *_amount(told.get("amount"))]
        return Likeness(self._marked(paid), of)

    def _of_whole(self, caller: str, path: str, document: dict[str, object]) -> Likeness | None:
        try:
            return Likeness(self._marked([caller, path, document]), "")
        except RecursionError:  # nobody pays so deep
            return None

    def _marked(self, told: list[Any]) -> str:
        return self._mark(_encode(told))


@lru_cache(256)
def _payment(method: str, path: str) -> tuple[str, ...]:
    """Return the members of a payment's body that name it; none if a request is no payment."""
    found = known(method, path)
    return found.operation.members if found and found.operation.action == "payment" else ()


def _is_text(told: dict[str, object]) -> bool:
    """Report whether nothing that is compared of a Bre-B payment is a number, or holds one."""
    amount = told.get("amount")
    parts = (amount.get("value"), amount.get("currency")) if type(amount) is dict else (amount,)
    return {*map(type, (told.get("resolution_id"), told.get("account_id"), *parts))} == {str}


def _amount(amount: object) -> list[object]:
    """Return the amount, equal for all spellings of a number."""
    if not isinstance(amount, dict):
        return [amount]
    value, currency = str(amount.get("value")), amount.get("currency")
    if len(value) <= _AMOUNT_DIGITS and value.replace(".", "", 1).isdecimal() and value.isascii():
        return [str(Decimal(value).normalize()), currency]
    return [value, currency]
