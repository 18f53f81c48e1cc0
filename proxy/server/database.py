"""The way to the database that replicas share; imported only where a setting names one."""

from proxy.credentials import CredentialsSource
from proxy.postgres.connection import Database
from proxy.settings.model import Settings


def database(settings: Settings, credentials: CredentialsSource) -> Database:
    """Return the way to the database that the settings name."""
    address = settings.database_address
    if address is None:
        raise ValueError("there is to be no database")
    timeout = settings.connect_timeout
    return Database(address, credentials.database, settings.database_ca, timeout)
