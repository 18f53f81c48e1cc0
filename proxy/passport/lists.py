"""The pages of the API's lists: the queries for them, and the facts that they state."""

from collections.abc import Mapping
from typing import Any, TypedDict

from proxy.moments import moment

PAGE_SIZE = "page_params.page_size"
PAGE_NUMBER = "page_params.page_number"
_FIRST_REQUEST = "page_params.first_request_timestamp"
NEWEST_FIRST = {
    "order_params.order_key": "created_at",
    "order_params.order_direction": "DESC",
}


class PageInfo(TypedDict):
    """A page's statement about the pages; the time is RFC 3339."""

    first_request_timestamp: str
    current_page: int
    total_pages: int
    total_elements: int


def following(number: int, first: Mapping[str, Any]) -> dict[str, str]:
    """Return the query of a page after the first; ``first`` is that one's statement.

    Its time is sent back, so that new things move nothing to another page.
    """
    query = {PAGE_NUMBER: str(number)}
    since = moment(str(first.get("first_request_timestamp", "")))
    if since is not None:
        query[f"{_FIRST_REQUEST}.seconds"] = str(int(since.timestamp()))
        query[f"{_FIRST_REQUEST}.nanos"] = str(since.microsecond * 1000)
    return query


def page_info(at: str, number: int, size: int, elements: int) -> PageInfo:
    """Return a page's statement about the pages; ``at`` is the time of the first request."""
    return {
        "first_request_timestamp": at,
        "current_page": number,
        "total_pages": -(-elements // size),
        "total_elements": elements,
    }
