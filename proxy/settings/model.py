"""Every setting: its name, its default, its bounds and what it is for.

Sources, first wins: flags, environment, ``.env``, files of a secrets directory, the keychain (for
the two credentials), default.
The descriptions below are what ``--help``, ``config.example.env`` and the documentation show.
"""

import re
import ssl
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from proxy.addresses import ListenAddress, Url
from proxy.errors import SettingsError
from proxy.invocation import COMMAND
from proxy.passport import SANDBOX, TOKEN_PATH
from proxy.settings import near_misses
from proxy.settings.field import about, setting
from proxy.settings.keychain import KeychainSource
from proxy.settings.types import (
    EgressUrl,
    File,
    Format,
    Hosts,
    HttpUrl,
    Keys,
    Languages,
    Level,
    Listen,
    Login,
    Names,
    OptionalUrl,
    Rules,
    Seconds,
    Secret,
    TokenEndpoint,
    WebOrigins,
    userinfo,
)
from proxy.settings.wording import problem

PREFIX = "BREB_"
_NOT_PRODUCTION = {
    "sandbox": "is a sandbox, where payments seem to succeed and no money moves",
    "local": "is on this machine, where payments may seem to succeed and no money moves",
    "unknown": "is not known as Passport's production host",
}


class CredentialSettings(BaseSettings):
    """The two settings that are read again at every fetch, so that rotation needs no restart."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    client_id: Secret = Field(
        description="OAuth client id, from the Passport dashboard (Platform > API keys)."
    )
    client_secret: Secret = Field(description="OAuth client secret that belongs to the client id.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Keep the documented order of the sources."""
        before = (init_settings, env_settings, dotenv_settings, file_secret_settings)
        return (*before, KeychainSource(settings_cls))


