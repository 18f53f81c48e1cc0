"""Bre-B keys: names under which an account is paid."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, RootModel, StringConstraints

from simulator.models.lists import PageQuery, PaginationInfo
from simulator.models.shapes import (
    ALPHA_KEY,
    EMAIL_KEY,
    ID_KEY,
    MERCHANT_KEY,
    PHONE_KEY,
    AnyKey,
    Key,
    Shape,
    Uuid,
)

OLD_TYPES = {"NRIC": "ID", "M": "PHONE", "E": "EMAIL", "O": "ALPHA", "B": "BCODE"}


class CreateKey(Shape):
    """A key to be registered for an account."""

    account_id: Uuid
    key: Key
    display_name: str | None = None


class AccountKey(Shape):
    """A registered key."""

    id: Uuid
    status: Literal["ACTIVE", "SUSPENDED"]
    key: AnyKey
    account_id: Uuid
    display_name: str | None = None
    created_at: str
    updated_at: str


class KeyQuery(PageQuery):
    """Filters of the key list."""

    sources: ClassVar[dict[str, str]] = {
        "key_id": "id",
        "key_type": "key.key_type",
        "key_value": "key.key_value",
    }

    customer_id: str | None = None
    account_id: str | None = None
    key_type: str | None = None
    key_id: str | None = None
    key_value: str | None = None
    status: str | None = None


class KeyList(Shape):
    """A page of keys."""

    keys: list[AccountKey]
    pagination_info: PaginationInfo


class _OldKey(Shape):
    account_id: Uuid


class OldIdKey(_OldKey):
    """An identification number as a key, first generation."""

    key_type: Literal["NRIC"]
    key_value: Annotated[str, StringConstraints(pattern=ID_KEY)]


class OldPhoneKey(_OldKey):
    """A mobile number as a key, first generation."""

    key_type: Literal["M"]
    key_value: Annotated[str, StringConstraints(pattern=PHONE_KEY)]


class OldEmailKey(_OldKey):
    """An e-mail address as a key, first generation."""

    key_type: Literal["E"]
    key_value: Annotated[str, StringConstraints(pattern=EMAIL_KEY)]


class OldAlphaKey(_OldKey):
    """A freely chosen key, first generation."""

    key_type: Literal["O"]
    key_value: Annotated[str, StringConstraints(pattern=ALPHA_KEY)]


class OldMerchantKey(_OldKey):
    """A merchant code as a key, first generation."""

    key_type: Literal["B"]
    key_value: Annotated[str, StringConstraints(pattern=MERCHANT_KEY)]


class OldCreateKey(
    RootModel[
        Annotated[
            OldIdKey | OldPhoneKey | OldEmailKey | OldAlphaKey | OldMerchantKey,
            Field(discriminator="key_type"),
        ]
    ]
):
    """A key as the first generation takes it."""


class OldAccountKey(Shape):
    """A key as the first generation shows it."""

    id: Uuid
    account_id: Uuid
    key_type: str
    key_value: str


class Identified(Shape):
    """A request that names its object in the body."""

    id: Uuid


class OldKeyStatus(Shape):
    """The answer to suspending a key, in the first generation."""

    key_status: Literal["SUSP"]
