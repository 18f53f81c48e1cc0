"""A row of the ledger as it is read: the columns of schema.py as one JSON object."""

from typing import TypedDict

from proxy.words.phrase import Both

PROXY = "breb-proxy"
"""The author of the verdicts that no person gave."""


class AskedQuestion(TypedDict):
    """The result of one question of a look-up: see `finding.Asked`."""

    target: str
    status: int | None
    found: int
    pages: int
    read: bool
    absent: bool
    rule: bool
    back_to: str
    whole: bool
    ours: bool
    retry_after: float | None


class FoundCandidate(TypedDict):
    """A thing of the API: see `comparison.Candidate`. ``known`` is masked.

    ``mark`` is the keyed hash of its id, empty if the id is not masked.
    """

    known: dict[str, str]
    agrees: list[str]
    alike: list[str]
    differs: list[str]
    row: int | None
    sure: bool
    mark: str


class Evidence(TypedDict):
    """The finding of a look-up; ``at`` is RFC 3339."""

    at: str
    kind: str
    code: str
    said: Both
    asked: list[AskedQuestion]
    candidates: list[FoundCandidate]


class Asking(TypedDict):
    """How often the API was asked about a row in doubt, last and next when (RFC 3339).

    ``next`` is None once it is left to a person.
    """

    times: int
    last: str | None
    next: str | None
    said: Both


class WrittenVerdict(TypedDict):
    """A verdict, with what the last look-up before it found; ``by_proxy``: no person's."""

    at: str
    made: bool
    kind: str
    note: str
    author: str
    by_proxy: bool
    evidence: Evidence | None


class LedgerEntry(TypedDict):
    """A row. Times are RFC 3339; a member that is unknown, or unknown yet, is None.

    ``payment`` and ``answer`` are members of the bodies by their paths, masked; ``marks`` are keyed
    hashes of the ids among them. ``disagrees``: evidence and verdicts say different things;
    ``asking`` is there while it is in doubt; ``unreadable``: some of it is nothing that we wrote.
    """

    number: int
    exchange: str
    opened_at: str
    closed_at: str | None
    seconds: float | None
    caller: str | None
    method: str
    path: str
    body_bytes: int | None
    body_sha256: str | None
    payment: dict[str, str]
    token_id: str | None
    traceparent: str | None
    attempts: int | None
    status: int | None
    answer: dict[str, str]
    outcome: str | None
    reason: str | None
    marks: dict[str, str]
    verdicts: list[WrittenVerdict]
    evidence: list[Evidence]
    in_doubt: bool
    disagrees: bool
    asking: Asking | None
    unreadable: bool


class LookedUp(Evidence):
    """A look-up's evidence, with its row and in words. ``suggests`` is a verdict."""

    row: LedgerEntry
    words: str
    suggests: str


class KeptLookUp(LookedUp):
    """The same; ``kept`` is the reason why it was not kept as evidence, empty if it was."""

    kept: str
    kept_said: Both


class LedgerPage(TypedDict):
    """Rows, the newest first, their counts by outcome, and the chain's head, if it has one."""

    head: str
    rows: list[LedgerEntry]
    counts: dict[str, int]
