"""Payments of the first generation: to a stored recipient, unsent until confirmed."""

from collections.abc import Iterable

from simulator.api.customers import OLD_PATH as CUSTOMERS
from simulator.api.payments import SCOPE, known, old_shown, pay
from simulator.api.recipients import known as known_recipient
from simulator.api.resolutions import resolve
from simulator.config import SandboxConfig
from simulator.models.payments import OldCreatePayment, OldInitiatedPayment, OldPayment
from simulator.models.shapes import centavos
from simulator.operations import Call, Operation, Reply
from simulator.refusal import Refusal
from simulator.settlement import submit

PATHS = {"": CUSTOMERS + "/payments/breb", "Curl": CUSTOMERS + "/breb/payments"}


def operations(_config: SandboxConfig) -> Iterable[Operation]:
    """Name the endpoints; the page's table and its curl line differ on the path."""
    for suffix, path in PATHS.items():
        yield Operation(
            name="oldCreatePayment" + suffix, method="POST", path=path,
            summary="Initiate a payment", answer=create, body=OldCreatePayment,
            returns=OldInitiatedPayment, refusals=(409,), scope=SCOPE + ".post",
            forces=True, tag="first generation",
        )  # fmt: skip
        yield Operation(
            name="oldGetPayment" + suffix, method="GET", path=path + "/{payment_id}",
            summary="Show a payment", answer=show, returns=OldPayment, scope=SCOPE + ".get",
            tag="first generation",
        )  # fmt: skip


def create(call: Call) -> Reply:
    """Resolve a stored recipient's key and initiate a payment to it."""
    asked, world = call.body(OldCreatePayment), call.world
    recipient = known_recipient(world, asked.breb_recipient_id, "BREB")
    if recipient.key is None or asked.account_id not in world.accounts:
        raise Refusal(404, "no such account")
    key = recipient.key
    resolved = resolve(world, recipient.customer_id, key.key_type, key.key_value)
    payment = pay(world, resolved, asked.account_id, centavos(asked.amount.value))
    payment.recipient_id = recipient.id
    payment.reference, payment.forced = asked.reference or "", call.outcome
    if world.config.confirm == "never":
        submit(world, payment)
    initiated = OldInitiatedPayment(breb_resolved_key=resolved.shown, payment=old_shown(payment))
    return Reply(content=initiated)


def show(call: Call) -> Reply:
    """Show a payment the old way."""
    return Reply(content=old_shown(known(call.world, call.path["payment_id"])))
