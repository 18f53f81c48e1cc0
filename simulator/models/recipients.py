"""Recipients: stored counterparties, by key or by bank account."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from simulator.models.lists import PageQuery, PaginationInfo
from simulator.models.resolutions import BankAccount, Owner, Participant
from simulator.models.shapes import AnyKey, Key, Shape, Uuid

IdentificationType = Literal["CC", "CE", "NUIP", "PPT", "PEP", "NIT", "PAS", "TDI"]
IdentificationNumber = Annotated[str, Field(min_length=1, max_length=30)]
Name = Annotated[str, Field(min_length=1)]


class CreateRecipient(Shape):
    """A Bre-B recipient to be stored."""

    customer_id: Uuid
    key: Key
    alias: str | None = None


class IndividualOwner(Shape):
    """A person who owns an account."""

    type: Literal["INDIVIDUAL"]
    first_name: Name
    second_name: str | None = None
    first_last_name: Name
    second_last_name: str | None = None
    identification_type: IdentificationType
    identification_number: IdentificationNumber


class BusinessOwner(Shape):
    """A business that owns an account."""

    type: Literal["BUSINESS"]
    business_name: Name
    identification_type: IdentificationType
    identification_number: IdentificationNumber


class AchAccount(Shape):
    """An account at some bank; the documented list of banks is not available here."""

    account_type: Literal["LOW_VALUE", "ORDINARY", "CHECKING", "SAVINGS", "INCLUSIVE_LOW_VALUE"]
    account_number: Annotated[str, Field(min_length=1, max_length=18)]
    bank_name: Name


class CreateAchRecipient(Shape):
    """An ACH recipient to be stored."""

    customer_id: Uuid
    alias: Annotated[str, Field(max_length=128)] | None = None
    owner: Annotated[IndividualOwner | BusinessOwner, Field(discriminator="type")]
    account: AchAccount


class Recipient(Shape):
    """A stored recipient: BREB ones have a key, ACH ones an owner and an account."""

    id: Uuid
    customer_id: Uuid
    type: Literal["BREB", "ACH"]
    alias: str | None = None
    key: AnyKey | None = None
    owner: Owner | None = None
    account: AchAccount | None = None
    created_at: str
    updated_at: str


class ResolvedRecipient(Shape):
    """A stored recipient and the resolution just made for it."""

    id: Uuid
    resolution_id: Uuid
    type: Literal["BREB"]
    customer_id: Uuid
    key: AnyKey
    owner: Owner
    participant: Participant
    account: BankAccount
    receptor_node: str
    resolved_at: str
    expires_at: str
    created_at: str
    updated_at: str


class RecipientQuery(PageQuery):
    """Filters of the recipient list."""

    sources: ClassVar[dict[str, str]] = {
        "recipient_id": "id",
        "identification_number": "owner.identification_number",
        "account_number": "account.account_number",
        "account_type": "account.account_type",
    }

    customer_id: str | None = None
    type: str | None = None
    recipient_id: str | None = None
    identification_number: str | None = None
    account_number: str | None = None
    account_type: str | None = None


class RecipientList(Shape):
    """A page of recipients."""

    recipients: list[Recipient]
    pagination_info: PaginationInfo


class OldCreateRecipient(Shape):
    """A recipient as the first generation takes it; its exact form is not documented."""

    entity_customer_id: Uuid
    key_type: Literal["NRIC", "M", "E", "O", "B"]
    key_value: Annotated[str, Field(min_length=1, max_length=92)]
    alias: str | None = None


class OldRecipient(Shape):
    """A recipient as the first generation shows it."""

    id: Uuid
    entity_customer_id: Uuid
    key_type: str
    key_value: str
    alias: str | None = None
    created_at: str
    updated_at: str
