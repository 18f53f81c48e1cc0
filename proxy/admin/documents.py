"""The admin listener's answers, as its clients read them: JSON documents, by their members.

Seconds count from the moment of the answer. A proxy of another version may leave members out.
"""

from typing import TypedDict

from proxy.words.phrase import Both


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
    said: Both


class ShareDocument(TypedDict):
    """The token's sharing with other replicas: ``problem`` is empty while ``joined``.

    Numbers of tokens: fetched for all, taken from others, fetched for this replica alone.
    """

    joined: bool
    problem: str
    fetched: int
    taken: int
    alone: int


class HeldDocument(TypedDict, total=False):
    """The token that is held; without one, the members are missing."""

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
    said: Both
    next_renewal_in: float
    waiting: int
    last_error: str | None
    failure: Both | None
    renewals: dict[str, int]
    unauthorized: int
    replays: int
    rivals: RivalsDocument
    shared: ShareDocument | None
    history: list[PastFetch]


class RefreshDocument(TokenDocument):
    """The same, after a renewal by request."""

    renewed: bool


class AskerDocument(TypedDict):
    """The state of the asker of rows in doubt; ``asks``: it is on, and the API does not refuse."""

    asks: bool
    words: str
    said: Both


class LedgerDocument(TypedDict):
    """The ledger: ``problem`` is the reason why it cannot be written, empty while it can.

    ``long_in_doubt`` counts the rows that have been in doubt for a quarter of an hour.
    """

    file: str
    writable: bool
    problem: str
    failure: Both
    in_doubt: int
    long_in_doubt: int
    asker: AskerDocument


class About(TypedDict):
    """Facts that stay while the proxy runs; only ``clock_skew`` (seconds, API ahead) can change."""

    upstream: str
    environment: str
    token_endpoint: str
    listen: str
    clock_skew: float | None
    pid: int


class StatusDocument(About):
    """The whole answer to ``/status``."""

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
    """The result for one token; ``ended``: it is not valid any more."""

    code: str
    ended: bool
    words: str
    said: Both
