"""Client id and client secret, read from their source each time they are needed."""

import warnings
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from proxy.errors import CredentialsMissing
from proxy.settings.model import CredentialSettings


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the client credentials grant asks for."""

    client_id: SecretStr
    client_secret: SecretStr


def read_credentials(where: dict[str, Any]) -> Credentials:
    """Read the credentials from their source, as it is now; raise CredentialsMissing."""
    try:
        with warnings.catch_warnings(action="ignore"):  # a directory that has gone: said below
            found = CredentialSettings(**where)
    except (ValueError, OSError):
        raise CredentialsMissing("BREB_CLIENT_ID and BREB_CLIENT_SECRET cannot be read") from None
    return Credentials(found.client_id, found.client_secret)
