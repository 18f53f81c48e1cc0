"""The counterparties that can always be paid: one key of each type at another institution."""

from dataclasses import dataclass
from random import Random

from simulator.models.resolutions import BankAccount, Owner, Participant
from simulator.models.shapes import AnyKey
from simulator.outcomes import magic_key
from simulator.world import World

HERE = Participant(name="SANDBOX", identification_number="900000000")
ELSEWHERE = Participant(name="OTRO BANCO", identification_number="900000001")
NODE = "VIS"


@dataclass(frozen=True, slots=True)
class Entry:
    """The owner of a key, and our account that is paid, if any."""

    key: AnyKey
    owner: Owner
    participant: Participant
    account: BankAccount
    account_id: str | None = None


def _person(kind: str, value: str, first: str, last: str, number: str) -> Entry:
    return Entry(
        key=AnyKey(key_type=kind, key_value=value),
        owner=Owner(
            type="INDIVIDUAL",
            identification_type="CC",
            identification_number=number,
            first_name=first,
            first_last_name=last,
        ),
        participant=ELSEWHERE,
        account=BankAccount(account_number=f"10{number}", account_type="SAVINGS"),
    )


def _business(kind: str, value: str, name: str, number: str) -> Entry:
    return Entry(
        key=AnyKey(key_type=kind, key_value=value),
        owner=Owner(
            type="BUSINESS",
            identification_type="NIT",
            identification_number=number,
            business_name=name,
        ),
        participant=ELSEWHERE,
        account=BankAccount(account_number=f"20{number}", account_type="ORDINARY"),
    )


ENTRIES = (
    _person("PHONE", "3001234567", "Luisa", "Restrepo", "1020304050"),
    _person("EMAIL", "andres@example.com", "Andrés", "Quintero", "1020304051"),
    _person("ID", "1020304052", "Marta", "Arango", "1020304052"),
    _business("ALPHA", "@tienda01", "Tienda La Esquina", "900123456"),
    _business("BCODE", "0012345678", "Panadería El Trigo", "900123457"),
)
_BY_VALUE = {entry.key.key_value: entry for entry in ENTRIES}


def find(world: World, kind: str | None, value: str) -> Entry | None:
    """Find the payee of a key; a suspended key has none."""
    for registered in world.keys.values():
        if registered.key.key_value == value and kind in {None, registered.key.key_type}:
            return (
                _ours(world, registered.account_id, registered.key)
                if (registered.status == "ACTIVE")
                else None
            )
    entry = elsewhere(world, kind, value)
    if entry is None and world.config.unknown_key == "invent":
        world.invented.add(value)
        return _invented(kind, value)
    return entry


def elsewhere(world: World, kind: str | None, value: str) -> Entry | None:
    """Find the payee of a key that another institution holds."""
    entry = _BY_VALUE.get(value)
    if entry is not None and kind in {None, entry.key.key_type}:
        return entry
    if kind in {None, "PHONE"} and world.config.magic_values and magic_key(value):
        return _person("PHONE", value, "Mágica", "Prueba", "1020304060")
    # a party that was invented once stays
    return _invented(kind, value) if value in world.invented else None


def _ours(world: World, account_id: str, key: AnyKey) -> Entry:
    account = world.accounts[account_id]
    return Entry(
        key=key,
        owner=owner_of(world, account.customer_id),
        participant=HERE,
        account=BankAccount(account_number=account.number, account_type=account.type),
        account_id=account_id,
    )


def owner_of(world: World, customer_id: str) -> Owner:
    """Describe a customer as an owner."""
    customer = world.customers[customer_id]
    return Owner(
        type="BUSINESS",
        identification_type=customer.identification_type,
        identification_number=customer.identification_number,
        business_name=customer.business_name,
    )


def _invented(kind: str | None, value: str) -> Entry:
    random = Random(value)
    first = random.choice(("Ana", "Camilo", "Daniela", "Jorge", "Paula", "Santiago"))
    last = random.choice(("Gómez", "Herrera", "Moreno", "Pérez", "Rojas", "Vargas"))
    return _person(kind or "ALPHA", value, first, last, str(random.randrange(10**9, 10**10)))
