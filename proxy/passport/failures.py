"""The shape of the API's errors, as its clients read them; it is not documented."""

from collections.abc import Mapping
from typing import Any, TypedDict

_TYPES = {400: "invalid_request", 401: "unauthorized", 404: "not_found", 405: "method_not_allowed"}


class ApiFailure(TypedDict):
    """An error of the API."""

    message: str
    http_code: int
    type: str
    code: str
    resource: str
    url: str
    trace_id: str


def failure(
    status: int, code: str, message: str, *, resource: str, url: str, trace_id: str
) -> ApiFailure:
    """Return an error as the API gives it."""
    return {
        "message": message,
        "http_code": status,
        "type": _TYPES[status],
        "code": code,
        "resource": resource,
        "url": url,
        "trace_id": trace_id,
    }


def says_not_found(document: Mapping[str, Any]) -> bool:
    """Report whether a 404 is the API's own: not a gateway's, nor a wrong path's.

    The API's errors have a message, and the status or a code that names it.
    """
    if not isinstance(document.get("message"), str):
        return False
    told = (str(document.get(name, "")).lower() for name in ("code", "type"))
    return str(document.get("http_code", "")) == "404" or any("not_found" in each for each in told)
