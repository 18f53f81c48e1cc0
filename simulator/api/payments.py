"""Payments: initiate, confirm, list, show."""

from collections.abc import Iterable
from datetime import datetime

from simulator.api.accounts import known as known_account
from simulator.api.recipients import known as known_recipient
from simulator.config import SandboxConfig
from simulator.lists import page
from simulator.models.payments import (
    ConfirmPayment,
    CreateAchPayment,
    CreatePayment,
    OldPayment,
    Party,
    Payment,
    PaymentList,
    PaymentQuery,
)
from simulator.models.shapes import centavos, money
from simulator.operations import Call, Operation, Reply
from simulator.parties import bank_party, receiver_of, sender_of
from simulator.qr.life import spent, with_reference
from simulator.records import PaymentRecord, Resolved
from simulator.refusal import Refusal
from simulator.settlement import error_of, shown, submit
from simulator.world import World

PATH = "/v1/payments"
SCOPE = "paas.core.breb_payments"
_NO_RESOLUTION = {"resolution_id": None}


def operations(_config: SandboxConfig) -> Iterable[Operation]:
    """Name the payment endpoints."""
    yield Operation(
        name="createPayment", method="POST", path=PATH + "/breb", summary="Initiate a payment",
        answer=create, body=CreatePayment, returns=Payment, refusals=(409,), forces=True,
        scope=SCOPE + ".post",
    )  # fmt: skip
    yield Operation(
        name="confirmPayment", method="POST", path=PATH + "/breb/confirm",
        summary="Submit a payment", answer=confirm, body=ConfirmPayment, returns=OldPayment,
        forces=True,
        scope=SCOPE + ".post",
    )  # fmt: skip
    yield Operation(
        name="createAchPayment", method="POST", path=PATH + "/ach",
        summary="Initiate an ACH payment", answer=create_ach, body=CreateAchPayment, forces=True,
        returns=Payment, refusals=(409,), scope=SCOPE + ".post",
    )  # fmt: skip
    yield Operation(
        name="listPayments", method="GET", path=PATH, summary="List payments",
        answer=show_all, query=PaymentQuery, returns=PaymentList, scope=SCOPE + ".list.get",
    )  # fmt: skip
    yield Operation(
        name="getPayment", method="GET", path=PATH + "/{payment_id}", summary="Show a payment",
        answer=show, returns=Payment, scope=SCOPE + ".get",
    )  # fmt: skip


def pay(world: World, resolved: Resolved, account_id: str, amount: int) -> PaymentRecord:
    """Note a payment to a resolved key; nothing is submitted yet."""
    payment = note(world, account_id, amount, receiver_of(resolved.shown))
    payment.resolution_id = resolved.shown.id
    payment.credited_account = resolved.account_id
    world.paid.setdefault(resolved.shown.id, []).append(payment)
    return payment


def note(world: World, account_id: str, amount: int, receiver: Party) -> PaymentRecord:
    """Write down a new payment of an account."""
    known_account(world, account_id)
    _refuse_overdraft(world, account_id, amount)
    stamp = world.stamp()
    payment = PaymentRecord(
        id=world.new_id(),
        type="BREB",
        direction="OUTBOUND",
        account_id=account_id,
        amount=amount,
        sender=sender_of(world, account_id),
        receiver=receiver,
        end_to_end=f"{world.random.getrandbits(128):032x}",
        created_at=stamp,
        updated_at=stamp,
        status=world.config.initial_status,
        initiations=1,
    )
    world.payments[payment.id] = payment
    return payment


def _refuse_overdraft(world: World, account_id: str, amount: int) -> None:
    status = world.config.insufficient_funds
    if status != "reject" and world.ledger.spendable(account_id) < amount:
        raise Refusal(status, "the account does not hold enough", code="INSUFFICIENT_FUNDS")


