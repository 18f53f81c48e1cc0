"""Client id and client secret, read from their source each time they are needed."""

from pydantic import SecretStr

from proxy.addresses import Url
from proxy.credentials import Credentials
from proxy.errors import BadValue, CredentialsMissing, SettingsError
from proxy.settings import keychain
from proxy.settings.precedence import full_name
from proxy.settings.sources import Sources
from proxy.settings.types import login, userinfo, visible
from proxy.words import Phrase, phrase

_KEYCHAIN_LIMIT = 5.0  # seconds: less than a token request may take


class CredentialsReader:
    """Reads the credentials anew each time, so that rotation needs no restart."""

    def __init__(self, sources: Sources, base_url: Url) -> None:
        self._sources = sources
        self._base_url = base_url

    async def __call__(self) -> Credentials:
        """Return the credentials as they are now; raise CredentialsMissing."""
        self._sources = self._sources.anew()
        try:
            client_id, client_secret = self._given("client_id"), self._given("client_secret")
        except SettingsError as error:
            raise CredentialsMissing(_unreadable(str(error))) from None
        if client_id and client_secret:
            return Credentials(client_id, client_secret)
        if client_secret:
            raise CredentialsMissing(phrase("credentials-gone"))
        pair = await self._kept()
        if pair is None or not keychain.fits(pair, client_id and client_id.get_secret_value()):
            raise CredentialsMissing(phrase("credentials-gone"))
        return pair

    def _given(self, name: str) -> SecretStr | None:
        text = self._sources.get(full_name(name))
        try:
            return None if text is None else visible(SecretStr(text))
        except BadValue as error:
            raise SettingsError([error.of(full_name(name))]) from None

    async def _kept(self) -> Credentials | None:
        try:
            return await keychain.found(self._base_url, _KEYCHAIN_LIMIT)
        except keychain.KeychainUnavailable as error:
            raise CredentialsMissing(error.what) from None

    def doubts(self, refused: Credentials) -> str:
        """Return probable reasons why the credentials that were read last are refused."""
        from proxy.settings.suspicions import of_refused  # only where it goes wrong

        return "; ".join(map(str, of_refused(refused, self._sources)))

    def egress(self) -> SecretStr | None:
        """Return user and password for the egress proxy as they are now; None if they are gone."""
        sources = self._sources.anew()
        try:
            within = userinfo(sources.get(full_name("egress_proxy")))
            given = sources.get(full_name("egress_credentials"))
            return within[1] if within else login(visible(SecretStr(given or "")))
        except (SettingsError, ValueError):
            return None

    def database(self) -> SecretStr | None:
        """Return the database's password as it is now; None if there is none."""
        try:
            given = self._sources.anew().get(full_name("database_password"))
            return visible(SecretStr(given)) if given else None
        except (SettingsError, ValueError):
            return None


def _unreadable(why: str) -> Phrase:
    return phrase("credentials-unreadable-because", why=why)
