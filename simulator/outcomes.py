"""The end of a payment, decided by a request, a rule, a magic value or the network."""

import re

from simulator.codes import STATUSES, TIME_OUTS, outcome
from simulator.latency import seconds
from simulator.limits import broken_by
from simulator.records import Outcome, PaymentRecord
from simulator.world import World

FIELD = b"x-sandbox-outcome"
CODE = r"^[A-Z]{1,2}[0-9]{2,4}$"
# last two digits of an amount below a thousand pesos -> what its pesos are the number of
_MAGIC = {66: "B", 67: "U"}
_MAGIC_STATUS = {168: "PENDING", 268: "PROCESSING"}
_MAGIC_KEYS = {"3000000": "B", "3000001": "U"}
_MAGIC_KEY_STATUS = {"3000002000": "PENDING", "3000002001": "PROCESSING"}


def parse(text: str) -> Outcome:
    """Read the request field: ``B105``, ``PENDING``, ``SETTLED;after=5s``."""
    what, *rest = (part.strip() for part in text.split(";"))
    after = None
    for part in rest:
        name, _, value = part.partition("=")
        if name.strip() != "after":
            raise ValueError(f"unknown directive {name.strip()!r}; known: after")
        after = seconds(value)
    word = what.upper()
    if word in STATUSES:
        return outcome(word, None, after)
    if re.fullmatch(CODE, word):
        return outcome(None, word, after)
    known = ", ".join(STATUSES)
    raise ValueError(f"{what!r} is not an outcome: write {known}, or a code such as B105")


def decide(world: World, payment: PaymentRecord) -> Outcome:
    """Return the end of a payment: a forced one first, then limits, then magic values."""
    forced = payment.forced or _ruled(world, payment)
    if forced is None and (broken := broken_by(world, payment)):
        return Outcome("REJECTED", broken)
    chosen = forced or _magic(world, payment) or _network(world, payment)
    if world.ledger.hold(payment.account_id, payment.amount):
        payment.held = True
    elif chosen.status != "REJECTED":
        return Outcome("REJECTED", "R01" if payment.type == "ACH" else "B101")
    return chosen


def _ruled(world: World, payment: PaymentRecord) -> Outcome | None:
    rule = next((rule for rule in world.rules if rule.meets(payment)), None)
    if rule is None:
        return None
    rule.used += 1
    return rule.outcome


def _magic(world: World, payment: PaymentRecord) -> Outcome | None:
    if not world.config.magic_values:
        return None
    pesos, cents = divmod(payment.amount, 100)
    if payment.amount in _MAGIC_STATUS:
        return Outcome(_MAGIC_STATUS[payment.amount])
    if pesos < 1000 and cents in _MAGIC:
        return outcome(None, f"{_MAGIC[cents]}{pesos:03d}")
    key = payment.receiver.key
    return magic_key(key.key_value) if key else None


def magic_key(value: str) -> Outcome | None:
    """Say how payments to a key end that is documented to end so."""
    if value in _MAGIC_KEY_STATUS:
        return Outcome(_MAGIC_KEY_STATUS[value])
    if re.fullmatch("[0-9]{10}", value) and value[:7] in _MAGIC_KEYS:
        return outcome(None, _MAGIC_KEYS[value[:7]] + value[7:])
    return None


def _network(world: World, payment: PaymentRecord) -> Outcome:
    if world.timing.network == "slow" and payment.type == "BREB":
        return Outcome("REJECTED", world.random.choice(TIME_OUTS[:2]))
    return Outcome("SETTLED")


def duration(world: World, ending: Outcome) -> float:
    """Give the seconds from submitting to the end; time-outs have a length of their own."""
    if ending.after is not None:
        return ending.after
    if ending.code in TIME_OUTS:
        return world.config.timeout_delay
    return world.timing.settle_delay