class Settings(CredentialSettings):
    """All settings of ``breb-proxy serve``."""

    base_url: HttpUrl = setting(
        "upstream",
        "URL",
        default=Url.parse(SANDBOX),
        description="Where requests go: scheme, host, optional port and path prefix.",
    )
    token_url: OptionalUrl = setting(
        "upstream",
        "URL",
        default=None,
        description=f"Token endpoint, which may have a query; unset: {TOKEN_PATH} at the origin of"
        " BASE_URL.",
    )
    accept_language: Languages = setting(
        "upstream",
        "LANGUAGE",
        default="en",
        description="Accept-Language field sent to the token endpoint.",
    )
    allow_insecure_upstream: bool = setting(
        "upstream",
        default=False,
        description="Let BASE_URL and TOKEN_URL be plain http beyond loopback.",
    )
    allow_production: bool = setting(
        "upstream",
        default=False,
        description="Let BASE_URL be Passport's production host: real money moves.",
    )

    listen: Listen = setting(
        "callers' listener",
        "HOST:PORT",
        default=ListenAddress("127.0.0.1", 8080),
        description="Callers' listener: host:port, or unix:/path (mode 0600).",
    )
    tls_cert: File | None = setting(
        "callers' listener",
        "FILE",
        default=None,
        description="PEM certificate chain; with TLS_KEY, callers speak TLS to LISTEN.",
    )
    tls_key: File | None = setting(
        "callers' listener", "FILE", default=None, description="PEM private key of TLS_CERT."
    )
    admin_listen: Listen = setting(
        "admin listener",
        "HOST:PORT",
        default=ListenAddress("127.0.0.1", 8081),
        description="Listener of /livez, /readyz, /metrics and the console.",
    )
    caller_key: Keys = Field(
        default=(),
        description="Keys, one of which callers send in X-Proxy-Key: at least 16 characters each,"
        " comma-separated, named to tell callers apart (payroll:KEY,shop:KEY).",
    )
    allow_open_listener: bool = setting(
        "callers' listener",
        default=False,
        description="Let LISTEN be beyond loopback without a CALLER_KEY.",
    )
    allowed_hosts: Hosts = setting(
        "callers' listener",
        "NAMES",
        default=(),
        description="More Host values to let in, with or without port; loopback names always are.",
    )
    allowed_origins: WebOrigins = setting(
        "callers' listener",
        "ORIGINS",
        default=(),
        description="Origins of web pages to let in, such as http://localhost:3000; answers CORS.",
    )
    allow: Rules = setting(
        "callers' listener",
        "RULES",
        default=(),
        description="Rules such as GET /v1/payments*, or shop: GET /v1/accounts* for one caller;"
        " if any, only what matches passes.",
    )
    deny: Rules = setting(
        "callers' listener",
        "RULES",
        default=(),
        description="Rules of what does not pass; they win over ALLOW.",
    )

    connect_timeout: Seconds = setting(
        "forwarding",
        "SECONDS",
        default=5,
        description="Seconds for DNS, TCP and TLS to the upstream.",
    )
    read_timeout: Seconds = setting(
        "forwarding",
        "SECONDS",
        default=60,
        description="Seconds without a byte of the upstream's answer.",
    )
    write_timeout: Seconds = setting(
        "forwarding",
        "SECONDS",
        default=60,
        description="Seconds without the upstream taking a byte of the request.",
    )
    max_connections: int = setting(
        "forwarding",
        "NUMBER",
        default=512,
        ge=1,
        le=65_535,
        description="Connections to the upstream at once.",
    )
    queue_timeout: Seconds = setting(
        "forwarding",
        "SECONDS",
        default=10,
        description="Seconds a request waits for a free connection, then 503.",
    )
    max_callers: int = setting(
        "callers' listener",
        "NUMBER",
        default=4096,
        ge=1,
        le=65_535,
        description="Callers' connections at once, then 503.",
    )
    max_body: int | None = setting(
        "callers' listener",
        "BYTES",
        default=None,
        ge=0,
        description="Largest request body in bytes, then 413; unset: no limit.",
    )
    header_timeout: Seconds = setting(
        "callers' listener",
        "SECONDS",
        default=10,
        description="Seconds for a caller to send a whole request head, or to shake hands for TLS.",
    )
    idle_timeout: Seconds = setting(
        "callers' listener",
        "SECONDS",
        default=75,
        description="Seconds a caller's connection may stay idle.",
    )

    token_timeout: Seconds = setting(
        "access token", "SECONDS", default=10, description="Seconds for one token request."
    )
    token_wait: Seconds = setting(
        "access token",
        "SECONDS",
        default=10,
        description="Seconds a request waits while there is no token, then 503.",
    )
    token_lifetime: Seconds = setting(
        "access token",
        "SECONDS",
        default=3600,
        description="Lifetime assumed when the token endpoint names none (seconds).",
    )
    token_max_age: Seconds | None = setting(
        "access token",
        "SECONDS",
        default=None,
        description="Renew tokens at this age even if they live longer (seconds). 3600 is a good"
        " habit: a token that leaks is worth an hour, for one token request an hour.",
    )
    token_endpoint: TokenEndpoint = setting(
        "access token",
        "forward|local|refuse",
        default="forward",
        description="What callers' POST to the token path gets: the API's answer, a placeholder"
        " token that is worth nothing beyond this proxy, or 403.",
    )
    revoke_tokens: bool = setting(
        "access token",
        default=True,
        description="Revoke the token at exit and when a newer one took its place.",
    )
    replay_limit: int = setting(
        "access token",
        "BYTES",
        default=65_536,
        ge=0,
        le=16_777_216,
        description="Largest request body kept for one replay after a 401 (bytes).",
    )

    ca_bundle: File | None = setting(
        "upstream",
        "FILE",
        default=None,
        description="PEM file of trusted authorities; unset: the system's.",
    )
    client_cert: File | None = setting(
        "upstream",
        "FILE",
        default=None,
        description="PEM client certificate for the upstream (mutual TLS).",
    )
    client_cert_key: File | None = setting(
        "upstream",
        "FILE",
        default=None,
        description="PEM private key of CLIENT_CERT, if not in the same file.",
    )
    egress_proxy: EgressUrl = setting(
        "upstream",
        "URL",
        default=None,
        description="HTTP proxy for upstream and token endpoint, such as http://proxy.corp:3128;"
        " https:// if TLS is spoken with the proxy itself.",
    )
    egress_credentials: Login | None = Field(
        default=None,
        description="USER:PASSWORD for EGRESS_PROXY, if it asks for them (Basic, RFC 7617).",
    )

    shutdown_grace: float = setting(
        "end of the process",
        "SECONDS",
        default=25,
        ge=0,
        le=3600,
        description="Seconds for exchanges under way to finish at exit.",
    )
    drain_delay: float = setting(
        "end of the process",
        "SECONDS",
        default=0,
        ge=0,
        le=3600,
        description="Seconds between /readyz saying 503 and the drain.",
    )
    console: bool = setting(
        "admin listener",
        default=False,
        description="Serve the console at / of ADMIN_LISTEN; keeps bodies in memory.",
    )
    redact: Names = setting(
        "admin listener",
        "NAMES",
        default=(
            "identification_number",
            "account_number",
            "key_value",
            "email",
            "mobile_phone_number",
        ),
        description="Names, or ends of names, of JSON members, form and query parameters and fields"
        " of which the console shows the last two characters alone.",
    )
    ledger: Path | None = setting(
        "ledger",
        "FILE",
        default=None,
        description="File of the ledger, in which every request that may change something is"
        " written down, durably, before it is sent; unset: none is kept.",
    )
    ledger_days: float = setting(
        "ledger",
        "DAYS",
        default=400,
        gt=0,
        le=36_500,
        description="Days that a row of the ledger is kept; in doubt, until it is settled.",
    )
    ledger_mib: int = setting(
        "ledger",
        "MIB",
        default=1024,
        ge=1,
        description="Size of the ledger's rows, in MiB, beyond which the oldest that are settled"
        " are deleted.",
    )
    ledger_fields: Names = setting(
        "ledger",
        "NAMES",
        default=(),
        description="More names, or ends of paths, of members of request bodies to keep in the"
        " ledger, such as additional_info.invoice_number.",
    )
    server_timing: bool = setting(
        "forwarding",
        default=False,
        description="Add a Server-Timing field to answers: token, connect, upstream.",
    )
    log_level: Level = setting(
        "log",
        "debug|info|warning|error",
        default="info",
        description="Least severity that is logged.",
    )
    log_format: Format = setting(
        "log",
        "auto|text|json",
        default="auto",
        description="auto: text on a terminal, JSON lines elsewhere.",
    )
    access_log: bool = setting(
        "log", default=True, description="Log one line for each exchange, of level info."
    )

    @property
    def token_endpoint_url(self) -> Url:
        """The token endpoint: TOKEN_URL, or the documented path at the upstream's origin."""
        return self.token_url or self.base_url.at(TOKEN_PATH)

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, values: Any) -> Any:  # noqa: ANN401  whatever the sources give
        """Take user and password out of EGRESS_PROXY, as they stand in HTTPS_PROXY."""
        login = userinfo(values.get("egress_proxy"))
        if login is None:
            return values
        url, credentials = login
        if values.get("egress_credentials"):
            raise ValueError(
                f"{PREFIX}EGRESS_PROXY: has user and password, and so has"
                f" {PREFIX}EGRESS_CREDENTIALS; keep the latter"
            )
        return {**values, "egress_proxy": url, "egress_credentials": credentials}

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problems = [*self._unsafe(), *self._incomplete()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _unsafe(self) -> list[str]:
        problems = []
        for name, url in (("BASE_URL", self.base_url), ("TOKEN_URL", self.token_url)):
            if url and url.scheme == "http" and not (url.loopback or self.allow_insecure_upstream):
                problems.append(
                    f"{PREFIX}{name}: must be https, since token or credentials travel on it;"
                    f" or set {PREFIX}ALLOW_INSECURE_UPSTREAM=true"
                )
        if self.base_url.environment == "production" and not self.allow_production:
            problems.append(
                f"{PREFIX}BASE_URL: {self.base_url.host} is Passport's production host, where real"
                f" money moves; to mean it, set {PREFIX}ALLOW_PRODUCTION=true"
            )
        if self.allow_production and self.base_url.environment != "production":
            problems.append(
                f"{PREFIX}ALLOW_PRODUCTION: is true, but {PREFIX}BASE_URL ({self.base_url.host})"
                f" {_NOT_PRODUCTION[self.base_url.environment]}; name the production host there,"
                f" or take {PREFIX}ALLOW_PRODUCTION away"
            )
        if not (self.listen.private or self.caller_key or self.allow_open_listener):
            problems.append(
                f"{PREFIX}LISTEN: {self.listen} can be reached from other machines, which could"
                f" act with your token; set {PREFIX}CALLER_KEY, or listen on 127.0.0.1, or set"
                f" {PREFIX}ALLOW_OPEN_LISTENER=true"
            )
        return problems

    def _incomplete(self) -> list[str]:
        problems = [*self._unknown_callers()]
        if bool(self.tls_cert) != bool(self.tls_key):
            problems.append(f"{PREFIX}TLS_CERT and {PREFIX}TLS_KEY: set both, or neither")
        if self.client_cert_key and not self.client_cert:
            problems.append(f"{PREFIX}CLIENT_CERT_KEY: set {PREFIX}CLIENT_CERT too")
        if self.egress_credentials and not self.egress_proxy:
            problems.append(f"{PREFIX}EGRESS_CREDENTIALS: set {PREFIX}EGRESS_PROXY too")
        if self.listen == self.admin_listen and (self.listen.path or self.listen.port):
            problems.append(f"{PREFIX}ADMIN_LISTEN: must differ from {PREFIX}LISTEN")
        problems.extend(
            f"{PREFIX}{name}: {own} is this proxy's own listener ({PREFIX}{setting}): it would call"
            " itself"
            for name, url in (
                ("BASE_URL", self.base_url),
                ("TOKEN_URL", self.token_url),
                ("EGRESS_PROXY", self.egress_proxy),
            )
            for setting, own in (("LISTEN", self.listen), ("ADMIN_LISTEN", self.admin_listen))
            if url and url.reaches(own)
        )
        problems.extend(_unusable_authorities(self.ca_bundle))
        problems.extend(_unusable_pair("CLIENT_CERT", self.client_cert, self.client_cert_key))
        if self.tls_key:
            problems.extend(_unusable_pair("TLS_CERT", self.tls_cert, self.tls_key))
        return problems

    def _unknown_callers(self) -> list[str]:
        known = {each.caller for each in self.caller_key}
        return [
            f"{PREFIX}{name}: the rule {rule} is for a caller that {PREFIX}CALLER_KEY does not name"
            for name, rules in (("ALLOW", self.allow), ("DENY", self.deny))
            for rule in rules
            if rule.caller and rule.caller not in known
        ]


def _unusable_authorities(bundle: Path | None) -> list[str]:
    if bundle is None:
        return []
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(bundle)
    except OSError as error:
        return [f"{PREFIX}CA_BUNDLE: no certificates in {bundle} ({_reason(error)})"]
    return []


def _unusable_pair(name: str, cert: Path | None, key: Path | None) -> list[str]:
    if cert is None:
        return []
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(cert, key)
    except OSError as error:
        return [f"{PREFIX}{name}: cannot use {cert} ({_reason(error)})"]
    return []


def _reason(error: OSError) -> str:
    return getattr(error, "reason", None) or error.strerror or type(error).__name__


SECRETS = frozenset(("client_id", "client_secret", "caller_key", "egress_credentials"))


class Flag(NamedTuple):
    """A setting as a flag of the command line."""

    name: str
    description: str
    default: str
    group: str
    takes: str


def flags() -> list[Flag]:
    """Return each setting that may be a flag: no secrets."""
    return [
        Flag(name, str(field.description), shown(field.default), *about(field))
        for name, field in Settings.model_fields.items()
        if name not in SECRETS
    ]


def shown(default: object) -> str:
    """Word a default as one would write it."""
    if default is None or default == ():
        return "unset"
    if isinstance(default, bool):
        return str(default).lower()
    return ",".join(default) if isinstance(default, tuple) else str(default)


def load(flags: dict[str, Any] | None = None, **where: Any) -> Settings:  # noqa: ANN401  passed on
    """Read all settings; ``where`` comes from `sources`.

    Raises SettingsError with every problem at once, one line each, none with a value of a secret.
    """
    try:
        return Settings(**(flags or {}), **where)
    except ValidationError as error:
        found = [*problems(error, where), *_beside(error, flags or {}, where)]
        missing = any(item["type"] == "missing" for item in error.errors())
        hint = f"to see what is read from where: {COMMAND} check" if missing else ""
        raise SettingsError(list(dict.fromkeys(found)), hint) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f".env or secret file: cannot be read ({error})"]) from None


