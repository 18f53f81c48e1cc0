"""The simulator's records of things, with more than the API shows."""

from dataclasses import dataclass, field
from typing import Literal

from simulator.models.payments import Party, Status
from simulator.models.resolutions import Resolution


@dataclass(slots=True)
class Token:
    """An access token and the moment it stops working."""

    token_id: str
    bearer: str = field(repr=False)
    scopes: tuple[str, ...]
    issued_at: float
    lifetime: float
    expires_at: float
    revoked: bool = False
    namespace: str = ""

    def live(self, now: float) -> bool:
        """Report whether the token still works."""
        return not self.revoked and now < self.expires_at


@dataclass(slots=True)
class AccountRecord:
    """A linked account; its balance stands in the ledger."""

    id: str
    customer_id: str
    number: str
    type: str
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """A resolution, the moment it expires, and the account here that it pays, if any.

    The resolved party is paid, even if the key changes before the payment.
    """

    shown: Resolution
    expires_at: float
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a payment: SETTLED, or REJECTED with a code; PENDING and PROCESSING never end.

    ``after`` is the seconds until then; None: the simulator's timing decides.
    """

    status: str
    code: str = ""
    after: float | None = None


@dataclass(slots=True)
class PaymentRecord:
    """A payment, with the counts of requests for it and of its executions."""

    id: str
    type: Literal["BREB", "ACH"]
    direction: Literal["INBOUND", "OUTBOUND"]
    account_id: str
    amount: int
    sender: Party
    receiver: Party
    end_to_end: str
    created_at: str
    updated_at: str
    status: Status
    resolution_id: str | None = None
    recipient_id: str | None = None
    reference: str = ""
    qr_code_reference: str = ""
    qr_code_id: str = ""
    description: str | None = None
    display_name: str | None = None
    error_code: str = ""
    credited_account: str | None = None
    forced: Outcome | None = None
    outcome: Outcome | None = None
    submitted: bool = False
    held: bool = False
    initiations: int = 0
    repeats_changed: int = 0
    confirmations: int = 0
    executions: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """An event for a webhook: the new name, the old one, and the payment at that moment."""

    name: str
    old_name: str
    payment_id: str
    moment: float
    payload: dict[str, object]
