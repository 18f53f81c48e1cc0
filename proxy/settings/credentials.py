"""Client id and client secret, read from their source each time they are needed."""

import contextlib
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from proxy.addresses import Url
from proxy.errors import CredentialsMissing, SettingsError
from proxy.settings import keychain
from proxy.settings.dotenv import text_of
from proxy.settings.model import CredentialSettings, problems
from proxy.settings.types import Login, Secret, userinfo
from proxy.words import Phrase, phrase

_KEYCHAIN_LIMIT = 5.0  # less than a token request may take


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the client credentials grant asks for."""

    client_id: SecretStr
    client_secret: SecretStr


class _Given(CredentialSettings):
    """The two as they are given outside of the keychain, or not."""

    client_id: Secret | None = None  # type: ignore[assignment]  # looser than what it stands for
    client_secret: Secret | None = None  # type: ignore[assignment]


class _GivenEgress(_Given):
    """What the credentials for the egress proxy are in."""

    egress_proxy: str | None = None
    egress_credentials: Login | None = None


class CredentialsReader:
    """Reads the credentials anew each time, so that rotation needs no restart.

    ``where`` names the sources of the settings (see settings.sources).
    """

    def __init__(self, where: dict[str, Any], base_url: Url) -> None:
        self._where = where
        self._base_url = base_url

    async def __call__(self) -> Credentials:
        """Return the credentials as they are now; raise CredentialsMissing."""
        try:
            text_of(Path(self._where.get("_env_file") or os.devnull))
            with warnings.catch_warnings(action="ignore"):  # a directory that has gone: said below
                given = _Given(**self._where)
        except SettingsError as error:
            raise CredentialsMissing(_unreadable(str(error))) from None
        except ValidationError as error:
            raise CredentialsMissing(_unreadable("; ".join(problems(error)))) from None
        except (ValueError, OSError):
            raise CredentialsMissing(phrase("credentials-unreadable")) from None
        if given.client_id and given.client_secret:
            return Credentials(given.client_id, given.client_secret)
        if given.client_secret:
            raise CredentialsMissing(phrase("credentials-gone"))
        pair = await self._kept()
        if pair is None or not pair.fits(given.client_id and given.client_id.get_secret_value()):
            raise CredentialsMissing(phrase("credentials-gone"))
        return Credentials(pair.client_id, pair.client_secret)

    async def _kept(self) -> keychain.Pair | None:
        try:
            return await keychain.found(self._base_url, _KEYCHAIN_LIMIT)
        except keychain.KeychainUnavailable as error:
            raise CredentialsMissing(str(error)) from None


def _unreadable(why: str) -> Phrase:
    return phrase("credentials-unreadable-because", why=why)


def egress_credentials(where: dict[str, Any]) -> SecretStr | None:
    """Return user and password for the egress proxy as they are now; None if they are not there.

    ``where`` names the sources of the settings.
    """
    with contextlib.suppress(ValueError, OSError), warnings.catch_warnings(action="ignore"):
        given = _GivenEgress(**where)
        within = userinfo(given.egress_proxy)
        return within[1] if within else given.egress_credentials
    return None
