"""Webhooks: payment events sent to a callback, signed, and tried again.

Twelve tries with pauses of 1·2^n seconds, the event names and HMAC-SHA256 are documented;
the payload, the signed text and the names of the fields are not, and are ours.
"""

import hashlib
import hmac
import json
import ssl
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

import anyio

from proxy.sandbox.config import SandboxConfig
from proxy.sandbox.models.shapes import timestamp
from proxy.sandbox.records import Event
from proxy.sandbox.settlement import settle_due
from proxy.sandbox.world import World

if TYPE_CHECKING:
    import httpx

TRIES = 12
_PATIENCE = 10.0


@dataclass(slots=True)
class Delivery:
    """One event on its way to the callback."""

    event: str
    payment_id: str
    body: bytes = field(repr=False)
    statuses: list[str] = field(default_factory=list)
    delivered: bool = False
    dropped: bool = False


class Courier:
    """Send what happens to the callback; runs for as long as the application lives."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._news = anyio.Event()
        self._running: anyio.CancelScope | None = None
        self.deliveries: deque[Delivery] = deque(maxlen=200)
        self.reset()

    def reset(self) -> None:
        """Go back to the callback of the start."""
        config = self._world.config
        self.url, self.secret = config.webhook_url, config.webhook_secret
        self.delivery, self.events = config.webhook_delivery, config.webhook_events
        for delivery in self.deliveries:
            delivery.dropped = True
        self.deliveries.clear()

    def nudge(self) -> None:
        """Say that there may be something to send."""
        self._news.set()

    async def run(self) -> None:
        """Send events until cancelled or stopped."""
        with anyio.CancelScope() as self._running:
            async with anyio.create_task_group() as tasks:
                while True:
                    for delivery in self._collect():
                        tasks.start_soon(self._deliver, delivery)
                    await self._wait()

    def stop(self) -> None:
        """Send nothing any more."""
        if self._running is not None:
            self._running.cancel()

    def _collect(self) -> Iterator[Delivery]:
        settle_due(self._world)
        while self._world.events:
            event = self._world.events.popleft()
            if self.url is None:
                continue
            for name in _names(event, self.events):
                delivery = Delivery(name, event.payment_id, _body(event, name, self._world.config))
                self.deliveries.append(delivery)
                yield delivery

    async def _wait(self) -> None:
        due = self._world.due
        pause = max(due[0][0] - self._world.now(), 0.0) if due and self.url else None
        with anyio.move_on_after(pause):
            await self._news.wait()
        self._news = anyio.Event()

    async def _deliver(self, delivery: Delivery) -> None:
        import httpx  # only who has a callback pays for it

        async with httpx.AsyncClient(trust_env=False, timeout=_PATIENCE, verify=_tls()) as client:
            await self._insist(client, delivery)

    async def _insist(self, client: "httpx.AsyncClient", delivery: Delivery) -> None:
        waits = pauses(self._world.config.webhook_retry_base) if self.delivery == "Retry" else ()
        for pause in (0.0, *waits):
            await anyio.sleep(pause)
            if delivery.dropped:
                return
            delivery.statuses.append(await self._try(client, delivery))
            if delivery.statuses[-1].startswith("2"):
                delivery.delivered = True
                return

    async def _try(self, client: "httpx.AsyncClient", delivery: Delivery) -> str:
        import httpx

        fields = sign(self._world.config, self.secret, self._world.now(), delivery.body)
        try:
            answer = await client.post(self.url or "", content=delivery.body, headers=fields)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__
        return str(answer.status_code)


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
