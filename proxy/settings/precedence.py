"""The precedence of settings: the value of the first place that gives one counts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from proxy.addresses import Url
from proxy.errors import SettingsError
from proxy.passport.hosts import SANDBOX
from proxy.settings import keychain
from proxy.settings.sources import ENVIRONMENT, PREFIX, Sources
from proxy.words import Said, phrase

FLAG, KEYCHAIN = "flag", "keychain"
_PLACES = {
    FLAG: phrase("place.flag"),
    ENVIRONMENT: phrase("place.environment"),
    KEYCHAIN: phrase("place.keychain"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """The value that is given for each setting, by name, and the place that gave it."""

    values: Mapping[str, object] = field(repr=False)
    origins: Mapping[str, str]
    sources: Sources = field(repr=False)

    def with_values(self, values: Mapping[str, object]) -> "Found":
        """Return a copy in which these values come before all others."""
        return replace(self, values={**self.values, **values})


def first_given(names: Collection[str], flags: Mapping[str, object], sources: Sources) -> Found:
    """Look for settings in the flags, the sources, and the keychain, for both credentials.

    Raises SettingsError with every error in the places.
    """
    sources.check(map(full_name, names))
    values, origins = dict(flags), dict.fromkeys(flags, FLAG)
    for place in sources:
        for name in names:
            value = place.get(full_name(name))
            if value is not None and name not in values:
                values[name], origins[name] = value, place.name
    for name, value in _kept(values).items():
        if name not in values:
            values[name], origins[name] = value, KEYCHAIN
    return Found(values, origins, sources)


def named(place: str) -> Said:
    """Name a place for people: one of ours, or a file or folder of theirs."""
    return _PLACES.get(place, place)


def full_name(name: str) -> str:
    """Return the name of the setting's variable."""
    return PREFIX + name.upper()


def _kept(values: Mapping[str, object]) -> dict[str, str]:
    """Return both credentials from the keychain, unless the secret is given; a half must fit."""
    if values.get("client_secret"):
        return {}
    try:
        pair = keychain.find(Url.parse(str(values.get("base_url") or SANDBOX)))
    except ValueError:  # reported for BASE_URL itself
        return {}
    except keychain.KeychainUnavailable as error:
        raise SettingsError([phrase("keychain.unreadable", why=error.what)]) from None
    if pair is None or not keychain.fits(pair, values.get("client_id")):
        return {}
    return {
        "client_id": pair.client_id.get_secret_value(),
        "client_secret": pair.client_secret.get_secret_value(),
    }
