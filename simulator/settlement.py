"""The life of a payment once it is submitted: under way, then settled or rejected when due.

Nothing runs in the background for this: each look at the world settles the payments that are due.
"""

import heapq

from simulator.codes import TIME_OUTS, meaning
from simulator.models.payments import Party, Payment, PaymentError
from simulator.models.qrcodes import QrCode
from simulator.models.shapes import money, timestamp
from simulator.outcomes import decide, duration
from simulator.qr.life import pay, with_reference
from simulator.records import Event, PaymentRecord
from simulator.world import World


def shown(payment: PaymentRecord) -> Payment:
    """Show a payment as the API does."""
    return Payment(
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


def error_of(payment: PaymentRecord) -> PaymentError | None:
    """Return the reason why a payment was rejected, if it was."""
    if payment.status != "REJECTED":
        return None
    description = meaning(payment.error_code)
    return PaymentError(error_code=payment.error_code, error_description=description)


def submit(world: World, payment: PaymentRecord) -> None:
    """Send a payment on its way: this is the execution that must happen once."""
    payment.submitted = True
    payment.executions += 1
    payment.outcome = outcome = decide(world, payment)
    _tell(world, payment, "payment.outbound.confirmed", "payment.confirmed")
    ends = duration(world, outcome)
    # a party that times out gives no sign until then
    heard_of = outcome.status != "PENDING" and outcome.code not in TIME_OUTS
    if heard_of and 0 < world.timing.processing_delay < ends:
        plan(world, world.timing.processing_delay, payment, "PROCESSING")
    if outcome.status in {"SETTLED", "REJECTED"}:
        plan(world, ends, payment, outcome.status)


def plan(world: World, delay: float, payment: PaymentRecord, status: str) -> None:
    """Let a payment come to a status in some seconds."""
    heapq.heappush(world.due, (world.now() + delay, next(world.sequence), payment, status))


def settle_due(world: World) -> None:
    """Bring every payment whose moment has come to its next status."""
    now = world.now()
    while world.due and world.due[0][0] <= now:
        moment, _, payment, status = heapq.heappop(world.due)
        payment.updated_at = timestamp(moment)
        if status == "PROCESSING":
            payment.status = "PROCESSING"
        elif status == "SETTLED":
            _settle(world, payment, moment)
        else:
            _reject(world, payment)


def _settle(world: World, payment: PaymentRecord, moment: float) -> None:
    payment.status = "SETTLED"
    world.ledger.settle(payment.account_id, payment.credited_account, payment.amount)
    _tell(world, payment, "payment.outbound.settled", "payment.settled")
    if target := payment.credited_account:
        ends = (payment.sender, payment.receiver)
        code = with_reference(world, payment.qr_code_reference or "-")
        came = announce(world, target, payment.amount, ends, payment.end_to_end, moment, code)
        accept(world, came)


def _reject(world: World, payment: PaymentRecord) -> None:
    if payment.held:
        world.ledger.release(payment.account_id, payment.amount)
    payment.status, payment.error_code = "REJECTED", payment.outcome.code if payment.outcome else ""
    _tell(world, payment, "payment.outbound.rejected", "payment.rejected")


def announce(
    world: World,
    account_id: str,
    amount: int,
    ends: tuple[Party, Party],
    end_to_end: str,
    moment: float,
    code: QrCode | None,
) -> PaymentRecord:
    """Record a payment that is about to come in, as the account that it is for sees it."""
    stamp = timestamp(moment)
    payment = PaymentRecord(
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
        status="PENDING",
    )
    if code is not None:
        payment.qr_code_reference, payment.qr_code_id = code.qr_code_reference or "", code.id
    world.payments[payment.id] = payment
    return payment


def accept(world: World, payment: PaymentRecord) -> None:
    """Let a payment come in, and its QR code be paid."""
    payment.status = "SETTLED"
    if payment.qr_code_id in world.qr_codes:
        pay(world, world.qr_codes[payment.qr_code_id])
    _tell(world, payment, "payment.inbound.received", "payment.inbound")
    _tell(world, payment, "payment.inbound.confirmed", "payment.confirmed")


def turn_away(world: World, payment: PaymentRecord) -> None:
    """Reject a payment that was to come in."""
    payment.status, payment.error_code = "REJECTED", "B101"
    payment.updated_at = world.stamp()


def _tell(world: World, payment: PaymentRecord, name: str, old_name: str) -> None:
    payload = shown(payment).model_dump(mode="json", exclude_none=True)
    world.events.append(Event(name, old_name, payment.id, world.now(), payload))
    world.on_change()
