"""The events that are sent to a callback: their names are documented, their shapes are guesses."""

from simulator.models.payments import Payment
from simulator.models.shapes import Shape, Uuid

QUESTION = "payment.inbound.authorization"
EVENTS = (
    "payment.inbound.received",
    "payment.inbound.confirmed",
    "payment.outbound.confirmed",
    "payment.outbound.settled",
    "payment.outbound.rejected",
)
OLD_EVENTS = ("payment.inbound", "payment.confirmed", "payment.settled", "payment.rejected")


class Told(Shape):
    """An event with its payment."""

    id: Uuid
    event: str
    created_at: str
    data: Payment


class Verdict(Shape):
    """A receiver's answer to the question whether a payment may come in."""

    accept: bool
