"""Was it paid twice? What a client would have done to somebody's money, in words."""

from dataclasses import dataclass
from datetime import datetime

from simulator.records import PaymentRecord
from simulator.world import World

_WITHIN = 600.0  # seconds


_WORDS = {
    "": "",
    "paid-with-other-facts": (
        "paid twice: its resolution had been paid with another amount or account"
    ),
    "would-with-other-facts": (
        "would have been paid twice: its resolution came again with another amount or account"
    ),
    "would": "would have been paid twice, but the repeated request had the same resolution",
    "alike": "may be paid twice: the same amount went to the same account {seconds} s earlier",
}


@dataclass(frozen=True, slots=True)
class DuplicateVerdict:
    """The judgement of a payment; ``seconds`` is the time by which the other one was earlier."""

    code: str = ""
    seconds: int = 0

    def __str__(self) -> str:
        return _WORDS[self.code].format(seconds=self.seconds)


NOTHING = DuplicateVerdict()


def verdicts(world: World) -> dict[str, DuplicateVerdict]:
    """Say of which payments more than one was asked for, by payment id."""
    told: dict[str, DuplicateVerdict] = {}
    earlier: dict[tuple[str, str, int], PaymentRecord] = {}
    for payment in world.payments.values():
        if payment.direction != "OUTBOUND":
            continue
        verdict = _repeated(world, payment) or _alike(earlier, payment)
        if verdict is not None:
            told[payment.id] = verdict
    return told


def _repeated(world: World, payment: PaymentRecord) -> DuplicateVerdict | None:
    together = world.paid.get(payment.resolution_id or "", [])
    if len(together) > 1 and payment is not together[0]:
        return DuplicateVerdict("paid-with-other-facts")
    if payment.repeats_changed and len(together) == 1:
        return DuplicateVerdict("would-with-other-facts")
    if payment.initiations - payment.repeats_changed > 1:
        return DuplicateVerdict("would")
    return None


def _alike(
    earlier: dict[tuple[str, str, int], PaymentRecord], payment: PaymentRecord
) -> DuplicateVerdict | None:
    """Find a case that the API cannot notice: a payment repeated under a new resolution."""
    if not payment.submitted or payment.status == "REJECTED":
        return None
    mark = (payment.account_id, payment.receiver.account.account_number, payment.amount)
    before, earlier[mark] = earlier.get(mark), payment
    if before is None:
        return None
    moments = [datetime.fromisoformat(one.created_at) for one in (before, payment)]
    apart = (moments[1] - moments[0]).total_seconds()
    return DuplicateVerdict("alike", round(apart)) if apart <= _WITHIN else None
