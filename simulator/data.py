"""A world's data as one JSON document: dumped, and begun with."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from simulator.models.customers import Customer
from simulator.models.keys import AccountKey
from simulator.models.qrcodes import QrCode
from simulator.models.recipients import Recipient
from simulator.models.shapes import centavos, pesos
from simulator.records import AccountRecord, PaymentRecord, Resolved
from simulator.settlement import plan
from simulator.words import words
from simulator.world import World


class Data(BaseModel):
    """Everything that a dump holds; balances are pesos by account id.

    Tokens are not in it: they are secrets, and a client gets a new one at once.
    """

    model_config = ConfigDict(extra="forbid")

    customers: list[Customer] = Field(default_factory=list)
    accounts: list[AccountRecord] = Field(default_factory=list)
    balances: dict[str, str] = Field(default_factory=dict)
    keys: list[AccountKey] = Field(default_factory=list)
    resolutions: list[Resolved] = Field(default_factory=list)
    recipients: list[Recipient] = Field(default_factory=list)
    payments: list[PaymentRecord] = Field(default_factory=list)
    qr_codes: list[QrCode] = Field(default_factory=list)


_DATA = TypeAdapter(Data)


def dump(world: World) -> dict[str, Any]:
    """Give a world's data."""
    data = Data.model_construct(
        customers=list(world.customers.values()),
        accounts=list(world.accounts.values()),
        balances={key: pesos(amount) for key, amount in world.ledger.balances.items()},
        keys=list(world.keys.values()),
        resolutions=list(world.resolutions.values()),
        recipients=list(world.recipients.values()),
        payments=list(world.payments.values()),
        qr_codes=list(world.qr_codes.values()),
    )
    told: dict[str, Any] = data.model_dump(mode="json", exclude_none=True)
    return told


def load(world: World, text: str | bytes) -> None:
    """Put data into a world; for wrong data raise ValueError with the reason, and change nothing.

    Existing things stay, except those with the same id.
    """
    try:
        data = _DATA.validate_json(text)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        texts = [f"{'.'.join(map(str, one['loc'])) or 'the data'} {words(one)}" for one in found]
        raise ValueError("; ".join(texts[:5])) from None
    _check(world, data)
    for account in data.accounts:
        start = data.balances.get(account.id, world.config.opening_balance)
        world.ledger.bring_in(account.id, centavos(start) - world.ledger.balances[account.id])
    for kind in ("customers", "accounts", "keys", "recipients", "payments", "qr_codes"):
        getattr(world, kind).update({one.id: one for one in getattr(data, kind)})
    world.resolutions.update({one.shown.id: one for one in data.resolutions})
    for payment in data.payments:
        if payment.resolution_id is not None:
            world.paid.setdefault(payment.resolution_id, []).append(payment)
        if payment.status in {"PENDING", "PROCESSING"} and payment.submitted:
            _go_on(world, payment)


def _go_on(world: World, payment: PaymentRecord) -> None:
    """Let a payment that was under way end as it was planned."""
    payment.held = payment.held and world.ledger.hold(payment.account_id, payment.amount)
    if payment.outcome is not None and payment.outcome.status in {"SETTLED", "REJECTED"}:
        plan(world, world.timing.settle_delay, payment, payment.outcome.status)


def _check(world: World, data: Data) -> None:
    customers = _ids(world.customers, data.customers)
    accounts = _ids(world.accounts, data.accounts)
    keys = _ids(world.keys, data.keys)
    for kind, items, member, known in (
        ("accounts", data.accounts, "customer_id", customers),
        ("keys", data.keys, "account_id", accounts),
        ("recipients", data.recipients, "customer_id", customers),
        ("payments", data.payments, "account_id", accounts),
        ("qr_codes", data.qr_codes, "key_id", keys),
    ):
        for number, item in enumerate(items):
            if getattr(item, member) not in known:
                raise ValueError(f"{kind}.{number}.{member} names nothing that is there")


def _ids(there: Iterable[str], come: Iterable[Any]) -> set[str]:
    return {*there, *(one.id for one in come)}
