"""Resolutions: who stands behind a key, for the next half an hour."""

from typing import Literal

from simulator.models.shapes import AnyKey, Key, Shape, Uuid


class ResolveKey(Shape):
    """A key to be resolved on behalf of a customer."""

    customer_id: Uuid
    key: Key


class UntypedKey(Shape):
    """A key whose type the caller may leave out."""

    key_type: Literal["ID", "PHONE", "EMAIL", "ALPHA", "BCODE"] | None = None
    key_value: str


class ResolveUntypedKey(Shape):
    """A key to be resolved, its type not required."""

    customer_id: Uuid
    key: UntypedKey


class Owner(Shape):
    """A person or a business; names that do not apply are empty."""

    type: Literal["BUSINESS", "INDIVIDUAL"]
    identification_type: str
    identification_number: str
    first_name: str = ""
    second_name: str = ""
    first_last_name: str = ""
    second_last_name: str = ""
    business_name: str = ""

    @property
    def name(self) -> str:
        """All of the name in one line."""
        parts = (self.first_name, self.second_name, self.first_last_name, self.second_last_name)
        return self.business_name or " ".join(filter(None, parts))


class Participant(Shape):
    """The financial institution that keeps an account."""

    name: str
    identification_number: str


class BankAccount(Shape):
    """An account as a counterparty sees it."""

    account_number: str
    account_type: str


class Resolution(Shape):
    """A resolved key; its id pays once."""

    id: Uuid
    customer_id: Uuid
    key: AnyKey
    owner: Owner
    participant: Participant
    account: BankAccount
    receptor_node: str
    resolved_at: str
    expires_at: str
