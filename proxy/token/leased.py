"""A token in use: what is sent of it, until when, and by how many exchanges."""

from dataclasses import replace

from proxy.token.schedule import hard_expiry
from proxy.token.source import AccessToken


class LeasedToken:
    """A token as the keeper holds it, with the field value to send.

    ``received_at`` is when it came (seconds of proxy.clock). ``after_401`` marks a token that a
    401 called for, until a replay with it has gone well.
    """

    __slots__ = (
        "after_401",
        "authorization",
        "cause",
        "hard_expiry",
        "line",
        "received_at",
        "superseded",
        "token",
        "users",
    )

    def __init__(self, token: AccessToken, cause: str, now: float) -> None:
        self.token = token
        self.authorization = b"Bearer " + token.value.encode("ascii")
        self.line = b"Authorization: " + self.authorization + b"\r\n"
        self.cause = cause
        self.received_at = now
        self.hard_expiry = hard_expiry(token)
        self.after_401 = False
        self.superseded = False
        self.users = 0

    def confirm(self, again: AccessToken) -> None:
        """Take what the server says now about the life of the same token.

        RFC 6749 section 5.1: expires_in counts from the reply. A server that gives the same token
        until it ends says less each time; one that prolongs it says so as well.
        """
        self.hard_expiry = hard_expiry(again)
        self.token = replace(again, issued_at=self.token.issued_at)

    def __repr__(self) -> str:
        return f"<LeasedToken {self.token!r}, {self.users} users>"
