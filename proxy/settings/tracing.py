"""The standard OTEL_* variables, which turn on traces.

A wrong value is ignored with a warning, as OpenTelemetry's specification wants it: traces keep no
payment from being made. This module is imported only if one of the variables is set.
"""

import math
import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from proxy import key_pair
from proxy.addresses import ListenAddress, Url
from proxy.errors import BadValue
from proxy.http1.fields import Lines
from proxy.settings.sources import Sources
from proxy.words import Phrase, Said, phrase

PREFIX = "OTEL_"
_OTLP = "OTEL_EXPORTER_OTLP_"
_COLLECTOR = "http://localhost:4318"
_PATH = "/v1/traces"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
_VALUE = re.compile(r"[\x20-\x7e]*")
# We write these fields ourselves: how the message ends, and what is in it.
_OURS = frozenset(("content-encoding", "content-length", "content-type", "host", "connection"))
_OURS |= {"transfer-encoding", "expect", "te", "trailer", "upgrade"}


class Variable(NamedTuple):
    """A variable, as the help and the documentation have it."""

    name: str
    default: str
    description: str


VARIABLES = (
    Variable(
        f"{_OTLP}ENDPOINT",
        "unset",
        "Turns on traces: the address of a collector that takes OTLP over HTTP, such as"
        f" {_COLLECTOR}. {_PATH} is added to it.",
    ),
    Variable(f"{_OTLP}TRACES_ENDPOINT", "unset", "The same, used as it is, with nothing added."),
    Variable(
        f"{_OTLP}HEADERS",
        "unset",
        "Headers for the collector, as NAME=VALUE,NAME=VALUE, percent-encoded. A secret.",
    ),
    Variable(f"{_OTLP}TIMEOUT", "10000", "Milliseconds that the collector has to take a batch."),
    Variable(
        f"{_OTLP}CERTIFICATE",
        "unset",
        "PEM file with the only authorities that the collector's certificate may come from.",
    ),
    Variable(f"{_OTLP}CLIENT_CERTIFICATE", "unset", "PEM file with the client certificate."),
    Variable(f"{_OTLP}CLIENT_KEY", "unset", "PEM file with the key of the client certificate."),
    Variable(f"{_OTLP}COMPRESSION", "none", "gzip or none."),
    Variable(f"{_OTLP}PROTOCOL", "http/protobuf", "Only http/protobuf is spoken."),
    Variable(
        "OTEL_TRACES_EXPORTER",
        "otlp",
        f"none turns traces off; otlp turns them on, without an endpoint to {_COLLECTOR}.",
    ),
    Variable("OTEL_SDK_DISABLED", "false", "true turns traces off."),
    Variable(
        "OTEL_TRACES_SAMPLER",
        "parentbased_always_on",
        "always_on, always_off, traceidratio, or one of them after parentbased_: then the sampled"
        " flag of the caller's traceparent decides, if there is one.",
    ),
    Variable("OTEL_TRACES_SAMPLER_ARG", "1.0", "The ratio of traceidratio, from 0 to 1."),
    Variable("OTEL_SERVICE_NAME", "breb-proxy", "The name under which the proxy is shown."),
    Variable(
        "OTEL_RESOURCE_ATTRIBUTES", "unset", "More about the proxy, as NAME=VALUE,NAME=VALUE."
    ),
    Variable("OTEL_BSP_SCHEDULE_DELAY", "5000", "Milliseconds that spans wait for others."),
    Variable("OTEL_BSP_MAX_QUEUE_SIZE", "2048", "Exchanges that may wait; others are dropped."),
)
_DEFAULTS = {each.name: each.default for each in VARIABLES}


@dataclass(frozen=True, slots=True)
class Sampler:
    """The share of traces without a caller's that are recorded.

    ``asks_parent``: whether the caller's flag decides of the others.
    """

    name: str = "parentbased_always_on"
    ratio: float = 1.0
    asks_parent: bool = True

    def __str__(self) -> str:
        return f"{self.name} {self.ratio:g}" if "ratio" in self.name else self.name


