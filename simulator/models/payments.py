"""Payments: money on its way."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from simulator.models.lists import PageQuery, PaginationInfo
from simulator.models.resolutions import BankAccount, Participant, Resolution
from simulator.models.shapes import AnyKey, Money, Shape, Sum, Uuid

Status = Literal["PENDING", "PROCESSING", "SETTLED", "REJECTED"]


class CreatePayment(Shape):
    """A payment to a resolved key; a resolution pays once."""

    account_id: Uuid
    resolution_id: Uuid
    amount: Money
    display_name: str | None = None
    qr_code_reference: Annotated[str, Field(min_length=1, max_length=19)] | None = None


class CreateAchPayment(Shape):
    """A payment to a stored ACH recipient."""

    account_id: Uuid
    recipient_id: Uuid
    amount: Money
    description: str | None = None


class ConfirmPayment(Shape):
    """The payment to be submitted."""

    id: Uuid


class PartyOwner(Shape):
    """The person or the company at one end of a payment."""

    type: str
    name: str
    identification_type: str
    identification_number: str


class Party(Shape):
    """One end of a payment."""

    account: BankAccount
    key: AnyKey | None = None
    participant: Participant
    owner: PartyOwner


class PaymentError(Shape):
    """The reason why a payment was rejected."""

    error_code: str
    error_description: str


class Payment(Shape):
    """A payment as the API shows it."""

    id: Uuid
    type: Literal["BREB", "ACH"]
    status: Status
    direction: Literal["INBOUND", "OUTBOUND"]
    account_id: Uuid
    resolution_id: Uuid | None = None
    recipient_id: Uuid | None = None
    amount: Sum
    sender: Party
    receiver: Party
    qr_code_reference: str
    end_to_end_identification: str
    description: str | None = None
    display_name: str | None = None
    created_at: str
    updated_at: str
    error: PaymentError | None = None


class PaymentQuery(PageQuery):
    """Filters of the payment list."""

    sources: ClassVar[dict[str, str]] = {
        "payment_id": "id",
        "key_value": "receiver.key.key_value",
        "sender_type": "sender.owner.type",
        "sender_name": "sender.owner.name",
        "sender_identification_type": "sender.owner.identification_type",
        "sender_identification_number": "sender.owner.identification_number",
        "sender_account_type": "sender.account.account_type",
        "sender_account_number": "sender.account.account_number",
        "sender_participant_name": "sender.participant.name",
    }

    payment_id: str | None = None
    customer_id: str | None = None
    account_id: str | None = None
    direction: Literal["INBOUND", "OUTBOUND"] | None = None
    key_value: str | None = None
    status: str | None = None
    qr_code_reference: str | None = None
    type: str | None = None
    end_to_end_identification: str | None = None
    sender_type: str | None = None
    sender_name: str | None = None
    sender_identification_type: str | None = None
    sender_identification_number: str | None = None
    sender_account_type: str | None = None
    sender_account_number: str | None = None
    sender_participant_name: str | None = None


class PaymentList(Shape):
    """A page of payments."""

    payments: list[Payment]
    pagination_info: PaginationInfo


class OldCreatePayment(Shape):
    """A payment as the first generation takes it: to a stored recipient."""

    account_id: Uuid
    breb_recipient_id: Uuid
    amount: Money
    reference: Annotated[str, Field(min_length=1, max_length=35)] | None = None


class OldPayment(Shape):
    """A payment as the first generation, and the confirmation, show it."""

    id: Uuid
    status: Status
    direction: Literal["INCOMING", "OUTGOING"]
    account_id: Uuid
    breb_recipient_id: str
    reference: str
    amount: Sum
    created_at: str
    updated_at: str
    error: PaymentError | None = None


class OldInitiatedPayment(Shape):
    """The answer to initiating a payment, in the first generation."""

    breb_resolved_key: Resolution
    payment: OldPayment
