"""Shapes that several resources share."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

Uuid = Annotated[str, StringConstraints(pattern=UUID)]
DECIMAL2 = r"^[0-9]{1,15}(\.[0-9]{2})?$"
Decimal2 = Annotated[str, StringConstraints(pattern=DECIMAL2)]


ID_KEY = r"^[A-Za-z0-9]{1,18}$"
PHONE_KEY = r"^3[0-9]{9}$"
EMAIL_KEY = r"^[!-?A-~]{1,30}@[!-?A-~]{1,61}$"
ALPHA_KEY = r"^@[A-Za-z0-9]{5,20}$"
MERCHANT_KEY = r"^00[0-9]{8}$"


class Shape(BaseModel):
    """A JSON object of the API: types as documented, unknown members passed over."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Money(Shape):
    """An amount of Colombian pesos, whole or with two decimals."""

    value: Decimal2
    currency: Literal["COP"]


class Sum(Shape):
    """An amount as answers show it, of any size."""

    value: str
    currency: Literal["COP"]


class IdKey(Shape):
    """An identification number as a key."""

    key_type: Literal["ID"]
    key_value: Annotated[str, StringConstraints(pattern=ID_KEY)]


class PhoneKey(Shape):
    """A mobile number as a key."""

    key_type: Literal["PHONE"]
    key_value: Annotated[str, StringConstraints(pattern=PHONE_KEY)]


class EmailKey(Shape):
    """An e-mail address as a key: up to 30 characters, an @, up to 61 characters."""

    key_type: Literal["EMAIL"]
    key_value: Annotated[str, StringConstraints(pattern=EMAIL_KEY)]


class AlphaKey(Shape):
    """A freely chosen key."""

    key_type: Literal["ALPHA"]
    key_value: Annotated[str, StringConstraints(pattern=ALPHA_KEY)]


class MerchantKey(Shape):
    """A merchant code as a key."""

    key_type: Literal["BCODE"]
    key_value: Annotated[str, StringConstraints(pattern=MERCHANT_KEY)]


Key = Annotated[
    IdKey | PhoneKey | EmailKey | AlphaKey | MerchantKey, Field(discriminator="key_type")
]


class AnyKey(Shape):
    """A key as answers show it."""

    key_type: str
    key_value: str


class OAuthFailure(Shape):
    """An error of the token endpoint as RFC 6749 section 5.2 has it."""

    error: str
    error_description: str


class Failure(Shape):
    """An error, in the flat shape that integrators of the API read."""

    message: str
    http_code: int
    type: str
    code: str
    resource: str
    url: str
    trace_id: str


def centavos(value: str) -> int:
    """Turn a documented money value into centavos."""
    whole, _, cents = value.partition(".")
    return int(whole) * 100 + int(cents or 0)


def pesos(amount: int) -> str:
    """Turn centavos into the documented form: whole, or with two decimals."""
    sign, (whole, cents) = "-" if amount < 0 else "", divmod(abs(amount), 100)
    return f"{sign}{whole}.{cents:02d}" if cents else f"{sign}{whole}"


def money(amount: int) -> Sum:
    """Turn centavos into an amount of an answer."""
    return Sum(value=pesos(amount), currency="COP")


def timestamp(moment: float) -> str:
    """Write a moment as the API does: UTC, and as many fraction digits as it takes."""
    text = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").rstrip(".") + "Z"
