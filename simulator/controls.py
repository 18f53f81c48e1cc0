"""The controls of /_sandbox: the actions of a person or a test on the running simulator."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.behaviour import Behaviour
from simulator.codes import outcome
from simulator.config import Seconds, Trouble, Url
from simulator.data import load
from simulator.directory import find
from simulator.latency import Latency
from simulator.models.qrcodes import QrCode
from simulator.models.shapes import Decimal2, Uuid, centavos
from simulator.outcomes import CODE
from simulator.parties import party, stranger
from simulator.qr.life import spent, with_reference
from simulator.records import Token
from simulator.rule import Rule
from simulator.settlement import accept, announce, settle_due
from simulator.webhooks import WebhookSender
from simulator.world import World

_RULES = 200  # rules


class Control(BaseModel):
    """The body of a POST below /_sandbox; unknown members are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Carry the order out; raise ValueError if that is impossible."""
        raise NotImplementedError


class Reset(Control):
    """Start over, as after a restart."""

    keep_tokens: bool = False

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Forget everything."""
        world.reset(keep_tokens=self.keep_tokens)
        behaviour.reset()
        webhooks.reset()


class SetBehaviour(Control):
    """Change latency, error rate and the payments' pace; a value that is not sent stays."""

    settle_delay: Seconds | None = None
    processing_delay: Seconds | None = None
    network: Literal["normal", "slow"] | None = None
    latency: str | None = None
    error_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    error_status: Annotated[int, Field(ge=400, le=599)] | None = None

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Take on the behaviour."""
        if self.latency is not None:
            Latency.parse(self.latency)
            behaviour.latency = self.latency
        behaviour.error_rate = behaviour.error_rate if self.error_rate is None else self.error_rate
        behaviour.error_status = self.error_status or behaviour.error_status
        timing = self.model_dump(
            include={"settle_delay", "processing_delay", "network"}, exclude_none=True
        )
        for name, value in timing.items():
            setattr(world.timing, name, value)


class PlanFault(Control):
    """Let a fault happen to requests that match ``METHOD /path`` with * as wildcard."""

    fault: str
    match: str = "*"

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Plan the fault."""
        behaviour.plan(self.fault, self.match)


class ClearFaults(Control):
    """Drop the planned faults."""

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Drop them."""
        behaviour.planned.clear()


def _chosen(world: World, token_id: str | None) -> list[Token]:
    if token_id is None:
        return list(world.tokens.values())
    if token_id not in world.tokens:
        raise ValueError("no such token")
    return [world.tokens[token_id]]


class ExpireTokens(Control):
    """Let a token, or all that are live, expire in some seconds."""

    seconds: Seconds
    token_id: Uuid | None = None

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Move the end of their lives."""
        for token in _chosen(world, self.token_id):
            if token.live(world.now()):
                token.expires_at = world.now() + self.seconds


class RevokeTokens(Control):
    """Revoke a token, or all of them, at once."""

    token_id: Uuid | None = None

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Revoke."""
        for token in _chosen(world, self.token_id):
            token.revoked = True


class ForceOutcome(Control):
    """Decide how payments end: the next ones, or those of an account, to a key, of an amount."""

    status: Literal["SETTLED", "REJECTED", "PENDING", "PROCESSING"] | None = None
    error_code: Annotated[str, Field(pattern=CODE)] | None = None
    after: Seconds | None = None
    account_id: Uuid | None = None
    key_value: str | None = None
    amount: Decimal2 | None = None
    times: Annotated[int, Field(ge=1, le=100_000)] | None = None

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Make the rule; the next ones are the next one if not told how many, the others all."""
        amount = None if self.amount is None else centavos(self.amount)
        scoped = any(one is not None for one in (amount, self.account_id, self.key_value))
        times = self.times or (None if scoped else 1)
        chosen = outcome(self.status, self.error_code, self.after)
        world.rules = [rule for rule in world.rules if rule.left or rule.used][-_RULES:]
        world.rules.append(Rule(chosen, times, self.account_id, self.key_value, amount))