def create(call: Call) -> Reply:
    """Initiate the one payment of a resolution."""
    asked, world = call.body(CreatePayment), call.world
    known_account(world, asked.account_id)
    resolved = world.resolutions.get(asked.resolution_id)
    if resolved is None:
        raise Refusal(404, "no such resolution")
    amount = centavos(asked.amount.value)
    earlier = world.paid.get(asked.resolution_id, [])
    if earlier and (again := _again(world, earlier, (asked.account_id, amount))):
        return again
    if resolved.expires_at <= world.now():
        status = world.config.expired_resolution
        raise Refusal(status, "the resolution has expired", code="RESOLUTION_EXPIRED")
    reference = asked.qr_code_reference or ""
    if spent(with_reference(world, reference or "-")):
        raise Refusal(409, "the dynamic QR code has been paid already", code="QR_CODE_PAID")
    payment = pay(world, resolved, asked.account_id, amount)
    payment.display_name, payment.qr_code_reference = asked.display_name, reference
    payment.forced = call.outcome
    if world.config.confirm != "always":
        submit(world, payment)
    return Reply(content=shown(payment))


def _again(world: World, earlier: list[PaymentRecord], wanted: tuple[str, int]) -> Reply | None:
    """Answer who pays a resolution again, or None where that makes a new payment.

    A request for the same account and amount is an honest retry; any other is a mistake.
    """
    same = next((one for one in earlier if (one.account_id, one.amount) == wanted), None)
    payment = same or earlier[0]
    payment.initiations += 1
    payment.repeats_changed += same is None
    chosen = world.config.changed_payment if same is None else world.config.duplicate_payment
    if chosen == "new":
        return None
    if chosen == "same":
        return Reply(content=shown(payment))
    if same is not None:
        message = "the resolution has been paid already"
        raise Refusal(chosen, message, code="DUPLICATE_PAYMENT")
    message = "the resolution has been paid already, from another account or another amount"
    raise Refusal(chosen, message, code="RESOLUTION_REUSED")


def create_ach(call: Call) -> Reply:
    """Initiate a payment to an ACH recipient."""
    asked, world = call.body(CreateAchPayment), call.world
    recipient = known_recipient(world, asked.recipient_id, "ACH")
    amount = centavos(asked.amount.value)
    payment = note(world, asked.account_id, amount, bank_party(recipient))
    payment.type, payment.recipient_id = "ACH", recipient.id
    payment.description, payment.forced = asked.description, call.outcome
    submit(world, payment)
    return Reply(content=shown(payment))


def known(world: World, payment_id: str) -> PaymentRecord:
    """Find a payment or refuse."""
    payment = world.payments.get(payment_id)
    if payment is None:
        raise Refusal(404, "no such payment")
    return payment


def confirm(call: Call) -> Reply:
    """Submit a payment that waits for it; one that was submitted stays as it is."""
    payment = known(call.world, call.body(ConfirmPayment).id)
    payment.confirmations += 1
    if not payment.submitted and payment.direction == "OUTBOUND":
        payment.forced = call.outcome or payment.forced
        submit(call.world, payment)
    return Reply(content=old_shown(payment))


def show_all(call: Call) -> Reply:
    """List payments."""
    query = call.asked(PaymentQuery)
    found = (each for each in call.world.payments.values() if _can_be_found(call.world, each))
    every = (_listed(call.world, payment) for payment in found)
    chosen, info = page(call.world, query, every, documented=404)
    return Reply(content=PaymentList(payments=chosen, pagination_info=info))


def show(call: Call) -> Reply:
    """Show a payment."""
    payment = known(call.world, call.path["payment_id"])
    if not _can_be_found(call.world, payment):
        raise Refusal(404, "no such payment")
    return Reply(content=shown(payment))


def _can_be_found(world: World, payment: PaymentRecord) -> bool:
    delay = world.config.show_delay
    made = datetime.fromisoformat(payment.created_at).timestamp()
    return not delay or world.now() >= made + delay


def _listed(world: World, payment: PaymentRecord) -> Payment:
    told = shown(payment)
    return told if world.config.listed_resolution else told.model_copy(update=_NO_RESOLUTION)


def old_shown(payment: PaymentRecord) -> OldPayment:
    """Show a payment as the first generation, and the confirmation, do."""
    return OldPayment(
        id=payment.id,
        status=payment.status,
        direction="OUTGOING" if payment.direction == "OUTBOUND" else "INCOMING",
        account_id=payment.account_id,
        breb_recipient_id=payment.recipient_id or "",
        reference=payment.reference,
        amount=money(payment.amount),
        created_at=payment.created_at,
        updated_at=payment.updated_at,
        error=error_of(payment),
    )
