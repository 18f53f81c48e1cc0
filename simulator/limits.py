"""The limits of payments: the country's, and those that institutions set."""

from datetime import UTC, datetime, timedelta

from simulator.models.shapes import centavos
from simulator.records import PaymentRecord
from simulator.world import World

# The unit that the law counts in, in pesos; it is set anew every December.
UVB = {2025: 11_552, 2026: 12_110}
_UNITS = 1000
_COLOMBIA = timedelta(hours=-5)


def legal_maximum(moment: float) -> int:
    """Give a Bre-B payment's legal maximum in centavos; the nearest known year stands in."""
    year = (datetime.fromtimestamp(moment, UTC) + _COLOMBIA).year
    known = min(max(year, min(UVB)), max(UVB))
    return UVB[known] * _UNITS * 100


def broken_by(world: World, payment: PaymentRecord) -> str | None:
    """Give the code of the limit that a payment breaks, if any."""
    if payment.type == "ACH":
        return "R19" if payment.amount < 1 else None
    config = world.config
    if payment.amount < centavos(config.minimum_amount):
        return "U111"
    if config.maximum_amount == "law":
        most = legal_maximum(world.now())
    else:
        most = _most(None if config.maximum_amount == "none" else config.maximum_amount)
    checks = [
        ("U112", payment.amount, most),
        ("B107", payment.amount, _most(config.deposit_maximum)),
        ("B108", payment.amount, _most(config.spbvi_maximum)),
        ("B109", payment.amount, _most(config.participant_maximum)),
    ]
    if config.daily_maximum is not None:
        checks.append(("B109", _today(world, payment), _most(config.daily_maximum)))
    return next((code for code, amount, limit in checks if amount > limit), None)


def _most(pesos: str | None) -> int:
    return 10**30 if pesos is None else centavos(pesos)


def _today(world: World, payment: PaymentRecord) -> int:
    """Sum up an account's payments on this Colombian day, this one included."""
    day = _day(payment.created_at)
    return sum(
        other.amount
        for other in world.payments.values()
        if other.account_id == payment.account_id
        and other.direction == "OUTBOUND"
        and other.status != "REJECTED"
        and (other.submitted or other is payment)
        and _day(other.created_at) == day
    )


def _day(stamp: str) -> str:
    return (datetime.fromisoformat(stamp) + _COLOMBIA).date().isoformat()
