"""The life of a payment once it is submitted: held, then settled or rejected when due.

Nothing runs in the background for this: whoever looks at the world settles what is due.
"""

import heapq

from proxy.sandbox.models.payments import Party, PaymentError
from proxy.sandbox.models.payments import Payment as Shown
from proxy.sandbox.models.qrcodes import QrCode
from proxy.sandbox.models.shapes import centavos, money, timestamp
from proxy.sandbox.qr.life import pay, with_reference
from proxy.sandbox.records import Event, Outcome, Payment
from proxy.sandbox.world import World

CODES = {
    "B001": "time-out at the originating SPBVI",
    "B002": "time-out at the receiving SPBVI",
    "B101": "account validation failed",
    "B102": "wrong account number",
    "B103": "wrong identification",
    "B104": "wrong instrument type",
    "B105": "no such account",
    "B106": "fraud risk",
    "B107": "over the deposit's maximum",
    "B108": "over the SPBVI's maximum",
    "B109": "over the participant's maximum",
    "B301": "time-out of the query at the originating SPBVI",
    "B302": "time-out of the query at the receiving SPBVI",
    "U111": "below the minimum amount of 1",
    "U112": "above the maximum amount",
}


def shown(payment: Payment) -> Shown:
    """Show a payment as the API does."""
    return Shown(
        id=payment.id,
        type=payment.type,
        status=payment.status,
        direction=payment.direction,
        account_id=payment.account_id,
        resolution_id=payment.resolution_id,
        recipient_id=payment.recipient_id,
        amount=money(payment.amount),
        sender=payment.sender,
        receiver=payment.receiver,
        qr_code_reference=payment.qr_code_reference,
        end_to_end_identification=payment.end_to_end,
        description=payment.description,
        display_name=payment.display_name,
        created_at=payment.created_at,
        updated_at=payment.updated_at,
        error=error_of(payment),
    )


def error_of(payment: Payment) -> PaymentError | None:
    """Say why a payment was rejected, if it was."""
    if payment.status != "REJECTED":
        return None
    description = CODES.get(payment.error_code, "rejected")
    return PaymentError(error_code=payment.error_code, error_description=description)


def submit(world: World, payment: Payment) -> None:
    """Send a payment on its way: this is the execution that must happen once."""
    payment.submitted = True
    payment.executions += 1
    payment.outcome = _refused(world, payment) or _forced(world)
    _tell(world, payment, "payment.outbound.confirmed", "payment.confirmed")
    if payment.outcome.status != "PENDING":
        moment = world.now() + world.config.settle_delay
        heapq.heappush(world.due, (moment, next(world.sequence), payment))


def _refused(world: World, payment: Payment) -> Outcome | None:
    if payment.amount < 100:
        return Outcome("REJECTED", "U111")
    if payment.amount > centavos(world.config.maximum_amount):
        return Outcome("REJECTED", "U112")
    if not world.ledger.hold(payment.account_id, payment.amount):
        return Outcome("REJECTED", "B101")
    payment.held = True
    return None


def _forced(world: World) -> Outcome:
    return world.outcomes.popleft() if world.outcomes else Outcome("SETTLED")


def settle_due(world: World) -> None:
    """Bring every payment whose moment has come to its end."""
    now = world.now()
    while world.due and world.due[0][0] <= now:
        moment, _, payment = heapq.heappop(world.due)
        _finish(world, payment, moment)


def _finish(world: World, payment: Payment, moment: float) -> None:
    payment.updated_at = timestamp(moment)
    outcome = payment.outcome or Outcome("SETTLED")
    if outcome.status == "SETTLED":
        payment.status = "SETTLED"
        world.ledger.settle(payment.account_id, payment.credited_account, payment.amount)
        _tell(world, payment, "payment.outbound.settled", "payment.settled")
        if target := payment.credited_account:
            ends = (payment.sender, payment.receiver)
            code = with_reference(world, payment.qr_code_reference or "-")
            arrive(world, target, payment.amount, ends, payment.end_to_end, moment, code)
        return
    if payment.held:
        world.ledger.release(payment.account_id, payment.amount)
    payment.status, payment.error_code = "REJECTED", outcome.code
    _tell(world, payment, "payment.outbound.rejected", "payment.rejected")


def arrive(
    world: World,
    account_id: str,
    amount: int,
    ends: tuple[Party, Party],
    end_to_end: str,
    moment: float,
    code: QrCode | None,
) -> Payment:
    """Record a payment that has come in, as the credited account sees it; ``code`` is paid."""
    stamp = timestamp(moment)
    payment = Payment(
        id=world.new_id(),
        type="BREB",
        direction="INBOUND",
        account_id=account_id,
        amount=amount,
        sender=ends[0],
        receiver=ends[1],
        end_to_end=end_to_end,
        created_at=stamp,
        updated_at=stamp,
        status="SETTLED",
    )
    if code is not None:
        payment.qr_code_reference = code.qr_code_reference or ""
        pay(world, code)
    world.payments[payment.id] = payment
    _tell(world, payment, "payment.inbound.received", "payment.inbound")
    _tell(world, payment, "payment.inbound.confirmed", "payment.confirmed")
    return payment


def _tell(world: World, payment: Payment, name: str, old_name: str) -> None:
    payload = shown(payment).model_dump(mode="json", exclude_none=True)
    world.events.append(Event(name, old_name, payment.id, world.now(), payload))
    world.on_change()
