"""What the tour does, step by step: six from a new customer to a settled payment, and four more.

The four show what becomes of a payment whose answer is lost, behind a proxy with a ledger. A word
with a dollar sign stands for an id that an earlier step has kept under that name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.directory import ENTRIES
from simulator.examples import ADDRESS

CUSTOMER = {
    "type": "BUSINESS",
    "business_name": "Café de la Esquina",
    "email": "hola@example.com",
    "mobile_phone_number": "+573001112233",
    "identification_type": "NIT",
    "identification_number": "900555777",
    "address": ADDRESS,
    "merchant_category_code": "5814",
}
_ACCOUNT = {"customer_id": "$customer", "account_type": "ORDINARY", "account_number": "0001"}
_RESOLVE = {"customer_id": "$customer", "key": ENTRIES[0].key.model_dump()}
_PAY = {
    "account_id": "$account",
    "resolution_id": "$resolution",
    "amount": {"value": "25000", "currency": "COP"},
}


@dataclass(frozen=True, slots=True)
class Step:
    """A GET of ``path``; or a POST of ``body``, whose answer's id is kept under a name.

    The title is English; who prints it may translate it.
    """

    title: str
    path: str
    keeps: str = ""
    body: Mapping[str, object] | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    pause: int = 0  # seconds before it


_KEY = {"Idempotency-Key": "tour-$resolution"}
_LOST = {"X-Sandbox-Fault": "reset;when=after"}
_BREB = "/v1/payments/breb"
FIRST = (
    Step("Link a merchant as a customer", "/v1/customers/business/link", "customer", CUSTOMER),
    Step("Link its bank account", "/v1/accounts/link", "account", _ACCOUNT),
    Step(
        "Ask who owns a key",
        "/v1/resolve-key",
        "resolution",
        _RESOLVE,
    ),
    Step("Pay 25,000 pesos", _BREB, "payment", _PAY),
    Step("See that it is settled", "/v1/payments/$payment", pause=2),
    Step("See the balance", "/v1/accounts/$account"),
)
DOUBT = (
    Step(
        "Ask again who owns the key: each payment needs a resolution of its own",
        "/v1/resolve-key",
        "resolution",
        _RESOLVE,
    ),
    Step(
        "Pay with a key of your own, and lose the answer: was it made?",
        _BREB,
        "lost",
        _PAY,
        {**_KEY, **_LOST},
    ),
    Step(
        "Send the same again, with the same key: the proxy finds the payment, and pays once",
        _BREB,
        "payment",
        _PAY,
        _KEY,
    ),
    Step(
        "See that 25,000 pesos were paid twice in all, and not three times",
        "/v1/accounts/$account",
        pause=2,
    ),
)
