"""A token in use: the field value that is sent, its end, and the exchanges that use it."""

from dataclasses import replace

from proxy.token.schedule import hard_expiry
from proxy.token.source import AccessToken


class LeasedToken:
    """A token as the keeper holds it, with the field value to send.

    ``received_at`` is the time of its arrival (seconds of proxy.clock). ``after_401`` marks a token
    that was fetched because of a 401, until a replay with it succeeds.
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
        """Take the server's new statement about the life of the same token.

        RFC 6749 section 5.1: expires_in counts from the reply. A server that returns the same token
        until its end states less each time; one that prolongs it states that in the same way.
        """
        self.hard_expiry = hard_expiry(again)
        self.token = replace(again, issued_at=self.token.issued_at)

    def __repr__(self) -> str:
        return f"<LeasedToken {self.token!r}, {self.users} users>"
