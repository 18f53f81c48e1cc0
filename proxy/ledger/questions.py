"""The questions to the API about a row, by the API's table; all of them are GET.

The lists have no documented filter by time or by resolution, so they are read page by page, back
to before the request.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from proxy.ledger.entry import LedgerEntry
from proxy.ledger.exact import exact
from proxy.mask import MASK
from proxy.moments import moment
from proxy.passport.failures import says_not_found
from proxy.passport.lists import NEWEST_FIRST, PAGE_SIZE, following
from proxy.passport.operation import Operation
from proxy.passport.paths import KnownOperation, known

PAGE = 100  # things
MOST_PAGES = 30  # pages
MOST = 10 * PAGE  # things on one page: it may be longer than was asked for


@dataclass(frozen=True, slots=True)
class Question:
    """A target to GET; ``holds`` names the member with the list, empty for a single thing."""

    target: str
    holds: str = ""

    def page(self, number: int, first: Mapping[str, Any]) -> str:
        """Return the target of a page; ``first`` is the first page's statement about the pages."""
        if number == 1:
            return self.target
        return f"{self.target}&{urlencode(following(number, first))}"


@dataclass(frozen=True, slots=True)
class Page:
    """The contents of one answer: things, and its statement about the pages."""

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


def operation(entry: LedgerEntry) -> KnownOperation | None:
    """Return the API's operation of a row, None if it is none."""
    found = known(str(entry["method"]), str(entry["path"]))
    # In the first generation, only documented paths: a 404 elsewhere tells nothing.
    return None if found is None or "/paas/" in found.before else found


def questions(entry: LedgerEntry, repeats: Iterable[str] = ()) -> list[Question]:
    """Return the questions about a row, the most telling first; none if the API has no way.

    ``repeats`` are ids that repeats of the request were answered with.
    """
    found = operation(entry)
    if found is None:
        return []
    shown, listed = found.operation.shown_by, found.operation.listed_by
    asked = []
    if shown is not None and found.operation.changes_one:
        asked = [Question(found.target(shown, *found.values))]
    elif shown is not None:
        ids = dict.fromkeys((*own_ids(entry, found.operation), *repeats))
        asked = [Question(found.target(shown, each)) for each in ids if MASK not in each]
    if listed is not None:
        query = urlencode(_query(listed, entry["payment"]))
        asked.append(Question(f"{found.target(listed)}?{query}", listed.holds))
    return asked


def own_ids(entry: LedgerEntry, of: Operation) -> list[str]:
    """Return the ids of a row's thing: that of its answer, and one that its body names."""
    named = entry["payment"].get("id") if "id" in of.members else None
    return [each for each in (entry["answer"].get("id"), named) if each]


def _query(listed: Operation, told: Mapping[str, str]) -> dict[str, str]:
    query = dict(listed.query)
    for name in listed.filters:
        value = next((v for path, v in told.items() if path.split(".")[-1] == name), "")
        if value and MASK not in value:
            query[name] = value
    return {**query, PAGE_SIZE: str(PAGE), **NEWEST_FIRST}


def page(question: Question, body: bytes) -> Page | None:
    """Return the contents of an answer; None if it is not as documented, or far too long."""
    document = exact(body)
    if not isinstance(document, dict):
        return None
    if not question.holds:
        return Page([document], {})
    found, info = document.get(question.holds), document.get("pagination_info")
    if not isinstance(found, list) or len(found) > MOST:
        return None
    return Page(
        [each for each in found if isinstance(each, dict)], info if isinstance(info, dict) else {}
    )


def not_found(body: bytes) -> bool:
    """Report whether a 404 is the API's own: not a gateway's, nor a wrong path's."""
    document = exact(body)
    return isinstance(document, dict) and says_not_found(document)
