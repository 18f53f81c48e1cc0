"""Everything that is known of Passport's API; what stands beside this module serves any API.

Sources: docs.passportfintech.com (access tokens, endpoint structure, list token information).
"""

import json
import re
from dataclasses import dataclass
from typing import Any

SANDBOX = "https://bre-b-sandbox.api.visionamos.passportfintech.com"
TOKEN_PATH = "/v1/iam/oauth/tokens"  # noqa: S105  a path, no secret
GET_TOKEN_SCOPE = "iam.oauth.tokens.get"  # noqa: S105  a name, no secret
LIST_TOKENS_SCOPE = "iam.oauth.tokens.list.get"
REVOKE_TOKEN_SCOPE = "iam.oauth.tokens.delete"  # noqa: S105  a name, no secret
DOMAIN = "passportfintech.com"
SANDBOX_HOSTS = frozenset(
    (
        "bre-b-sandbox.api.visionamos.passportfintech.com",
        "bre-b-develop.api.visionamos.passportfintech.com",
        "api.paas.sandbox.co.passportfintech.com",
        "api.paas-sandbox.co.passportfintech.com",
        "api.paas.demo.co.passportfintech.com",
    )
)
# Every path of the API is /v1 and one of these.
_API = re.compile(
    r"(?P<before>.*?)/v1(?:/(?:accounts|customers|iam|key-?resolution|keys|paas|payments|qrcodes"
    r"|recipients|resolve-key)(?:/.*)?)?",
    re.IGNORECASE,
)
_ACTIONS = (
    ("POST", r"/payments/(?:breb|ach)$|/breb/payments$", "payment", "start a payment"),
    (
        "POST",
        r"/payments/breb/confirm$",
        "payment-confirm",
        "confirm a payment, which then is sent",
    ),
    ("POST", r"/iam/oauth/tokens$", "token", "ask for another access token"),
    ("DELETE", r"/iam/oauth/tokens/[^/]+$", "token-revoke", "revoke an access token"),
    (
        "POST",
        r"/customers/business/link$|/entities/customers$",
        "customer-create",
        "create a customer",
    ),
    ("PATCH", r"/customers/[^/]+$", "customer-change", "change a customer"),
    ("POST", r"/accounts/link$|/customers/accounts$", "account-link", "link a bank account"),
    ("POST", r"/keys$", "key-register", "register a Bre-B key"),
    ("PATCH", r"/keys(?:/[^/]+)?/suspend$", "key-suspend", "suspend a Bre-B key"),
    ("PATCH", r"/keys/[^/]+/activate$", "key-activate", "activate a Bre-B key"),
    ("DELETE", r"/keys/[^/]+$", "key-delete", "delete a Bre-B key permanently"),
    (
        "POST",
        r"/(?:resolve-key|key-?resolution|resolve)$",
        "key-resolve",
        "resolve a key; the result is valid for 30 minutes",
    ),
    (
        "POST",
        r"/recipients/(?:breb|ach)$|/breb/recipients$",
        "recipient-create",
        "create a recipient",
    ),
    ("POST", r"/qrcodes$", "qr-create", "create a QR code"),
    ("DELETE", r"/qrcodes/[^/]+$", "qr-cancel", "cancel a QR code"),
    ("POST", r"/qrcodes/decode$", "qr-decode", "decode a QR code"),
)
_COMPILED = tuple((verb, re.compile(path), action, words) for verb, path, action, words in _ACTIONS)


_SEGMENTS = r"(?:/[A-Za-z0-9_-]+)*"
_ONLY_READS = re.compile(
    rf"{_SEGMENTS}/(?:resolve-key|key-?resolution|qrcodes/decode|recipients/[A-Za-z0-9_-]+/resolve)".encode()
)


def only_reads(method: str, path: bytes) -> bool:
    """Report whether a request asks for something and changes nothing, although it is a POST.

    The path has plain segments alone: no server reads it as another one.
    """
    return method == "POST" and _ONLY_READS.fullmatch(path) is not None


def environment(host: str) -> str | None:
    """Return ``sandbox`` or ``production`` for a host of Passport's, None for any other.

    Only the sandboxes are documented as a list. Every other host of Passport's counts as
    production, because a name with ``-sandbox`` left out may well exist.
    """
    name = host.rstrip(".").lower()
    if name in SANDBOX_HOSTS:
        return "sandbox"
    return "production" if f".{name}".endswith(f".{DOMAIN}") else None


def before_the_api(path: str) -> str | None:
    """Return what stands before a path of the API at the end of ``path``; None if none is there."""
    found = _API.fullmatch(path)
    return found["before"] if found else None


@dataclass(frozen=True, slots=True)
class Consequence:
    """``action`` names what would be done for the page, which words it in its reader's language."""

    method: str
    path: str
    action: str
    money: str
    words: str

    def __str__(self) -> str:
        """Say it, such as ``POST /v1/payments/breb would start a payment of 10 COP``."""
        money = f" of {self.money}" if self.money else ""
        return f"{self.method} {self.path} would {self.words}{money}"


def consequence(method: str, target: str, body: bytes) -> Consequence:
    """Return what sending it would do."""
    path = target.partition("?")[0]
    for verb, pattern, action, words in _COMPILED:
        if verb == method and pattern.search(path):
            money = _money(body) if action == "payment" else ""
            return Consequence(method, path, action, money, words)
    return Consequence(method, path, "other", "", "be carried out again by the upstream")


def _money(body: bytes) -> str:
    try:
        document: Any = json.loads(body)
        amount = document["amount"]
        return f"{str(amount['value'])[:40]} {str(amount['currency'])[:8]}"
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
