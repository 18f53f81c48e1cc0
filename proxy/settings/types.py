"""Functions that make a setting's value from its text; a BadValue tells the mistake."""

import re
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from proxy.addresses import ListenAddress, NoPort, Url
from proxy.errors import BadValue
from proxy.postgres.address import SCHEMES, DatabaseAddress
from proxy.rules import CALLER, Rule
from proxy.words import phrase


class Empty(BadValue):
    """A secret has no characters."""

    def __init__(self) -> None:
        super().__init__(phrase("value.empty"))


_SHORTEST_KEY = 16  # characters


def _split(value: Any) -> Any:  # noqa: ANN401  whatever a source gives
    """Read a comma-separated list; blanks around and empty items are dropped.

    A list of nothing but commas is refused; two unset variables leave such a one. It would have no
    key or rule, and so let everybody in who should be kept out.
    """
    if not isinstance(value, str):
        return value
    items = tuple(item.strip() for item in value.split(",") if item.strip())
    if value and not items:
        raise BadValue(phrase("value.no-items"))
    return items


def _existing(path: Path) -> Path:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise BadValue(phrase("value.no-file", path=str(path))) from None
    except OSError as error:
        why = str(error.strerror)
        raise BadValue(phrase("value.unreadable", path=str(path), why=why)) from None
    if stat.S_ISDIR(mode):
        raise BadValue(phrase("value.directory", path=str(path)))
    if not stat.S_ISREG(mode):
        raise BadValue(phrase("value.not-a-file", path=str(path)))
    return path


def _lower(value: Any) -> Any:  # noqa: ANN401  whatever a source gives
    return value.strip().lower() if isinstance(value, str) else value


def _egress(value: Any) -> Any:  # noqa: ANN401  whatever a source gives
    try:
        url = Url.parse(value) if value else None
    except NoPort:
        raise
    except ValueError:
        raise BadValue(phrase("value.egress")) from None
    if url and url.path:
        raise BadValue(phrase("value.egress-path"))
    return url


def userinfo(value: object) -> tuple[str, SecretStr] | None:
    """Return a URL without its user and password, and these; None if it has none."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    login, at, rest = parts.netloc.rpartition("@")
    if not at:
        return None
    return parts._replace(netloc=rest).geturl(), SecretStr(unquote(login))


def login(secret: SecretStr) -> SecretStr:
    """Return ``USER:PASSWORD`` as it is; raise BadValue if it is no such pair."""
    user, colon, _ = secret.get_secret_value().partition(":")
    if not (user and colon):
        raise BadValue(phrase("value.login"))
    return secret


def _ledger_place(value: Any) -> Any:  # noqa: ANN401  whatever a source gives
    """Read a database's address, or leave a file's path."""
    is_address = isinstance(value, str) and value.strip().startswith(SCHEMES)
    return DatabaseAddress.parse(value) if is_address else value


def _plain_names(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if "*" in name or not any(map(str.isalnum, name)):
            raise BadValue(phrase("value.no-name", name=repr(name)))
    return names


def _ends_of_paths(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name.startswith("="):
            raise BadValue(phrase("value.whole-name", name=name.lstrip("=")))
    return _plain_names(names)


def _language(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9*;=.,\- ]{1,64}", text):
        raise BadValue(phrase("value.languages"))
    return text


def _hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    for host in hosts:
        if not re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*[A-Za-z0-9]\.?)(:\d{1,5})?", host):
            raise BadValue(phrase("value.no-host", host=repr(host)))
    return hosts


def _host_names(hosts: tuple[str, ...]) -> tuple[str, ...]:
    for host in hosts:
        if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?|[0-9A-Fa-f:]+", host):
            raise BadValue(phrase("value.no-host-name", host=repr(host)))
    return tuple(host.rstrip(".").lower() for host in hosts)


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if not re.fullmatch(r"https?://[A-Za-z0-9.\-_\[\]:]+", origin):
            raise BadValue(phrase("value.no-origin", origin=repr(origin)))
    # Browsers leave the scheme's own port out (RFC 6454 section 6.2).
    return tuple(re.sub(r"^(http://.+):80$|^(https://.+):443$", r"\1\2", each) for each in origins)


def visible(secret: SecretStr) -> SecretStr:
    """Return a secret without a file's mark and blanks; raise BadValue, not repeating it."""
    text = secret.get_secret_value().removeprefix("\ufeff").strip()
    if not text:
        raise Empty
    if not text.isprintable():
        raise BadValue(phrase("value.control-characters"))
    return SecretStr(text)  # files begin with a mark, or end in a line break


