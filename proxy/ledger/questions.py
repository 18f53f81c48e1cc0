"""What to ask the API about a row. Reading alone: nothing but GET.

The API's lists have no documented filter by time or by resolution (docs.passportfintech.com, list
payments), so they are read page by page, back to before the request.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from proxy.moments import moment

MASK = "••••"
PAGE = 100
MOST_PAGES = 30
# The list beside a path that makes one more, the member that holds it, its documented filters.
_LISTS = (
    (r"/payments/(?:breb|ach)(?:/confirm)?$", "/payments", "payments", ("account_id",)),
    (r"/keys$", "/keys", "keys", ("account_id", "key_type")),
    (r"/recipients/(?:breb|ach)$", "/recipients", "recipients", ("customer_id",)),
    (r"/qrcodes$", "/qrcodes", "qr_codes", ("customer_id", "key_id")),
    (r"/accounts/link$", "/accounts", "accounts", ("customer_id", "account_number")),
    (r"/customers/business/link$", "/customers", "customers", ("identification_number",)),
)
_ONE = re.compile(
    r"(?P<one>/(?:keys|customers|recipients|qrcodes)/[^/]+)(?:/(?P<act>suspend|activate|resolve))?$"
)
_ALWAYS = {"payments": {"direction": "OUTBOUND"}}


@dataclass(frozen=True, slots=True)
class Question:
    """A target to GET; ``holds`` names the member with the list, empty for a single thing."""

    target: str
    holds: str = ""

    def page(self, number: int, first: Mapping[str, Any]) -> str:
        """Return the target of a page; ``first`` is what the first one said of itself.

        Its time is sent back, so that what is added meanwhile moves nothing to another page.
        """
        if number == 1:
            return self.target
        pairs = {"page_params.page_number": str(number)}
        since = moment(str(first.get("first_request_timestamp", "")))
        if since is not None:
            pairs["page_params.first_request_timestamp.seconds"] = str(int(since.timestamp()))
            pairs["page_params.first_request_timestamp.nanos"] = str(since.microsecond * 1000)
        return f"{self.target}&{urlencode(pairs)}"


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer holds: things, and what it says of the pages."""

    things: Sequence[Mapping[str, Any]]
    info: Mapping[str, Any]

    def ends(self, number: int) -> bool:
        """Report whether there is no page behind this one."""
        total = str(self.info.get("total_pages", ""))
        if total.isascii() and total.isdigit() and len(total) < 10:
            return number >= int(total)
        return len(self.things) < PAGE

    def times(self) -> list[datetime]:
        """Return when its things were made, as far as they tell."""
        told = (moment(str(each.get("created_at", ""))) for each in self.things)
        return [each for each in told if each is not None]


def act(entry: Mapping[str, Any]) -> str:
    """Return what a row was to do with a thing that was there: suspend, activate, delete, change.

    Empty for one that makes something new.
    """
    found = _ONE.search(str(entry["path"]))
    if found is None or entry["method"] == "POST":
        return ""
    return "delete" if entry["method"] == "DELETE" else found["act"] or "change"


def questions(entry: Mapping[str, Any], known: Iterable[str] = ()) -> list[Question]:
    """Return what to ask about a row, the most telling first; nothing if the API has no way.

    ``known`` are ids that repeats of the request were answered with.
    """
    path, told = str(entry["path"]), entry["payment"]
    if (one := _ONE.search(path)) and entry["method"] != "POST":
        return [Question(path[: one.end("one")])]
    for pattern, name, holds, filters in _LISTS:
        match = re.search(pattern, path)
        if match is None:
            continue
        place = path[: match.start()] + name
        ids = [entry["answer"].get("id"), told.get("id") if "confirm" in path else None, *known]
        plain = dict.fromkeys(each for each in ids if each and MASK not in each)
        asked = [Question(f"{place}/{each}") for each in plain]
        if "/paas/entities/" not in path:  # the first generation documents no lists
            asked.append(Question(f"{place}?{_query(holds, filters, told)}", holds))
        return asked
    return []


def _query(holds: str, filters: Iterable[str], told: Mapping[str, str]) -> str:
    pairs = dict(_ALWAYS.get(holds, {}))
    for name in filters:
        value = next((v for path, v in told.items() if path.split(".")[-1] == name), "")
        if value and MASK not in value:
            pairs[name] = value
    pairs["page_params.page_size"] = str(PAGE)
    pairs["order_params.order_key"] = "created_at"
    pairs["order_params.order_direction"] = "DESC"
    return urlencode(pairs)


def page(question: Question, body: bytes) -> Page | None:
    """Return what an answer holds; None if it is not as documented."""
    document = document_of(body)
    if document is None:
        return None
    if not question.holds:
        return Page([document], {})
    found, info = document.get(question.holds), document.get("pagination_info")
    if not isinstance(found, list):
        return None
    return Page(
        [each for each in found if isinstance(each, dict)], info if isinstance(info, dict) else {}
    )


def not_found(body: bytes) -> bool:
    """Report whether a 404 is the API's own: not a gateway's, nor a wrong path's.

    The API's errors have a message, and the status or a code that names it.
    """
    document = document_of(body)
    if document is None or not isinstance(document.get("message"), str):
        return False
    told = (str(document.get(name, "")).lower() for name in ("code", "type"))
    return str(document.get("http_code", "")) == "404" or any("not_found" in each for each in told)


def document_of(body: bytes) -> dict[str, Any] | None:
    """Read a JSON object, its numbers as they were written; None if it is none."""
    try:
        document = json.loads(body, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
