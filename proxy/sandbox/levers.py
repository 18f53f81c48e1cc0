"""What /_sandbox does: it looks at the simulator and pushes it about."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from proxy.sandbox.config import Seconds, Url
from proxy.sandbox.directory import find
from proxy.sandbox.latency import Latency
from proxy.sandbox.models.shapes import Decimal2, Uuid, centavos
from proxy.sandbox.moods import Moods
from proxy.sandbox.parties import party, stranger
from proxy.sandbox.records import Outcome, Token
from proxy.sandbox.settlement import CODES, arrive, settle_due
from proxy.sandbox.webhooks import Courier
from proxy.sandbox.world import World


class Lever(BaseModel):
    """The body of a POST below /_sandbox; unknown members are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def pull(self, world: World, moods: Moods, courier: Courier) -> None:
        """Do it; raise ValueError if it cannot be done."""
        raise NotImplementedError


class Reset(Lever):
    """Start over, as after a restart."""

    keep_tokens: bool = False

    def pull(self, world: World, moods: Moods, courier: Courier) -> None:
        """Forget everything."""
        world.reset(keep_tokens=self.keep_tokens)
        moods.reset()
        courier.reset()


class SetMoods(Lever):
    """Change latency and error rate; what is not sent stays."""

    latency: str | None = None
    error_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    error_status: Annotated[int, Field(ge=400, le=599)] | None = None

    def pull(self, world: World, moods: Moods, courier: Courier) -> None:
        """Take on the mood."""
        if self.latency is not None:
            Latency.parse(self.latency)
            moods.latency = self.latency
        moods.error_rate = moods.error_rate if self.error_rate is None else self.error_rate
        moods.error_status = self.error_status or moods.error_status


class PlanFault(Lever):
    """Let a fault happen to requests that match ``METHOD /path`` with * as wildcard."""

    fault: str
    match: str = "*"

    def pull(self, world: World, moods: Moods, courier: Courier) -> None:
        """Plan it."""
        moods.plan(self.fault, self.match)


class ClearFaults(Lever):
    """Drop the planned faults."""

    def pull(self, world: World, moods: Moods, courier: Courier) -> None:
        """Drop them."""
        moods.planned.clear()


def _chosen(world: World, token_id: str | None) -> list[Token]:
    if token_id is None:
        return list(world.tokens.values())
    if token_id not in world.tokens:
        raise ValueError("no such token")
    return [world.tokens[token_id]]


class ExpireTokens(Lever):
    """Let a token, or all that are live, expire in some seconds."""

    seconds: Seconds
    token_id: Uuid | None = None

    def pull(self, world: World, moods: Moods, courier: Courier) -> None:
        """Move the end of their lives."""
        for token in _chosen(world, self.token_id):
            if token.live(world.now()):
                token.expires_at = world.now() + self.seconds


class RevokeTokens(Lever):
    """Revoke a token, or all of them, at once."""

    token_id: Uuid | None = None

    def pull(self, world: World, moods: Moods, courier: Courier) -> None:
        """Revoke."""
        for token in _chosen(world, self.token_id):
            token.revoked = True


class ForceOutcome(Lever):
    """Decide how the next payments end; PENDING ones never do."""

    status: Literal["SETTLED", "REJECTED", "PENDING"]
    error_code: str | None = None
    times: Annotated[int, Field(ge=1, le=1000)] = 1

    def pull(self, world: World, moods: Moods, courier: Courier) -> None:
        """Queue the outcome."""
        code = self.error_code or "B105"
        if code not in CODES:
            raise ValueError(f"unknown error code; known: {', '.join(CODES)}")
        outcome = Outcome(self.status, code if self.status == "REJECTED" else "")
        world.outcomes.extend([outcome] * self.times)


class MoveClock(Lever):
    """Let time pass: tokens age, resolutions expire, payments settle."""

    advance: Annotated[float, Field(ge=0, le=366 * 86400)]

    def pull(self, world: World, moods: Moods, courier: Courier) -> None:
        """Move the clock on."""
        world.clock.offset += self.advance
        settle_due(world)
        courier.nudge()


class PayIn(Lever):
    """Let somebody outside pay a key that is registered here."""

    key_value: str
    amount: Decimal2

    def pull(self, world: World, moods: Moods, courier: Courier) -> None:
        """Bring the money in."""
        entry = find(world, None, self.key_value)
        if entry is None or entry.account_id is None:
            raise ValueError("no active key with this value is registered here")
        receiver = party(entry.account, entry.participant, entry.owner, entry.key)
        amount, end_to_end = centavos(self.amount), f"{world.dice.getrandbits(128):032x}"
        world.ledger.bring_in(entry.account_id, amount)
        ends = (stranger(), receiver)
        arrive(world, entry.account_id, amount, ends, end_to_end, world.now())


class SetWebhook(Lever):
    """Change where and how events are sent; what is not sent stays, a null url stops them."""

    url: Url | None = None
    secret: str | None = None
    delivery: Literal["Once", "Retry"] | None = None
    events: Literal["new", "old", "both"] | None = None

    def pull(self, world: World, moods: Moods, courier: Courier) -> None:
        """Take on the callback."""
        if "url" in self.model_fields_set:
            courier.url = self.url
        courier.secret = self.secret if self.secret is not None else courier.secret
        courier.delivery = self.delivery or courier.delivery
        courier.events = self.events or courier.events
        courier.nudge()


LEVERS: dict[str, type[Lever]] = {
    "reset": Reset,
    "moods": SetMoods,
    "faults": PlanFault,
    "faults/clear": ClearFaults,
    "tokens/expire": ExpireTokens,
    "tokens/revoke": RevokeTokens,
    "outcomes": ForceOutcome,
    "clock": MoveClock,
    "inbound": PayIn,
    "webhooks": SetWebhook,
}
