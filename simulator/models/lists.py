"""Lists: the query that asks for a page, and the page."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.models.shapes import Shape

Direction = Literal["ORDER_DIRECTION_ENUM_UNSPECIFIED", "ASC", "DESC"]
Seconds = Annotated[int, Field(ge=0, le=253402300799)]


class PageQuery(BaseModel):
    """The parameters of every list; subclasses add its filters.

    ``sources`` names the member of an element that a filter looks at, where the names differ.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)
    sources: ClassVar[dict[str, str]] = {}

    page_size: int | None = Field(None, alias="page_params.page_size", ge=1)
    page_number: int | None = Field(None, alias="page_params.page_number", ge=1)
    since_seconds: Seconds | None = Field(None, alias="page_params.first_request_timestamp.seconds")
    since_nanos: int | None = Field(
        None, alias="page_params.first_request_timestamp.nanos", ge=0, le=999_999_999
    )
    order_key: str | None = Field(None, alias="order_params.order_key")
    order_direction: Direction | None = Field(None, alias="order_params.order_direction")


class PaginationInfo(Shape):
    """The place of a page in its list."""

    first_request_timestamp: str
    current_page: int
    total_pages: int
    total_elements: int
