"""Bank accounts and what they hold."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from simulator.models.lists import PageQuery, PaginationInfo
from simulator.models.shapes import Shape, Sum, Uuid

AccountNumber = Annotated[str, Field(min_length=1, max_length=35)]


class LinkAccount(Shape):
    """An account to be linked to a customer."""

    customer_id: Uuid
    account_type: Literal["ORDINARY"]
    account_number: AccountNumber


class Account(Shape):
    """A linked account."""

    id: Uuid
    customer_id: Uuid
    account_number: str
    account_type: str
    status: Literal["ACTIVE"]
    available_balance: Sum
    pending_balance: Sum
    created_at: str
    updated_at: str


class AccountQuery(PageQuery):
    """Filters of the account list."""

    sources: ClassVar[dict[str, str]] = {"account_id": "id"}

    customer_id: str | None = None
    account_id: str | None = None
    status: str | None = None
    account_type: str | None = None
    account_number: str | None = None


class AccountList(Shape):
    """A page of accounts."""

    accounts: list[Account]
    pagination_info: PaginationInfo


class OldLinkAccount(Shape):
    """An account as the first generation takes it."""

    entity_customer_id: Uuid
    type: Literal["ORDINARY", "LOW_VALUE"]
    account_number: AccountNumber


class OldAccount(Shape):
    """An account as the first generation shows it."""

    id: Uuid
    entity_customer_id: Uuid
    number: str
    type: str
    available_balance: Sum
    pending_balance: Sum


class OldAccountList(Shape):
    """All accounts; the first generation has no pages."""

    accounts: list[OldAccount]
