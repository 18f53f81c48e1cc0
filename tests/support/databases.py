"""Databases to keep ledgers in."""

from pydantic import SecretStr

from proxy.postgres.address import DatabaseAddress
from proxy.postgres.connection import Database
from tests.support.patience import PATIENCE
from tests.support.postgres import PASSWORD, Postgres


def database_of(server: Postgres, address: str = "") -> Database:
    """Return the way to a database of a server, a new one if no ``address`` names it."""
    parsed = DatabaseAddress.parse(address or server.database())
    return Database(parsed, lambda: SecretStr(PASSWORD), server.ca, PATIENCE)