@dataclass(frozen=True, slots=True)
class TracingOptions:
    """Where traces go, and which; times in seconds."""

    endpoint: Url
    headers: Lines = field(default_factory=list, repr=False)
    timeout: float = 10.0
    delay: float = 5.0
    queue: int = 2048  # exchanges
    compressed: bool = False
    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    resource: tuple[tuple[str, str], ...] = ()
    sampler: Sampler = Sampler()


class Tracing(NamedTuple):
    """``options`` is None if traces are off; ``warnings`` name the values that are ignored."""

    options: TracingOptions | None
    warnings: list[Phrase]


def tracing(sources: Sources, listeners: Iterable[ListenAddress]) -> Tracing:
    """Read the variables wherever settings may stand; ``listeners`` are no collectors."""
    reader = _Variables(sources, tuple(listeners))
    return Tracing(reader.options(), reader.warnings)


def _default(name: str) -> str:
    return _DEFAULTS[name if name in _DEFAULTS else name.replace(f"{_OTLP}TRACES_", _OTLP)]


class _Variables:
    """Reads one variable after the other, and collects what is wrong with them."""

    def __init__(self, sources: Sources, listeners: tuple[ListenAddress, ...]) -> None:
        self._sources = sources
        self._listeners = listeners
        self.warnings: list[Phrase] = []

    def options(self) -> TracingOptions | None:
        """Return the options; None if traces are off."""
        if self._text("OTEL_SDK_DISABLED").lower() == "true":
            return None
        endpoint, sampler = self._endpoint(), self._sampler()
        if endpoint is None or sampler.name == "always_off":
            return None
        self._one_of("PROTOCOL", ("http/protobuf",))
        certificate, key = self._client()
        return TracingOptions(
            endpoint=endpoint,
            headers=self._headers(),
            timeout=self._number(self._which("TIMEOUT"), 1, 600_000) / 1000,
            delay=self._number("OTEL_BSP_SCHEDULE_DELAY", 1, 3_600_000) / 1000,
            queue=int(self._number("OTEL_BSP_MAX_QUEUE_SIZE", 1, 1_000_000)),
            compressed=self._one_of("COMPRESSION", ("none", "gzip")) == "gzip",
            authorities=self._authorities(),
            certificate=certificate,
            key=key,
            resource=self._resource(),
            sampler=sampler,
        )

    # -- how a value is found --------------------------------------------------------------

    def _text(self, name: str) -> str:
        return (self._sources.get(name) or "").strip()

    def _which(self, name: str) -> str:
        """Return the name of the variable that counts: the one for traces alone wins."""
        own = f"{_OTLP}TRACES_{name}"
        return own if self._text(own) else f"{_OTLP}{name}"

    def _ignored(self, name: str, why: Said, instead: Said = "") -> None:
        default = instead or _default(name)
        self.warnings.append(phrase("traces.ignored", name=name, why=why, default=default))

    def _one_of(self, name: str, known: tuple[str, ...]) -> str:
        variable = self._which(name)
        value = self._text(variable).lower()
        if value and value not in known:
            self._ignored(variable, phrase("traces.one-of", known=", ".join(known)))
        return value if value in known else known[0]

    def _number(self, name: str, least: int, most: int) -> float:
        text = self._text(name) or _default(name)
        if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most:
            return int(text)
        self._ignored(name, phrase("traces.number", least=least, most=most))
        return int(_default(name))

    # -- the collector ---------------------------------------------------------------------

    def _endpoint(self) -> Url | None:
        exporters = self._text("OTEL_TRACES_EXPORTER").lower()
        chosen = {each.strip() for each in exporters.split(",")} - {""}
        if unknown := chosen - {"otlp", "none"}:
            known, names = phrase("traces.exporters"), ", ".join(sorted(unknown))
            self._ignored(
                "OTEL_TRACES_EXPORTER", known, instead=phrase("traces.left-out", it=names)
            )
        if chosen and "otlp" not in chosen:
            return None
        name = self._which("ENDPOINT")
        text = self._text(name)
        if not text:
            return Url.parse(_COLLECTOR + _PATH) if chosen else None
        off = phrase("traces.off")
        try:
            url = Url.parse_with_query(text)
        except BadValue as error:
            self._ignored(name, error.what, instead=off)
            return None
        if any(url.reaches(each) for each in self._listeners):  # each batch would make spans
            self._ignored(name, phrase("traces.circle"), instead=off)
            return None
        if "TRACES" in name:
            return url
        return Url(url.scheme, url.host, url.port, url.path + _PATH, url.query)

    def _headers(self) -> Lines:
        name = self._which("HEADERS")
        lines: Lines = []
        for key, value in self._pairs(name):
            if not _NAME.fullmatch(key) or not _VALUE.fullmatch(value):
                self._ignored(name, phrase("traces.header"), phrase("traces.without-it"))
            elif key.lower() in _OURS:
                ours = phrase("traces.header-ours", header=key)
                self._ignored(name, ours, phrase("traces.without-it"))
            else:
                lines.append((key.encode(), value.encode()))
        return lines

    def _pairs(self, name: str) -> list[tuple[str, str]]:
        """Return the pairs of a list; never say what is in it, since it may be a secret."""
        pairs = []
        for each in self._text(name).split(","):
            key, sign, value = each.partition("=")
            if sign and key.strip():
                pairs.append((unquote(key.strip()), unquote(value.strip())))
            elif each.strip():
                self._ignored(name, phrase("traces.pairs"))
                return []
        return pairs

    def _file(self, name: str) -> Path | None:
        text = self._text(self._which(name))
        return Path(text) if text else None

    def _authorities(self) -> Path | None:
        path = self._file("CERTIFICATE")
        if path is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
            except OSError as error:
                why = str(getattr(error, "reason", None) or error.strerror)
                unusable = phrase("value.no-certificates", path=str(path), why=why)
                self._ignored(self._which("CERTIFICATE"), unusable)
                return None
        return path

    def _client(self) -> tuple[Path | None, Path | None]:
        certificate, key = self._file("CLIENT_CERTIFICATE"), self._file("CLIENT_KEY")
        if certificate is None:
            return None, None
        try:
            key_pair.load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate, key)
        except key_pair.PairUnusable as error:
            self._ignored(self._which("CLIENT_CERTIFICATE"), error.why)
            return None, None
        return certificate, key

    # -- what is told ----------------------------------------------------------------------

    def _resource(self) -> tuple[tuple[str, str], ...]:
        told = {"service.name": _DEFAULTS["OTEL_SERVICE_NAME"]}
        told |= dict(self._pairs("OTEL_RESOURCE_ATTRIBUTES"))
        if name := self._text("OTEL_SERVICE_NAME"):
            told["service.name"] = name
        return tuple(told.items())

    def _sampler(self) -> Sampler:
        name = self._text("OTEL_TRACES_SAMPLER").lower() or _DEFAULTS["OTEL_TRACES_SAMPLER"]
        kind = name.removeprefix("parentbased_")
        if kind not in ("always_on", "always_off", "traceidratio"):
            self._ignored("OTEL_TRACES_SAMPLER", phrase("traces.sampler"))
            return Sampler()
        ratio = float(kind == "always_on")
        if kind == "traceidratio":
            ratio = self._ratio()
        return Sampler(name, ratio, asks_parent=kind != name)

    def _ratio(self) -> float:
        text = self._text("OTEL_TRACES_SAMPLER_ARG") or "1"
        try:
            ratio = float(text)
        except ValueError:
            ratio = math.nan
        if 0 <= ratio <= 1:
            return ratio
        self._ignored("OTEL_TRACES_SAMPLER_ARG", phrase("traces.ratio"))
        return 1.0
