"""The page's documents about exchanges, by their members: masked, durations in milliseconds."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from proxy.words.phrase import Both

FieldLines = Sequence[tuple[str, str]]


class PendingExchange(TypedDict):
    """An exchange that is still under way; ``at`` is a Unix time."""

    id: str
    at: float
    method: str
    target: str
    status: int | None


class ApiMessage(TypedDict):
    """The message of an error of the API's own."""

    message: str
    code: str


class ExchangeSummary(TypedDict):
    """One line of the list. ``mark`` names the party behind the outcome, ``why`` the reason.

    ``repeat_of`` is the ledger's row that it repeats.
    """

    n: int
    id: str
    at: float
    method: str
    target: str
    status: int | None
    ms: float
    upstream_ms: float
    received: int
    sent: int
    attempts: int
    mark: str
    replayed: bool
    replay_of: str
    repeat_of: int | None
    caller: str
    why: Both
    kind: str
    outcome: str
    in_doubt: bool
    said: ApiMessage | None


class JsonBreak(TypedDict):
    """The place where a body stops being JSON; ``at`` counts UTF-16 units."""

    words: str
    line: int
    column: int
    at: int


class ShownBody(TypedDict):
    """A body: as text, or else as base64."""

    text: str | None
    bytes: str | None
    size: int
    media_type: str
    cut: bool
    coding: str
    masked: int
    words: Both
    json: NotRequired[bool]
    error: NotRequired[JsonBreak]


class ShownMessage(ShownBody):
    """A request or a response."""

    lines: FieldLines


class ChangedLine(TypedDict):
    """A field line on its way through: ``change`` is kept, removed or added."""

    change: str
    name: str
    value: str
    why: Both


class ChangedLines(TypedDict):
    """Those of both messages."""

    request: list[ChangedLine]
    response: list[ChangedLine]


class ShownTrouble(TypedDict):
    """The reason why an exchange failed, and the advice."""

    kind: str
    reason: str
    words: Both
    next_step: Both
    outcome: str


class ShownPhase(TypedDict):
    """A part of the time that an exchange took."""

    name: str
    start: float
    end: float


class ShownTry(TypedDict):
    """One try to send the request."""

    line: str
    status: int | None


class ReplayOffer(TypedDict):
    """The request that a replay would send; ``asks``: a person has to confirm it.

    ``left_out`` names the fields that were masked; a body that is no text is ``binary``, in base64.
    """

    allowed: bool
    why_not: Both
    as_it_is: bool
    asks: bool
    method: str
    target: str
    fields: FieldLines
    left_out: Sequence[str]
    body: str | None
    binary: str | None


class ReplayOutcome(TypedDict):
    """The result of a replay: the new exchange's id, and the status if there is one."""

    id: str
    status: int | None
    whole: bool


class ExchangeDetail(ExchangeSummary):
    """Everything about one exchange."""

    version: str
    note: Both
    trouble: ShownTrouble | None
    request: ShownMessage
    response: ShownMessage
    changes: ChangedLines
    phases: list[ShownPhase]
    tries: list[ShownTry]
    replay: ReplayOffer
