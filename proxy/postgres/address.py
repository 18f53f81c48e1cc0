"""The address of a database, in the form that psql takes, but never with a password."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from proxy.addresses import bracketed, loopback
from proxy.errors import BadValue
from proxy.words import phrase

SCHEMES = ("postgresql://", "postgres://")
_PORT = re.compile(r"[0-9]{1,5}")
# What may stand after the ?: it says which server is meant, or how to prove who is who.
_PARAMETERS = frozenset(
    (
        *("host", "port", "sslmode", "sslcert", "sslkey", "channel_binding"),
        *("target_session_attrs", "gssencmode", "krbsrvname"),
    )
)
_MODES = frozenset(("disable", "allow", "prefer", "require", "verify-ca", "verify-full"))


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where a database is, and as whom we come; ``hosts`` are tried in turn.

    A host that begins with / is the folder of a Unix socket. ``parameters`` are libpq's.
    """

    user: str
    hosts: tuple[str, ...]
    ports: tuple[str, ...]
    name: str
    parameters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, value: Any) -> "DatabaseAddress":  # noqa: ANN401  whatever a source gives
        """Read ``postgresql://USER@HOST[:PORT][,HOST...]/NAME``; raise BadValue for a wrong one.

        The error repeats nothing of the value, which may have a password.
        """
        if isinstance(value, DatabaseAddress):
            return value
        text = str(value).strip()
        if not text.startswith(SCHEMES):
            raise BadValue(phrase("value.database"))
        try:
            parts = urlsplit(text)
            given = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        except ValueError:
            raise BadValue(phrase("value.database")) from None
        login, _, places = parts.netloc.rpartition("@")
        user, colon, _ = login.partition(":")
        if colon or "password" in dict(given):
            raise BadValue(phrase("value.database-password"))
        hosts, ports = _places(places)
        parameters = dict(given)
        _check_parameters(parameters)
        if not any(hosts) and "host" in parameters:
            hosts = tuple(parameters.pop("host").split(","))
            ports = tuple(parameters.pop("port", "5432").split(","))
        rest = tuple(sorted(parameters.items()))
        return cls(unquote(user), hosts, ports, unquote(parts.path.strip("/")), rest)

    @property
    def private(self) -> bool:
        """Whether the way there leaves this machine: a socket and loopback do not."""
        return all(not host or host.startswith("/") or loopback(host) for host in self.hosts)

    @property
    def tls(self) -> str:
        """How TLS is used, in libpq's words: to any other machine with both sides' proof."""
        return dict(self.parameters).get("sslmode", "prefer" if self.private else "verify-full")

    def __str__(self) -> str:
        """Return the address as it is written in a setting."""
        places = ",".join(
            f"{quote(bracketed(host), safe='[]:')}:{port}"
            for host, port in zip(self.hosts, self.ports, strict=True)
        )
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        rest = "&".join(f"{name}={quote(value, safe='/')}" for name, value in self.parameters)
        return f"postgresql://{user}{places}/{quote(self.name)}" + (f"?{rest}" if rest else "")


def _places(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    hosts, ports = [], []
    for place in text.split(","):
        found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(?::(.*))?", place)
        if found is None:
            raise BadValue(phrase("value.database"))
        port = found[2] or "5432"
        if not _PORT.fullmatch(port) or not 0 < int(port) < 65_536:
            raise BadValue(phrase("value.database-port"))
        hosts.append(unquote(found[1].strip("[]")))
        ports.append(port)
    return tuple(hosts), tuple(ports)


def _check_parameters(given: dict[str, str]) -> None:
    for name in given:
        if name not in _PARAMETERS:
            known = ", ".join(sorted(_PARAMETERS))
            raise BadValue(phrase("value.database-parameter", known=known))
    if given.get("sslmode", "prefer") not in _MODES:
        raise BadValue(phrase("value.database-sslmode", known=", ".join(sorted(_MODES))))