class ClearOutcomes(Control):
    """Drop the rules of outcomes."""

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Drop them."""
        world.rules.clear()


class MoveClock(Control):
    """Let time pass: tokens age, resolutions expire, payments settle."""

    advance: Annotated[float, Field(ge=0, le=366 * 86400)]

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Move the clock on."""
        world.clock.offset += self.advance
        settle_due(world)
        webhooks.nudge()


class PayIn(Control):
    """Let somebody outside pay a key that is registered here, or a QR code that was made here."""

    key_value: str | None = None
    qr_code_reference: str | None = None
    qr_code_id: Uuid | None = None
    amount: Decimal2 | None = None

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Bring the money in."""
        code = self._code(world)
        key_value = self.key_value if code is None else code.key.key_value
        if key_value is None:
            raise ValueError("send key_value, qr_code_reference or qr_code_id")
        entry = find(world, None, key_value)
        if entry is None or entry.account_id is None:
            raise ValueError("no active key with this value is registered here")
        receiver = party(entry.account, entry.participant, entry.owner, entry.key)
        amount, end_to_end = self._amount(code), f"{world.random.getrandbits(128):032x}"
        ends = (stranger(), receiver)
        came = announce(world, entry.account_id, amount, ends, end_to_end, world.now(), code)
        if webhooks.authorization_url is None:
            world.ledger.bring_in(entry.account_id, amount)
            accept(world, came)
        else:
            world.questions.append(came)
            webhooks.nudge()

    def _code(self, world: World) -> QrCode | None:
        if self.qr_code_id is not None:
            code = world.qr_codes.get(self.qr_code_id)
            if code is None:
                raise ValueError("no such QR code")
        elif self.qr_code_reference is not None:
            code = with_reference(world, self.qr_code_reference)
            if code is None:
                raise ValueError("no QR code has this reference")
        else:
            return None
        if spent(code):
            raise ValueError("the dynamic QR code has been paid already: it is paid once")
        return code

    def _amount(self, code: QrCode | None) -> int:
        asked = code.amount.value if code is not None and code.amount is not None else None
        if self.amount is None and asked is None:
            raise ValueError("send an amount: the QR code has none")
        given = centavos(self.amount or asked or "0")
        least = centavos(asked or "0")
        # a tip comes on top
        if given < least or (asked and given > least and not (code and code.tip)):
            raise ValueError(f"the QR code asks for {asked}, not {self.amount}")
        return given


class SetWebhook(Control):
    """Change where and how events are sent; a value not sent stays, a null url stops them."""

    url: Url | None = None
    secret: str | None = None
    delivery: Literal["Once", "Retry"] | None = None
    events: Literal["new", "old", "both"] | None = None
    trouble: tuple[Trouble, ...] | None = None
    delay: Seconds | None = None
    authorization_url: Url | None = None

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Take on the callback."""
        for name in ("url", "authorization_url"):
            if name in self.model_fields_set:
                setattr(webhooks, name, getattr(self, name))
        for name in ("secret", "delivery", "events", "trouble", "delay"):
            if getattr(self, name) is not None:
                setattr(webhooks, name, getattr(self, name))
        webhooks.nudge()


class Resend(Control):
    """Send a delivery once more, whatever became of it."""

    id: int

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Queue the delivery."""
        if webhooks.url is None:
            raise ValueError("there is no callback: set a url first")
        webhooks.resend(self.id)


class Load(Control):
    """Put the data of a dump into the world, beside what is there."""

    model_config = ConfigDict(extra="allow", frozen=True)

    def apply(self, world: World, behaviour: Behaviour, webhooks: WebhookSender) -> None:
        """Put the data in."""
        load(world, self.model_dump_json())


CONTROLS: dict[str, type[Control]] = {
    "reset": Reset,
    "behaviour": SetBehaviour,
    "faults": PlanFault,
    "faults/clear": ClearFaults,
    "tokens/expire": ExpireTokens,
    "tokens/revoke": RevokeTokens,
    "outcomes": ForceOutcome,
    "outcomes/clear": ClearOutcomes,
    "clock": MoveClock,
    "inbound": PayIn,
    "load": Load,
    "webhooks": SetWebhook,
    "webhooks/resend": Resend,
}
OLDER_NAMES = {"moods": "behaviour"}
