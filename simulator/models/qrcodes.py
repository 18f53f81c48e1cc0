"""QR codes by which a merchant is paid."""

from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, RootModel, StringConstraints, create_model

from simulator.models.lists import PageQuery, PaginationInfo
from simulator.models.shapes import AnyKey, Decimal2, Money, Shape, Uuid

Channel = Literal["IM", "MAN", "POS", "APP", "ECOMM", "MPOS", "MPS", "CB", "OFC", "ATM"]
# the codes that the API takes, and their words; 01, a void too, is only ever read
PURPOSES = {
    "00": "PURCHASE",
    "02": "VOID",
    "03": "TRANSFER",
    "04": "WITHDRAWAL",
    "05": "COLLECTION",
    "06": "TOP_UP",
    "07": "DEPOSIT",
}
Purpose = Literal[
    "00", "02", "03", "04", "05", "06", "07",
    "PURCHASE", "VOID", "TRANSFER", "WITHDRAWAL", "COLLECTION", "TOP_UP", "DEPOSIT",
]  # fmt: skip


def _told(text: object) -> object:
    """Take an empty detail for none: EMV has no empty values."""
    return None if text == "" else text


Detail = Annotated[Annotated[str, Field(max_length=25)] | None, BeforeValidator(_told)]
PERCENTAGE = r"^([0-9]{1,2}(\.[0-9]{2})?|100)$"
REFERENCE = r"^[0-9A-OQ-Za-oq-z]{1,17}$"
Reference = Annotated[str, StringConstraints(pattern=REFERENCE)]


class AdditionalInfo(Shape):
    """The content of a QR code beside its recipient and amount."""

    transaction_purpose: Purpose | None = None
    terminal_label: Detail = None
    invoice_number: Detail = None
    mobile_phone_number: Detail = None
    store_label: Detail = None
    loyalty_label: Detail = None
    reference_label: Detail = None
    customer_label: Detail = None
    customer_info: Detail = None
    channel_presentation: Detail = None


class Vat(Shape):
    """The value added tax within the amount."""

    vat_type: Literal["FIXED", "PERCENTAGE"]
    vat_value: Decimal2
    vat_base_value: Decimal2 | None = None


class Inc(Shape):
    """The consumption tax within the amount."""

    inc_type: Literal["FIXED", "PERCENTAGE"]
    inc_value: Decimal2


class FixedTip(Shape):
    """A tip of so many pesos on top of the amount."""

    tip_type: Literal["FIXED"]
    tip_value: Annotated[Decimal2, Field(max_length=13)]


class PercentageTip(Shape):
    """A tip of so many hundredths of the amount, which EMV gives five characters."""

    tip_type: Literal["PERCENTAGE"]
    tip_value: Annotated[str, StringConstraints(pattern=PERCENTAGE)]


Tip = Annotated[FixedTip | PercentageTip, Field(discriminator="tip_type")]


class Price(Money):
    """An amount that fits into a QR code: EMV gives it 13 characters."""

    value: Annotated[Decimal2, Field(max_length=13)]


class NewQrCode(Shape):
    """The members that both kinds of QR code share."""

    key_id: Uuid
    customer_id: Uuid
    channel: Channel
    vat: Vat | None = None
    inc: Inc | None = None
    tip: Tip | None = None
    amount: Price | None = None
    additional_info: AdditionalInfo | None = None
    qr_code_reference: Reference | None = None


class StaticQrCode(NewQrCode):
    """A QR code to be shown many times; with an amount it is called hybrid."""

    type: Literal["STATIC"]


class DynamicQrCode(NewQrCode):
    """A QR code for one payment."""

    type: Literal["DYNAMIC"]


class CreateQrCode(RootModel[StaticQrCode | DynamicQrCode]):
    """A QR code to be made."""


@cache
def create_qr_code(*, vat: bool, dynamic_amount: bool) -> type[CreateQrCode]:
    """Build the request's shape for the chosen reading of the documentation."""
    taxed: dict[str, Any] = {"vat": (Vat, ...)} if vat else {}
    priced: dict[str, Any] = {"amount": (Price, ...)} if dynamic_amount else {}
    static = create_model("StaticQr", __base__=StaticQrCode, **taxed)
    dynamic = create_model("DynamicQr", __base__=DynamicQrCode, **taxed, **priced)
    union = Annotated[static | dynamic, Field(discriminator="type")]
    return create_model("CreateQr", __base__=CreateQrCode, root=(union, ...))


class Merchant(Shape):
    """The merchant as the QR code names it."""

    merchant_category_code: str
    merchant_country: str
    merchant_name: str
    merchant_city: str
    merchant_post_code: str


class ReadInfo(Shape):
    """The content of any QR code beside its recipient and amount."""

    transaction_purpose: str | None = None
    terminal_label: str | None = None
    invoice_number: str | None = None
    mobile_phone_number: str | None = None
    store_label: str | None = None
    loyalty_label: str | None = None
    reference_label: str | None = None
    customer_label: str | None = None
    customer_info: str | None = None
    channel_presentation: str | None = None


class ReadVat(Shape):
    """The value added tax as a QR code says it; WALLET leaves it to the payer's wallet."""

    vat_type: str
    vat_value: str | None = None
    vat_base_value: str | None = None


class ReadInc(Shape):
    """The consumption tax as a QR code says it."""

    inc_type: str
    inc_value: str | None = None


class ReadTip(Shape):
    """The tip as a QR code says it; PROMPT has no value: the payer is asked."""

    tip_type: str
    tip_value: str | None = None


class DecodedQrCode(Shape):
    """The content of a QR code, with the parts that it has."""

    customer_id: Uuid
    key_id: Uuid | None = None
    status: Literal["ACTIVE"]
    type: Literal["STATIC", "DYNAMIC"]
    channel: str | None = None
    qr_code_data: str
    key: AnyKey
    merchant: Merchant
    acquirer_network_identifier: str | None = None
    additional_info: ReadInfo | None = None
    vat: ReadVat | None = None
    inc: ReadInc | None = None
    tip: ReadTip | None = None
    amount: Money | None = None
    qr_code_reference: str | None = None


class QrCode(DecodedQrCode):
    """A stored QR code with its picture, a PNG in base64."""

    id: Uuid
    key_id: Uuid
    qr_code_image: str
    is_paid: bool
    created_at: str


class QrCodeQuery(PageQuery):
    """Filters of the QR code list."""

    sources: ClassVar[dict[str, str]] = {
        "qr_code_id": "id",
        "key_value": "key.key_value",
        "key_type": "key.key_type",
    }

    qr_code_id: str | None = None
    customer_id: str | None = None
    key_id: str | None = None
    type: str | None = None
    key_value: str | None = None
    key_type: str | None = None


class QrCodeList(Shape):
    """A page of QR codes."""

    qr_codes: list[QrCode]
    pagination_info: PaginationInfo


class DecodeQrCode(Shape):
    """An EMV string to be read, of any network."""

    customer_id: Uuid
    qr_code_data: Annotated[str, Field(min_length=1, max_length=4096)]