@dataclass(frozen=True, slots=True)
class CallerKey:
    """A caller's name and the key that it sends."""

    caller: str
    key: SecretStr


def _caller_key(value: Any) -> Any:  # noqa: ANN401  whatever a source gives
    """Read ``name:key``, or a key alone; an error message has nothing of the key."""
    if isinstance(value, CallerKey):
        return value
    name, colon, rest = str(value).removeprefix("\ufeff").strip().partition(":")
    caller, text = (name.strip(), rest) if colon else ("default", name)
    if not re.fullmatch(CALLER, caller):
        raise BadValue(phrase("value.key-form"))
    key = visible(SecretStr(text))
    if len(key.get_secret_value()) < _SHORTEST_KEY:
        raise BadValue(phrase("value.key-short", caller=caller, least=_SHORTEST_KEY))
    return CallerKey(caller, key)


def _distinct(keys: tuple[CallerKey, ...]) -> tuple[CallerKey, ...]:
    """Refuse a key of two callers: it would not tell them apart."""
    ((_, most),) = Counter(each.key.get_secret_value() for each in keys).most_common(1) or [("", 0)]
    if most > 1:
        raise BadValue(phrase("value.key-twice"))
    return keys


Items = Annotated[tuple[str, ...], BeforeValidator(_split)]
Names = Annotated[Items, AfterValidator(_plain_names)]
EndsOfPaths = Annotated[Items, AfterValidator(_ends_of_paths)]
Hosts = Annotated[Items, AfterValidator(_hosts)]
HostNames = Annotated[Items, AfterValidator(_host_names)]
WebOrigins = Annotated[Items, AfterValidator(_origins)]
Rules = Annotated[tuple[Annotated[Rule, BeforeValidator(Rule.parse)], ...], BeforeValidator(_split)]
Listen = Annotated[ListenAddress, BeforeValidator(ListenAddress.parse)]
HttpUrl = Annotated[Url, BeforeValidator(Url.parse)]
OptionalUrl = Annotated[
    Url | None, BeforeValidator(lambda value: value and Url.parse_with_query(value))
]
EgressUrl = Annotated[Url | None, BeforeValidator(_egress)]
OptionalDatabase = Annotated[
    DatabaseAddress | None, BeforeValidator(lambda value: value and DatabaseAddress.parse(value))
]
LedgerPlace = Annotated[Path | DatabaseAddress | None, BeforeValidator(_ledger_place)]
Languages = Annotated[str, AfterValidator(_language)]
Level = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]
Format = Annotated[Literal["auto", "text", "json"], BeforeValidator(_lower)]
Repeats = Annotated[Literal["refuse", "warn", "pass"], BeforeValidator(_lower)]
TokenEndpoint = Annotated[Literal["forward", "local", "refuse"], BeforeValidator(_lower)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
File = Annotated[Path, AfterValidator(_existing)]
Secret = Annotated[SecretStr, AfterValidator(visible)]
Login = Annotated[Secret, AfterValidator(login)]
Keys = Annotated[
    tuple[Annotated[CallerKey, BeforeValidator(_caller_key)], ...],
    BeforeValidator(_split),
    AfterValidator(_distinct),
]
