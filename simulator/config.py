"""The simulator's settings before its start.

A field whose description starts with "Guess:" stands for something that the public
documentation leaves open or contradicts; docs/sandbox.md lists them all.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from simulator.faults import Fault
from simulator.latency import Latency

_YEARS = 10 * 366 * 86400  # so that no moment is beyond the calendar
Seconds = Annotated[float, Field(ge=0, le=_YEARS)]
Span = Annotated[Seconds, Field(gt=0)]
FIELD_NAME = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
FieldName = Annotated[str, Field(pattern=FIELD_NAME)]  # RFC 9110 section 5.1
MEDIA_TYPE = r"^[!-~]+/[ -~]+$"
MediaType = Annotated[str, Field(pattern=MEDIA_TYPE)]
BALANCE = r"^[0-9]{1,20}(\.[0-9]{2})?$"
PESOS = r"^[0-9]{1,15}(\.[0-9]{2})?$"
MAXIMUM = r"^(law|none|[0-9]{1,15}(\.[0-9]{2})?)$"
Pesos = Annotated[str, Field(pattern=PESOS)]
URL = r"^https?://[^/\s]+"
Url = Annotated[str, Field(pattern=URL)]


Trouble = Literal["duplicate", "wrong-signature", "out-of-order"]


class SandboxConfig(BaseModel):
    """The simulator's settings; durations are seconds, money is a decimal string in pesos."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = Field("sandbox-client", description="The only client id that gets tokens.")
    client_secret: str = Field(
        "sandbox-secret", description="Its secret. It works only here.", repr=False
    )
    seed: int | None = Field(
        None, description="Makes all ids, tokens and random choices repeatable."
    )
    require_token: bool = Field(True, description="Every request needs a valid access token.")
    control_hosts: tuple[str, ...] = Field(
        (), description="Host names that may use /_sandbox, besides the loopback names."
    )

    token_lifetime: Span = Field(86400, description="Seconds that a token works.")
    scopes: tuple[str, ...] | None = Field(
        None, description="The scopes that tokens carry; all of them if not given."
    )
    scope_failure: Literal[401, 403] = Field(
        401, description="Guess: the status for a missing scope; most pages say 401."
    )
    bad_credentials: Literal[400, 401, 403] = Field(
        401, description="Guess: the status for a wrong client id or secret."
    )
    token_error_shape: Literal["passport", "oauth"] = Field(
        "passport", description="Guess: the token endpoint's error body; oauth is RFC 6749's."
    )
    www_authenticate: bool = Field(
        True, description="Guess: 401 responses have WWW-Authenticate (RFC 6750)."
    )
    repeated_revoke: Literal[404, 409] = Field(
        404, description="Guess: the status for revoking a revoked token; the page names both."
    )
    revoke_own: bool = Field(True, description="Guess: a token may revoke itself; else 409.")
    require_delete_body: bool = Field(
        False, description="Guess: a DELETE documented with a JSON body is refused without it."
    )
    new_token: Literal["keeps", "revokes"] = Field(
        "keeps", description="Guess: what a new token does to the client's older ones."
    )
    token_limit: int | None = Field(
        None, ge=1, description="Guess: how many valid tokens a client may have; no limit if unset."
    )
    token_limit_action: Literal["refuse", "evict"] = Field(
        "refuse", description="Guess: over the limit, answer 429 or end the oldest token."
    )
    token_info_expires_in: Literal["total", "remaining"] = Field(
        "total", description="Guess: what expires_in means when a token is read."
    )
    rate_limit: int | None = Field(
        None,
        ge=1,
        description="Guess: requests allowed per rate_window; more get 429; no limit if unset.",
    )
    rate_window: Span = Field(1.0, description="Seconds over which rate_limit counts.")
    retry_after: int = Field(1, ge=0, description="Seconds in the Retry-After of a 429.")

    delete_status: Literal["documented", 200, 204] = Field(
        "documented", description="Guess: the status of a DELETE; the pages differ by resource."
    )
    link_status: Literal[200, 201] = Field(
        200, description="Guess: the status of linking a customer; an annex says 201."
    )
    empty_list: Literal["documented", 200, 404] = Field(
        "documented",
        description="Guess: the status of an empty list; the pages differ by resource.",
    )
    default_page_size: int = Field(20, ge=1, description="Guess: elements on a page if not asked.")
    max_page_size: int = Field(100, ge=1, description="Guess: larger page sizes are cut to this.")
    error_content_type: MediaType = Field(
        "application/json", description="Guess: the Content-Type of error bodies."
    )
    body_limit: int = Field(
        1048576, ge=1, description="Guess: larger request bodies get 413 (bytes)."
    )

    customer_type_required: bool = Field(
        True, description="Guess: linking a customer without a type is refused."
    )
    duplicate_customer: Literal["allow", 409] = Field(
        "allow", description="Guess: a second customer with the same e-mail or NIT."
    )
    duplicate_key: Literal["allow", 400, 409] = Field(
        409, description="Guess: registering a key value that is registered here."
    )
    foreign_key: Literal["allow", 400, 409] = Field(
        409, description="Guess: registering a key that another institution holds."
    )
    resolve_key_type_required: bool = Field(
        True, description="Guess: resolving a key without its type is refused."
    )
    unknown_key: Literal["invent", 404] = Field(
        404, description="Guess: resolving a key that nobody registered: 404, or an invented owner."
    )
    resolution_lifetime: Span = Field(1800, description="Seconds that a resolution is valid.")
    expired_resolution: Literal[400, 404, 409] = Field(
        400, description="Guess: the status for paying with an expired resolution."
    )

    opening_balance: Annotated[str, Field(pattern=BALANCE)] = Field(
        "90000000000000000",
        description="What a new account holds; the documented example's figure.",
    )
    balance_view: Literal["at-settlement", "at-once"] = Field(
        "at-settlement",
        description="Guess: when available_balance falls; pending_balance moves at once anyway.",
    )
    settle_delay: Seconds = Field(1.0, description="Seconds from submitting to settling.")
    processing_delay: Seconds = Field(
        0.5,
        description="Seconds from submitting until PENDING becomes PROCESSING; 0 leaves it out.",
    )
    show_delay: Seconds = Field(
        0.0, description="Seconds until a new payment can be found, by its id and in the list."
    )
    listed_resolution: bool = Field(
        True, description="Guess: a payment in the list tells its resolution_id."
    )
    timeout_delay: Seconds = Field(
        20.0, description="Seconds until a time-out (B001, B002, B301, B302) is known."
    )
    network: Literal["normal", "slow"] = Field(
        "normal", description="On a slow network every Bre-B payment times out: B001 or B002."
    )
    magic_values: bool = Field(
        True,
        description="Let the amounts and keys in the table of magic values decide how they end.",
    )
    initial_status: Literal["PENDING", "PROCESSING"] = Field(
        "PENDING", description="Guess: a new payment's status; the pages name both."
    )
    confirm: Literal["never", "g1", "always"] = Field(
        "g1", description="Guess: which payments wait for POST /v1/payments/breb/confirm."
    )
    duplicate_payment: Literal["same", 400, 409] = Field(
        "same",
        description="Guess: paying a resolution again gives the same payment, or this status.",
    )
    changed_payment: Literal["same", "new", 400, 409] = Field(
        409,
        description="Guess: paying it again with another amount or account gives this status, the"
        " old payment, or a new one.",
    )
    insufficient_funds: Literal["reject", 400, 409] = Field(
        "reject",
        description="Guess: with too little money a payment is rejected (B101), or this status.",
    )
    minimum_amount: Pesos = Field("1", description="Bre-B payments below this get U111.")
    maximum_amount: Annotated[str, Field(pattern=MAXIMUM)] = Field(
        "law", description="Above this, U112: law (1,000 UVB of the year), none, or pesos."
    )
    deposit_maximum: Pesos | None = Field(
        None, description="Guess: above this, B107, as if the receiver's deposit were limited."
    )
    spbvi_maximum: Pesos | None = Field(
        None, description="Guess: above this, B108, as if the SPBVI set a limit of its own."
    )
    participant_maximum: Pesos | None = Field(
        None, description="Guess: above this, B109, as if the institution set a limit of its own."
    )
    daily_maximum: Pesos | None = Field(
        None, description="Guess: an account that pays more in a Colombian day gets B109."
    )
    vat_required: bool = Field(
        True, description="Guess: a QR code needs vat, as was once observed."
    )
    dynamic_amount_required: bool = Field(
        True, description="Guess: a DYNAMIC QR code needs an amount; only the Spanish page says so."
    )

    qr_reading: Literal["lenient", "strict"] = Field(
        "lenient",
        description="Guess: a code needs the tags that EMV demands, or all that the standard does.",
    )

    latency: str = Field(
        "none", description="Latency profile (none, near, far, slow, tail), 120ms, or 20ms..80ms."
    )
    error_rate: float = Field(0.0, ge=0, le=1, description="Share of requests that fail at random.")
    error_status: int = Field(503, ge=400, le=599, description="The status of those failures.")
    fault: str | None = Field(
        None, description="A fault for every request, as in the X-Sandbox-Fault header."
    )

    webhook_url: Url | None = Field(None, description="Where payment events are sent.")
    webhook_secret: str = Field(
        "sandbox-webhook-secret", description="The key of their HMAC-SHA256 signature.", repr=False
    )
    webhook_delivery: Literal["Once", "Retry"] = Field(
        "Retry", description="One try, or up to 12 with longer and longer pauses."
    )
    webhook_events: Literal["new", "old", "both"] = Field(
        "new", description="Which generation of event names is sent."
    )
    webhook_retry_base: Span = Field(1.0, description="Pause n takes this times 2^n seconds.")
    webhook_trouble: tuple[Trouble, ...] = Field(
        (), description="What goes wrong with deliveries: duplicate, wrong-signature, out-of-order."
    )
    webhook_delay: Seconds = Field(0.0, description="Seconds by which each delivery is delayed.")
    authorization_url: Url | None = Field(
        None, description="URL that is asked whether to accept an incoming payment."
    )
    authorization_timeout: Span = Field(3.0, description="Seconds to wait for its response.")
    authorization_on_error: Literal["reject", "approve"] = Field(
        "reject", description="What happens to the payment if no response comes in time."
    )
    webhook_payload: Literal["envelope", "payment"] = Field(
        "envelope", description="Guess: the payment together with the event's name, or alone."
    )
    webhook_timestamp_field: FieldName = Field(
        "X-Passport-Timestamp", description="Guess: the header that has the time of sending."
    )
    webhook_signature_field: FieldName = Field(
        "X-Passport-Signature", description="Guess: the header that has the signature."
    )
    webhook_signed: Literal["timestamp.body", "body"] = Field(
        "timestamp.body", description="Guess: the text that is signed."
    )

    def deleted(self, documented: int) -> int:
        """Pick the status of a DELETE whose page names one."""
        return documented if self.delete_status == "documented" else self.delete_status

    @field_validator("latency")
    @classmethod
    def _latency_reads(cls, text: str) -> str:
        Latency.parse(text)
        return text

    @field_validator("fault")
    @classmethod
    def _fault_reads(cls, text: str | None) -> str | None:
        if text is not None:
            Fault.parse(text)
        return text
