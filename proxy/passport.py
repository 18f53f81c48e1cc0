"""Everything that is known of Passport's API; what stands beside this module serves any API.

Sources: docs.passportfintech.com (access tokens, endpoint structure, list token information).
"""

import json
import re
from typing import Any

SANDBOX = "https://bre-b-sandbox.api.visionamos.passportfintech.com"
TOKEN_PATH = "/v1/iam/oauth/tokens"  # noqa: S105  a path, no secret
GET_TOKEN_SCOPE = "iam.oauth.tokens.get"  # noqa: S105  a name, no secret
REVOKE_TOKEN_SCOPE = "iam.oauth.tokens.delete"  # noqa: S105  a name, no secret
PRODUCTION_HOST = "api.paas.co.passportfintech.com"
_SANDBOX_HOSTS = frozenset(
    (
        "bre-b-sandbox.api.visionamos.passportfintech.com",
        "bre-b-develop.api.visionamos.passportfintech.com",
        "api.paas.sandbox.co.passportfintech.com",
        "api.paas-sandbox.co.passportfintech.com",
        "api.paas.demo.co.passportfintech.com",
    )
)
_ACTIONS = (
    ("POST", r"/payments/(?:breb|ach)$|/breb/payments$", "start a payment{money}"),
    ("POST", r"/payments/breb/confirm$", "confirm a payment, which then is sent"),
    ("POST", r"/iam/oauth/tokens$", "ask for another access token"),
    ("DELETE", r"/iam/oauth/tokens/[^/]+$", "revoke an access token"),
    ("POST", r"/customers/business/link$|/entities/customers$", "create a customer"),
    ("PATCH", r"/customers/[^/]+$", "change a customer"),
    ("POST", r"/accounts/link$|/customers/accounts$", "link a bank account"),
    ("POST", r"/keys$", "register a Bre-B key"),
    ("PATCH", r"/keys(?:/[^/]+)?/suspend$", "suspend a Bre-B key"),
    ("PATCH", r"/keys/[^/]+/activate$", "activate a Bre-B key"),
    ("DELETE", r"/keys/[^/]+$", "delete a Bre-B key for good"),
    (
        "POST",
        r"/(?:resolve-key|key-?resolution|resolve)$",
        "resolve a key, which starts 30 minutes",
    ),
    ("POST", r"/recipients/(?:breb|ach)$|/breb/recipients$", "create a recipient"),
    ("POST", r"/qrcodes$", "create a QR code"),
    ("DELETE", r"/qrcodes/[^/]+$", "cancel a QR code"),
    ("POST", r"/qrcodes/decode$", "decode a QR code"),
)
_COMPILED = tuple((method, re.compile(pattern), words) for method, pattern, words in _ACTIONS)


def environment(host: str) -> str | None:
    """Return ``sandbox`` or ``production`` for a host of Passport's, None for any other."""
    name = host.rstrip(".").lower()
    if name == PRODUCTION_HOST:
        return "production"
    return "sandbox" if name in _SANDBOX_HOSTS else None


def consequence(method: str, target: str, body: bytes) -> str:
    """Return a sentence such as ``POST /v1/payments/breb would start a payment of 10 COP``."""
    path = target.partition("?")[0]
    action = "be carried out again by the upstream"
    for verb, pattern, words in _COMPILED:
        if verb == method and pattern.search(path):
            action = words.format(money=_money(body))
            break
    return f"{method} {path} would {action}"


def _money(body: bytes) -> str:
    try:
        document: Any = json.loads(body)
        amount = document["amount"]
        return f" of {str(amount['value'])[:40]} {str(amount['currency'])[:8]}"
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
