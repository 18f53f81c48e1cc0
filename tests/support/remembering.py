"""An upstream that remembers what reached it, for `random_lives`: what is true, and what it says.

It makes one payment of each resolution, and of each ACH payment that comes.
"""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from proxy.exchange.own_request import OwnAnswer, OwnRequest
from proxy.http1.request import Request
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.reading import reading
from proxy.ledger.trouble import LedgerRefused
from proxy.moments import stamp


@dataclass(frozen=True)
class Order:
    """What a caller wants paid; ``key`` may be None, ``of`` is the resolution, if it has one.

    ``compared``: its process knows whose the resolution is.
    """

    caller: str
    key: str | None
    path: bytes
    payee: str
    of: str
    amount: str
    compared: bool = True
    lenient: bool = False

    @property
    def body(self) -> bytes:
        told: dict[str, Any] = {"amount": {"value": self.amount, "currency": "COP"}}
        payee = {"resolution_id": self.of} if self.of else {"recipient_id": self.payee}
        return json.dumps({"account_id": "a-1", **told, **payee}).encode()

    @property
    def name(self) -> tuple[str, str | None]:
        return self.caller, self.key

    def looks_like(self, other: "Order") -> bool:
        """Report whether it would be another payment to the API, which looks the same."""
        same = (self.caller, self.path, self.payee, self.amount)
        if same != (other.caller, other.path, other.payee, other.amount):
            return False
        return self.of != other.of or not self.of


@dataclass
class Sent:
    """An order that reached the upstream; ``proved``: it is known that it was not carried out.

    ``epoch`` is the world's when it came: what came before a backup was put back may be forgotten.
    """

    exchange: str
    order: Order
    epoch: int
    made: dict[str, Any] | None = None
    proved: bool = False
    doubtful: bool = False
    over: bool = False


@dataclass
class World:
    """The upstream, and what is true."""

    chance: random.Random
    sent: list[Sent] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    epoch: int = 0
    """How often an older copy of the ledger was put in its place."""
    _numbers: "count[int]" = field(default_factory=count)

    def make(self, order: Order) -> dict[str, Any]:
        """Carry out an order."""
        for each in self.payments if order.of else ():
            if each.get("resolution_id") == order.of:
                return each
        name = {"id": f"p-{next(self._numbers)}", "status": "SETTLED"}
        made = {**name, "created_at": stamp(time.time()), **json.loads(order.body)}
        self.payments.append(made)
        return made

    async def ask(self, request: Request, own: OwnRequest, most: int) -> OwnAnswer:
        """Answer a question: it may fail, lag, or leave things out, but it invents nothing."""
        assert request.method == "GET"
        await asyncio.sleep(0)
        answer = OwnAnswer("own", most)
        answer.status, answer.whole = 200, True
        answer.lines = [(b"Content-Type", b"application/json")]
        target = request.target.decode()
        if (lie := self.chance.random()) < 0.2:
            answer.status = 401 if lie < 0.02 else 503
        one = [each for each in self.payments if target.endswith(f"/{each['id']}")]
        shown = self.payments[::-1] if lie > 0.4 else self.payments[:-2]
        listed = {"payments": shown, "pagination_info": {"total_pages": 1}}
        answer.body += json.dumps(one[0] if one else listed).encode()
        return answer

    def killed(self) -> None:
        """Take that nobody knows any more what became of those under way."""
        for each in self.sent:
            each.doubtful |= not each.over
            each.over = True

    # -- what must never happen ----------------------------------------------------------------

    def doubts_like(self, order: Order) -> list[Sent]:
        """Return what is in doubt and looks like an order that is to be refused for it."""
        if not order.compared or order.lenient:
            return []
        doubtful = [each for each in self.sent if each.doubtful and each.order.compared]
        return [each for each in doubtful if order.looks_like(each.order)]

    def judge(self, now: Sent, doubts: list[Sent], path: Path) -> None:
        """Fail if an order must not have been sent, by what the ledger has of the others.

        ``doubts`` are those of `doubts_like` from before it was let through.
        """
        order = now.order
        if now.epoch != self.epoch:
            return  # let through by another file
        for each in self.sent:
            if order.key is not None and each.order.name == order.name and not each.proved:
                row = self.row(each, path)
                assert row is None, f"{order} was sent before: {row}"
        for each in doubts:
            row = self.row(each, path)
            assert row is None or not row["in_doubt"], f"{order} looks like one in doubt: {row}"

    def row(self, sent: Sent, path: Path) -> LedgerEntry | None:
        """Return a row of the file; it is missing only where the file is, or is an older copy."""
        try:
            with reading(path) as reader:
                found = reader.find(sent.exchange)
        except LedgerRefused:
            return None  # it was taken away just now
        assert found or sent.epoch < self.epoch, f"{sent} has no row"
        return found[0] if found else None
