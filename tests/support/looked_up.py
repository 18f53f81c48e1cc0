"""A row in doubt, and a payment of the API that could be it."""

from typing import Any


def entry(path: str = "/v1/payments/breb", method: str = "POST", **given: Any) -> dict[str, Any]:
    """Return a row as the ledger is read."""
    values: dict[str, Any] = {
        "number": 7,
        "caller": "",
        "method": method,
        "path": path,
        "opened_at": "2026-11-25T10:00:00.000000Z",
        "payment": {
            "account_id": "a-1",
            "resolution_id": "r-1",
            "amount.value": "1500",
            "amount.currency": "COP",
        },
        "marks": {},
        "answer": {},
    }
    return values | given


def payment(**given: Any) -> dict[str, Any]:
    """Return a payment as the API lists it."""
    values: dict[str, Any] = {
        "id": "p-1",
        "status": "SETTLED",
        "account_id": "a-1",
        "resolution_id": "r-1",
        "amount": {"value": "1500.00", "currency": "COP"},
        "created_at": "2026-11-25T10:00:01.7Z",
    }
    return values | given
