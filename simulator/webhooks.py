"""Webhooks: payment events sent to a callback, signed, and tried again.

Twelve tries with pauses of 1·2^n seconds, the event names and HMAC-SHA256 are documented, and so
is the question whether to accept a payment, with its three seconds; the payloads, the signed text
and the names of the fields are not, and are ours.
"""

import hashlib
import hmac
import json
import ssl
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

import anyio

from simulator.config import SandboxConfig
from simulator.models.shapes import timestamp
from simulator.models.webhooks import QUESTION
from simulator.records import Event, PaymentRecord
from simulator.settlement import accept, settle_due, shown, turn_away
from simulator.world import World

if TYPE_CHECKING:
    import httpx

    from simulator.config import Trouble

TRIES = 12
_PATIENCE = 10.0  # seconds


# the event that comes first of those of one payment
_FIRST = ("payment.outbound.confirmed", "payment.inbound.received")


@dataclass(slots=True)
class Delivery:
    """One event on its way to the callback; ``late`` seconds pass before the first try."""

    id: int
    event: str
    payment_id: str
    body: bytes = field(repr=False)
    late: float = 0.0
    statuses: list[str] = field(default_factory=list)
    delivered: bool = False
    dropped: bool = False


class WebhookSender:
    """Send what happens to the callback; runs for as long as the application lives."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._news = anyio.Event()
        self._running: anyio.CancelScope | None = None
        self._numbers = count(1)
        self._again: list[Delivery] = []
        self.deliveries: deque[Delivery] = deque(maxlen=200)
        self.reset()

    def reset(self) -> None:
        """Go back to the callback of the start."""
        config = self._world.config
        self.url, self.secret = config.webhook_url, config.webhook_secret
        self.delivery, self.events = config.webhook_delivery, config.webhook_events
        self.trouble: Sequence[Trouble] = config.webhook_trouble
        self.delay = config.webhook_delay
        self.authorization_url = config.authorization_url
        for delivery in self.deliveries:
            delivery.dropped = True
        self.deliveries.clear()

    def nudge(self) -> None:
        """Say that there may be something to send."""
        self._news.set()

    def resend(self, number: int) -> None:
        """Send a delivery once more; raise ValueError if there is none of this number."""
        old = next((one for one in self.deliveries if one.id == number), None)
        if old is None or old.event == QUESTION:
            raise ValueError("no such delivery of an event")
        self._again.append(self._deliver_soon(old.event, old.payment_id, old.body))
        self.nudge()

    async def run(self) -> None:
        """Send events until cancelled or stopped."""
        with anyio.CancelScope() as self._running:
            async with anyio.create_task_group() as tasks:
                while True:
                    for delivery in self._collect():
                        tasks.start_soon(self._deliver, delivery)
                    while self._world.questions:
                        tasks.start_soon(self._ask, self._world.questions.popleft())
                    await self._wait()

    def stop(self) -> None:
        """Send nothing any more."""
        if self._running is not None:
            self._running.cancel()

    def _collect(self) -> Iterator[Delivery]:
        settle_due(self._world)
        again, self._again = self._again, []
        yield from again
        while self._world.events:
            event = self._world.events.popleft()
            if self.url is None:
                continue
            for name in _names(event, self.events):
                body = _body(event, name, self._world.config)
                yield self._deliver_soon(name, event.payment_id, body, self._late(event))

    def _late(self, event: Event) -> float:
        overtaken = "out-of-order" in self.trouble and event.name in _FIRST
        return self.delay + (self._world.timing.settle_delay + 0.5 if overtaken else 0.0)

    def _deliver_soon(
        self, event: str, payment_id: str, body: bytes, late: float = 0.0
    ) -> Delivery:
        delivery = Delivery(next(self._numbers), event, payment_id, body, late)
        self.deliveries.append(delivery)
        return delivery

    async def _wait(self) -> None:
        due = self._world.due
        pause = max(due[0][0] - self._world.now(), 0.0) if due and self.url else None
        with anyio.move_on_after(pause):
            await self._news.wait()
        self._news = anyio.Event()

    async def _deliver(self, delivery: Delivery) -> None:
        await anyio.sleep(delivery.late)
        async with _client() as client:
            waits = pauses(self._world.config.webhook_retry_base)
            for pause in (0.0, *(waits if self.delivery == "Retry" else ())):
                await anyio.sleep(pause)
                if delivery.dropped:
                    return
                delivery.statuses.append(await self._try(client, self.url or "", delivery.body))
                if delivery.statuses[-1].startswith("2"):
                    delivery.delivered = True
                    break
            if delivery.delivered and "duplicate" in self.trouble:
                delivery.statuses.append(await self._try(client, self.url or "", delivery.body))

    async def _try(self, client: "httpx.AsyncClient", url: str, body: bytes) -> str:
        import httpx

        try:
            answer = await client.post(url, content=body, headers=self._signed(body))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__
        return str(answer.status_code)

    def _signed(self, body: bytes) -> dict[str, str]:
        wrong = "-wrong" if "wrong-signature" in self.trouble else ""
        return sign(self._world.config, self.secret + wrong, self._world.now(), body)

    async def _ask(self, payment: PaymentRecord) -> None:
        """Ask whether a payment may come in, and do as the answer says."""
        world = self._world
        payload = shown(payment).model_dump(mode="json", exclude_none=True)
        event = Event(QUESTION, QUESTION, payment.id, world.now(), payload)
        body = _body(event, QUESTION, world.config)
        asked = self._deliver_soon(QUESTION, payment.id, body)
        said: bool | None = None
        with anyio.move_on_after(world.config.authorization_timeout):
            said = await self._answer(asked)
        asked.delivered = said is not None
        if not asked.statuses:
            asked.statuses.append("no response in time")
        if said is None:
            said = world.config.authorization_on_error == "approve"
        if payment.id not in world.payments:
            return  # the world was reset meanwhile
        if said:
            world.ledger.bring_in(payment.account_id, payment.amount)
            accept(world, payment)
        else:
            turn_away(world, payment)

    async def _answer(self, asked: Delivery) -> bool | None:
        """Return the receiver's decision, or None if its answer has none."""
        import httpx

        url, fields = self.authorization_url or "", self._signed(asked.body)
        async with _client() as client:
            try:
                answer = await client.post(url, content=asked.body, headers=fields)
                asked.statuses.append(str(answer.status_code))
                told = answer.json() if answer.status_code == 200 else None
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                asked.statuses.append(type(error).__name__)
                return None
        accepted = told.get("accept") if isinstance(told, dict) else None
        if not isinstance(accepted, bool):
            return None
        asked.statuses.append("accepted" if accepted else "refused")
        return accepted


def _client() -> "httpx.AsyncClient":
    import httpx  # imported only with a callback

    return httpx.AsyncClient(trust_env=False, timeout=_PATIENCE, verify=_tls())


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # it takes long to make


def pauses(base: float) -> Iterator[float]:
    """Give the seconds between one try and the next."""
    return (base * 2**number for number in range(TRIES - 1))


def sign(config: SandboxConfig, secret: str, now: float, body: bytes) -> dict[str, str]:
    """Make the fields of a delivery: its time and the signature over both."""
    moment = str(int(now))
    signed = body if config.webhook_signed == "body" else moment.encode() + b"." + body
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        config.webhook_timestamp_field: moment,
        config.webhook_signature_field: signature,
    }


def _names(event: Event, generation: str) -> list[str]:
    names = {"new": [event.name], "old": [event.old_name], "both": [event.name, event.old_name]}
    return names[generation]


def _body(event: Event, name: str, config: SandboxConfig) -> bytes:
    told: dict[str, object] = event.payload
    if config.webhook_payload == "envelope":
        told = {
            "id": str(uuid5(NAMESPACE_URL, f"{event.payment_id} {name}")),
            "event": name,
            "created_at": timestamp(event.moment),
            "data": event.payload,
        }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
