"""Customers: the merchants that accounts and keys belong to."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from simulator.models.lists import PageQuery, PaginationInfo
from simulator.models.shapes import Shape, Uuid

BusinessName = Annotated[str, Field(min_length=1, max_length=140)]
Email = Annotated[str, Field(min_length=1, max_length=35)]
MOBILE = r"^\+?[0-9]{1,15}$"
NIT = r"^[0-9]{9}$"
Mobile = Annotated[str, StringConstraints(pattern=MOBILE)]
Nit = Annotated[str, StringConstraints(pattern=NIT)]
CategoryCode = Annotated[str, Field(min_length=4, max_length=4)]


class Address(Shape):
    """A place in Colombia."""

    line_1: str
    line_2: str | None = None
    line_3: str | None = None
    city: str
    state: str
    post_code: str
    country: Literal["CO"]


class LinkCustomer(Shape):
    """A merchant to be linked."""

    type: Literal["BUSINESS"]
    business_name: BusinessName
    email: Email
    mobile_phone_number: Mobile
    identification_type: Literal["NIT"]
    identification_number: Nit
    address: Address
    merchant_category_code: CategoryCode


class UntypedLinkCustomer(LinkCustomer):
    """A merchant to be linked, its type not required."""

    type: Literal["BUSINESS"] = "BUSINESS"


class OldCreateCustomer(Shape):
    """A merchant as the first generation takes it: no address, no category."""

    type: Literal["BUSINESS"]
    business_name: BusinessName
    email: Email
    mobile_phone_number: Mobile
    identification_type: Literal["NIT"]
    identification_number: Nit


class UpdateCustomer(Shape):
    """The members to change; the id cannot be."""

    id: Uuid | None = None
    business_name: BusinessName | None = None
    email: Email | None = None
    mobile_phone_number: Mobile | None = None
    identification_number: Nit | None = None
    merchant_category_code: CategoryCode | None = None


class Customer(Shape):
    """A linked merchant."""

    id: Uuid
    type: Literal["BUSINESS"]
    status: Literal["ACTIVE"]
    business_name: str
    email: str
    mobile_phone_number: str
    identification_type: str
    identification_number: str
    merchant_category_code: str | None = None
    address: Address | None = None
    created_at: str
    updated_at: str


class CustomerQuery(PageQuery):
    """Filters of the customer list."""

    sources: ClassVar[dict[str, str]] = {"customer_id": "id"}

    identification_number: str | None = None
    customer_id: str | None = None
    identification_type: str | None = None


class CustomerList(Shape):
    """A page of customers."""

    customers: list[Customer]
    pagination_info: PaginationInfo
