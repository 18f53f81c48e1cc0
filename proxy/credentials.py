"""Client id and client secret, for the client credentials grant."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Credentials:
    """The two together; neither is ever printed."""

    client_id: SecretStr
    client_secret: SecretStr


class CredentialsSource(Protocol):
    """The source of the credentials, read each time they are needed."""

    async def __call__(self) -> Credentials:
        """Return the credentials as they are now; raise CredentialsMissing."""

    def egress(self) -> SecretStr | None:
        """Return user and password for the egress proxy as they are now; None if there are none."""

    def database(self) -> SecretStr | None:
        """Return the database's password as it is now; None if there is none."""

    def doubts(self, refused: Credentials) -> str:
        """Return probable reasons why these are refused; empty if nothing is odd."""


class FixedCredentials:
    """Fixed credentials: the demo's, or those under test."""

    def __init__(self, pair: Credentials) -> None:
        self._pair = pair

    async def __call__(self) -> Credentials:
        """Return the credentials."""
        return self._pair

    def egress(self) -> SecretStr | None:
        """Return nothing new."""
        return None

    def database(self) -> SecretStr | None:
        """Return none."""
        return None

    def doubts(self, refused: Credentials) -> str:
        """Return none: the giver of fixed credentials knows their source."""
        del refused
        return ""
