"""What to ask the API about a row, and what of its answer could be what the row tells of.

Reading alone, and never a decision: the API's lists have no documented filter by time or by
resolution, and what is not there now may be there a moment later.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from proxy.words import Phrase, phrase

MASK = "••••"
Mask = Callable[[str, str], str]
"""Masks a value as BREB_REDACT says: given its name and itself."""
PAGE = 100
BEFORE = timedelta(minutes=5)  # clocks differ
AFTER = timedelta(minutes=60)
_SHOWN = 10
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
    r"(?P<one>/(?:keys|customers|recipients|qrcodes)/[^/]+)(?:/(?:suspend|activate|resolve))?$"
)
_ALWAYS = {"payments": {"direction": "OUTBOUND"}}
# What a list's element is compared by: the row's member, and the element's.
_COMPARED = (
    ("resolution_id", "resolution_id"),
    ("amount.value", "amount.value"),
    ("amount.currency", "amount.currency"),
    ("account_id", "account_id"),
    ("recipient_id", "recipient_id"),
    ("customer_id", "customer_id"),
    ("key_id", "key_id"),
    ("key.key_type", "key.key_type"),
    ("key.key_value", "key.key_value"),
    ("account_number", "account_number"),
    ("qr_code_reference", "qr_code_reference"),
    ("type", "type"),
)
_SHOWN_FIRST = ("id", "status", "created_at")
_SHOWN_LAST = ("receiver.key.key_value", "end_to_end_identification", "error.error_code")


@dataclass(frozen=True, slots=True)
class Question:
    """A target to GET; ``holds`` names the member with the list, empty for a single thing."""

    target: str
    holds: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that the API has, beside what the row tells: what agrees and what does not."""

    known: dict[str, str]
    agrees: tuple[str, ...]
    differs: tuple[str, ...]
    decisive: bool = field(default=False)

    @property
    def rank(self) -> tuple[bool, int, int]:
        """The most like first, when sorted in reverse."""
        return self.decisive, len(self.agrees), -len(self.differs)


def questions(entry: Mapping[str, Any]) -> list[Question]:
    """Return what to ask about a row, the most telling first; nothing if the API has no way."""
    path, told = str(entry["path"]), entry["payment"]
    asked = []
    if (one := _ONE.search(path)) and entry["method"] != "POST":
        return [Question(path[: one.end("one")])]
    for pattern, name, holds, filters in _LISTS:
        if not (match := re.search(pattern, path)):
            continue
        place = path[: match.start()] + name
        known = entry["answer"].get("id") or (told.get("id") if "confirm" in path else None)
        if known and MASK not in known:
            asked.append(Question(f"{place}/{known}"))
        if "/paas/entities/" not in path:  # the first generation documents no lists
            asked.append(Question(f"{place}?{_query(holds, filters, told)}", holds))
        break
    return asked


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


def elements(question: Question, body: bytes) -> list[Mapping[str, Any]]:
    """Return the things that an answer holds; nothing if it is not as documented."""
    try:
        document = json.loads(body, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return []
    if not isinstance(document, dict):
        return []
    if not question.holds:
        return [document]
    found = document.get(question.holds)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def candidates(
    entry: Mapping[str, Any],
    found: Iterable[Mapping[str, Any]],
    *,
    mask: Mask = lambda _, value: value,
) -> list[Candidate]:
    """Compare what was found with the row; return what could be it, the most like first."""
    compared = {c.known.get("id", ""): c for c in (_compare(entry, each, mask) for each in found)}
    likely = [each for each in compared.values() if each.decisive or not each.differs]
    return sorted(likely, key=lambda each: each.rank, reverse=True)[:_SHOWN]


def _compare(entry: Mapping[str, Any], found: Mapping[str, Any], mask: Mask) -> Candidate:
    told: Mapping[str, str] = entry["payment"]
    known = {
        name: mask(name, value)
        for name in (*_SHOWN_FIRST, *(path for _, path in _COMPARED), *_SHOWN_LAST)
        if (value := _at(found, name))
    }
    agrees: list[str] = []
    differs: list[str] = []
    for ours, theirs in _COMPARED:
        if ours in told and theirs in known:
            (agrees if _same(told[ours], known[theirs]) else differs).append(ours)
    if (created := _moment(known.get("created_at", ""))) is not None:
        (agrees if _in_time(entry, created) else differs).append("time")
    wanted = {entry["answer"].get("id"), told.get("id")} - {None}
    same_id = known.get("id") in wanted
    if same_id:
        agrees.insert(0, "id")
    return Candidate(
        known, tuple(agrees), tuple(differs), decisive=same_id or "resolution_id" in agrees
    )


def _at(found: Mapping[str, Any], path: str) -> str:
    value: Any = found
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _same(ours: str, theirs: str) -> bool:
    """Compare two values: money by its worth, what is masked by what is left of it."""
    if MASK in ours or MASK in theirs:
        a, b = (text.rpartition(MASK)[2] for text in (ours, theirs))
        return bool(a) and (theirs.endswith(a) if MASK not in theirs else a == b)
    try:
        return Decimal(ours) == Decimal(theirs)
    except InvalidOperation:
        return ours == theirs


def _in_time(entry: Mapping[str, Any], created: datetime) -> bool:
    opened = _moment(entry["opened_at"])
    return opened is not None and opened - BEFORE <= created <= opened + AFTER


def _moment(text: str) -> datetime | None:
    """Read RFC 3339, with any number of fraction digits."""
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def in_words(asked: Iterable[Mapping[str, Any]], found: list[Candidate]) -> Phrase:
    """Say what the look-up tells, in a sentence; never whether it was made."""
    asked = list(asked)
    if not asked:
        return phrase("look-up.no-way")
    failed = [each for each in asked if each["status"] not in (200, 404)]
    if failed and not found:
        answer = failed[0]["status"] or phrase("look-up.no-answer")
        return phrase("look-up.unanswered", answer=answer, target=failed[0]["target"])
    sure = [each for each in found if each.decisive]
    if sure:
        state = sure[0].known.get("status") or phrase("look-up.state-unknown")
        if "resolution_id" in sure[0].agrees:
            return phrase("look-up.pays-once", payments=_payments(len(sure)), state=state)
        return phrase("look-up.same-id", state=state)
    if found:
        return phrase("look-up.alike", entries=_entries(len(found)))
    seen = sum(each["found"] for each in asked)
    return phrase("look-up.nothing", entries=_entries(seen))


def _payments(count: int) -> Phrase:
    return phrase("one-payment") if count == 1 else phrase("payments", count=count)


def _entries(count: int) -> Phrase:
    return phrase("one-entry") if count == 1 else phrase("entries", count=count)
