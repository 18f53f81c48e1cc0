"""Client id and client secret: what the client credentials grant asks for."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Credentials:
    """The two together; neither is ever printed."""

    client_id: SecretStr
    client_secret: SecretStr


class CredentialsSource(Protocol):
    """Where the credentials are had, each time they are needed."""

    async def __call__(self) -> Credentials:
        """Return them as they are now; raise CredentialsMissing."""

    def egress(self) -> SecretStr | None:
        """Return user and password for the egress proxy as they are now; None if there are none."""

    def doubts(self, refused: Credentials) -> str:
        """Say what may be the reason why these are refused; empty if nothing is odd."""


class FixedCredentials:
    """Credentials that stay as they are: the demo's, or those that are being tested."""

    def __init__(self, pair: Credentials) -> None:
        self._pair = pair

    async def __call__(self) -> Credentials:
        """Return them."""
        return self._pair

    def egress(self) -> SecretStr | None:
        """Return nothing new."""
        return None

    def doubts(self, refused: Credentials) -> str:
        """Have none: whoever gave them knows how they were given."""
        del refused
        return ""
