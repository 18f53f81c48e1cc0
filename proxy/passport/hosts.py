"""Passport's hosts, and which of them are sandboxes."""

DOMAIN = "passportfintech.com"
SANDBOX = "https://bre-b-sandbox.api.visionamos.passportfintech.com"
SANDBOX_HOSTS = frozenset(
    (
        "bre-b-sandbox.api.visionamos.passportfintech.com",
        "bre-b-develop.api.visionamos.passportfintech.com",
        "api.paas.sandbox.co.passportfintech.com",
        "api.paas-sandbox.co.passportfintech.com",
        "api.paas.demo.co.passportfintech.com",
    )
)


def environment(host: str) -> str | None:
    """Return ``sandbox`` or ``production`` for a host of Passport's, None for any other.

    Only the sandboxes are documented as a list. Every other host of Passport's counts as
    production, because a name with ``-sandbox`` left out may well exist.
    """
    name = host.rstrip(".").lower()
    if name in SANDBOX_HOSTS:
        return "sandbox"
    return "production" if f".{name}".endswith(f".{DOMAIN}") else None
