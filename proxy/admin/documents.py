"""What the admin listener answers, for those who ask it: documents of JSON, by their members.

Seconds are counted from now. A proxy of another version may leave members out.
"""

from typing import TypedDict

from proxy.words.phrase import Both

JsonObject = dict[str, object]
"""What somebody answered, before it is known who that is."""


class PastFetch(TypedDict):
    """One token request that has ended."""

    ago: float
    renewed: bool
    cause: str
    words: str
    said: Both


class RivalsDocument(TypedDict):
    """Whether others fetch tokens with the same credentials."""

    named: bool
    evictions: int
    words: str


class HeldDocument(TypedDict, total=False):
    """The token that is held; nothing of it is there while none is."""

    token_id: str | None
    scopes: list[str]
    lifetime: float
    age: float
    expires_in: float
    usable_for: float
    cause: str


class TokenDocument(HeldDocument):
    """The keeper's state; ``renewals`` are counted by cause and outcome."""

    state: str
    words: str
    next_renewal_in: float
    waiting: int
    last_error: str | None
    failure: Both | None
    renewals: dict[str, int]
    unauthorized: int
    replays: int
    rivals: RivalsDocument
    history: list[PastFetch]


class RefreshDocument(TokenDocument):
    """The same after a renewal that was asked for."""

    renewed: bool


class LedgerDocument(TypedDict):
    """The ledger: ``problem`` says why it cannot be written, empty while it can."""

    file: str
    writable: bool
    problem: str
    failure: Both
    in_doubt: int


class About(TypedDict):
    """What does not change while the proxy runs, but the clock: seconds that the API's is ahead."""

    upstream: str
    environment: str
    token_endpoint: str
    listen: str
    clock_skew: float | None
    pid: int


class StatusDocument(About):
    """Everything."""

    version: str
    ready: bool
    reasons: list[str]
    draining: bool
    in_flight: int
    token: TokenDocument
    pool: dict[str, int]
    outcome_unknown: dict[str, int]
    ledger: LedgerDocument | None


class TokenRow(TypedDict):
    """A token that is alive at the API; ``whose`` is own, own-before or other. Times: RFC 3339."""

    id: str
    created: str | None
    ends: str | None
    ends_in: int | None
    scopes: int | None
    grant: str
    whose: str


class TokenList(TypedDict):
    """All of this client's, if ``whole``; ``own`` is the id of the token that asked."""

    tokens: list[TokenRow]
    whole: bool
    own: str | None


class RevokedToken(TypedDict):
    """What became of one; ``ended``: it is not valid any more."""

    code: str
    ended: bool
    words: str
    said: Both