def _beside(error: ValidationError, flags: dict[str, Any], where: dict[str, Any]) -> list[str]:
    """Return how the settings that are right by themselves disagree.

    pydantic compares them only if each one is right: here defaults stand in for those that are
    not, and what is said of them is left out.
    """
    wrong = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
    if not wrong:
        return []  # it was they that disagreed
    fields = Settings.model_fields
    stand_ins = {
        name: "x" if fields[name].is_required() else fields[name].default for name in wrong
    }
    named = re.compile(rf"{PREFIX}(?:{'|'.join(wrong)})\b", re.IGNORECASE)
    try:
        Settings(**{**flags, **stand_ins}, **where)
    except ValidationError as further:
        return [line for line in problems(further) if not named.search(line)]
    return []


def problems(error: ValidationError, where: dict[str, Any] | None = None) -> list[str]:
    """Put each problem into one line that names the setting and what is wrong with it.

    ``where`` comes from `sources`: what is missing is looked for there, under near names.
    """
    lines: list[str] = []
    for item in error.errors(include_url=False, include_input=False):
        if not item["loc"]:
            lines.extend(item["msg"].removeprefix("Value error, ").split("\n"))
            continue
        name = str(item["loc"][0])
        full = PREFIX + name.upper()
        near = near_misses.missing(full, where) if where and item["type"] == "missing" else ""
        lines.append(f"{full}: {near or problem(item, Settings.model_fields[name])}")
    return list(dict.fromkeys(lines))
