"""Was it paid twice? What a client would have done to somebody's money, in words."""

from datetime import datetime

from proxy.sandbox.records import Payment
from proxy.sandbox.world import World

_WITHIN = 600.0


def verdicts(world: World) -> dict[str, str]:
    """Say of which payments more than one was asked for, by payment id."""
    told: dict[str, str] = {}
    earlier: dict[tuple[str, str, int], Payment] = {}
    for payment in world.payments.values():
        if payment.direction != "OUTBOUND":
            continue
        words = _repeated(world, payment) or _alike(earlier, payment)
        if words:
            told[payment.id] = words
    return told


def _repeated(world: World, payment: Payment) -> str:
    together = world.paid.get(payment.resolution_id or "", [])
    if len(together) > 1 and payment is not together[0]:
        return "paid twice: its resolution had been paid with another amount or account"
    if payment.repeats_changed and len(together) == 1:
        return (
            "would have been paid twice: its resolution came again with another amount or account"
        )
    if payment.initiations - payment.repeats_changed > 1:
        return "would have been paid twice, but the repeated request had the same resolution"
    return ""


def _alike(earlier: dict[tuple[str, str, int], Payment], payment: Payment) -> str:
    """Find what the API cannot: a payment repeated under a new resolution."""
    if not payment.submitted or payment.status == "REJECTED":
        return ""
    mark = (payment.account_id, payment.receiver.account.account_number, payment.amount)
    before, earlier[mark] = earlier.get(mark), payment
    if before is None:
        return ""
    moments = [datetime.fromisoformat(one.created_at) for one in (before, payment)]
    apart = (moments[1] - moments[0]).total_seconds()
    if apart > _WITHIN:
        return ""
    return f"may be paid twice: the same amount went to the same account {apart:.0f} s earlier"
