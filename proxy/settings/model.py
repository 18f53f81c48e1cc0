"""Every setting: its name, its default, its bounds and its purpose.

The first wins: flags, environment, ``.env``, files of a secrets directory, the keychain (for the
two credentials), default.
``--help``, ``config.example.env`` and the documentation show the descriptions below.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from pydantic import Field, ValidationError, model_validator

from proxy.addresses import ListenAddress, Url
from proxy.passport.hosts import SANDBOX
from proxy.passport.tokens import TOKEN_PATH
from proxy.postgres.address import DatabaseAddress
from proxy.settings.field import about, common, setting
from proxy.settings.library import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from proxy.settings.misfits import misfits
from proxy.settings.precedence import Found, first_given
from proxy.settings.problems import Disagreement, Problem, SettingsWrong, problems
from proxy.settings.sources import PREFIX, Sources
from proxy.settings.types import (
    EgressUrl,
    EndsOfPaths,
    File,
    Format,
    HostNames,
    Hosts,
    HttpUrl,
    Keys,
    Languages,
    LedgerPlace,
    Level,
    Listen,
    Login,
    Names,
    OptionalDatabase,
    OptionalUrl,
    Repeats,
    Rules,
    Seconds,
    Secret,
    TokenEndpoint,
    WebOrigins,
    userinfo,
)
from proxy.words import phrase


class Settings(BaseSettings):
    """All settings of ``breb-proxy serve``, made from the values that were found."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="forbid",
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
        """Take the values that `find` found, and read nothing again."""
        return (init_settings,)

    base_url: HttpUrl = setting(
        "upstream",
        "URL",
        common=True,
        default=Url.parse(SANDBOX),
        description="Where requests go: scheme, host, optional port and path prefix.",
    )
    token_url: OptionalUrl = setting(
        "upstream",
        "URL",
        default=None,
        description=f"Token endpoint; it may have a query. Unset: {TOKEN_PATH} at the origin of"
        " BASE_URL.",
    )
    accept_language: Languages = setting(
        "upstream",
        "LANGUAGE",
        default="en",
        description="Accept-Language header of token requests.",
    )
    allow_insecure_upstream: bool = setting(
        "upstream",
        default=False,
        description="Allow plain http in BASE_URL and TOKEN_URL, also for hosts that are not"
        " loopback.",
    )
    allow_production: bool = setting(
        "upstream",
        common=True,
        default=False,
        description="Allow Passport's production. Real money moves there. Every host of Passport"
        " that is not a known sandbox is production.",
    )
    production_hosts: HostNames = setting(
        "upstream",
        "HOSTS",
        default=(),
        description="Hosts of your own that lead to Passport's production, such as an API gateway."
        " They count as production too.",
    )

    listen: Listen = setting(
        "callers' listener",
        "HOST:PORT",
        common=True,
        default=ListenAddress("127.0.0.1", 8080),
        description="Address for callers: host:port, or unix:/path (mode 0600).",
    )
    tls_cert: File | None = setting(
        "callers' listener",
        "FILE",
        default=None,
        description="PEM certificate chain for LISTEN. With TLS_CERT and TLS_KEY, callers must"
        " use TLS.",
    )
    tls_key: File | None = setting(
        "callers' listener", "FILE", default=None, description="PEM private key of TLS_CERT."
    )
    admin_listen: Listen = setting(
        "admin listener",
        "HOST:PORT",
        common=True,
        default=ListenAddress("127.0.0.1", 8081),
        description="Address of the admin listener, which serves /livez, /readyz, /metrics and"
        " the console.",
    )
    caller_key: Keys = Field(
        default=(),
        description="Keys of callers, separated by commas. Each key has at least 16 characters."
        " A caller sends its key in X-Proxy-Key. Names tell callers apart:"
        " payroll:KEY,shop:KEY.",
    )
    allow_open_listener: bool = setting(
        "callers' listener",
        default=False,
        description="Allow a LISTEN address that is not loopback, without a CALLER_KEY.",
    )
    allowed_hosts: Hosts = setting(
        "callers' listener",
        "NAMES",
        default=(),
        description="More Host values to accept, with or without a port. Loopback names are"
        " always accepted.",
    )
    allowed_origins: WebOrigins = setting(
        "callers' listener",
        "ORIGINS",
        default=(),
        description="Origins of web pages that may use the proxy, such as http://localhost:3000."
        " The proxy answers CORS for them.",
    )
    allow: Rules = setting(
        "callers' listener",
        "RULES",
        common=True,
        default=(),
        description="Rules for requests that may pass, such as GET /v1/payments*, or shop: GET"
        " /v1/accounts* for one caller. If there are rules, every other request is"
        " refused.",
    )
    deny: Rules = setting(
        "callers' listener",
        "RULES",
        default=(),
        description="Rules for requests that are refused. They win over ALLOW.",
    )
    allow_overrides: bool = setting(
        "callers' listener",
        default=False,
        description="Forward requests that name another method or path, as with"
        " X-HTTP-Method-Override, X-Original-URL or a parameter _method, although ALLOW, DENY,"
        " LEDGER or TOKEN_ENDPOINT rests on both. Without these settings they are always"
        " forwarded.",
    )

    connect_timeout: Seconds = setting(
        "forwarding",
        "SECONDS",
        default=5,
        description="Seconds to connect to the upstream (DNS, TCP and TLS).",
    )
    read_timeout: Seconds = setting(
        "forwarding",
        "SECONDS",
        default=60,
        description="Seconds to wait for the next byte of the upstream's response.",
    )
    write_timeout: Seconds = setting(
        "forwarding",
        "SECONDS",
        default=60,
        description="Seconds to wait until the upstream takes the next byte of the request.",
    )
    wait_for_final: int = setting(
        "forwarding",
        "SECONDS",
        default=0,
        ge=0,
        le=60,
        description="Seconds to wait with the answer to a payment until it is settled or rejected,"
        " for callers that do not say how long they would wait (Prefer: wait=20). The proxy asks"
        " the API for the payment meanwhile. 0: not at all.",
    )
    max_connections: int = setting(
        "forwarding",
        "NUMBER",
        default=512,
        ge=1,
        le=65_535,
        description="Most connections to the upstream at the same time.",
    )
    queue_timeout: Seconds = setting(
        "forwarding",
        "SECONDS",
        default=10,
        description="Seconds that a request waits for a free connection. Then the caller gets 503.",
    )
    max_callers: int = setting(
        "callers' listener",
        "NUMBER",
        default=4096,
        ge=1,
        le=65_535,
        description="Most connections of callers at the same time. One more gets 503.",
    )
    memory_budget: int | None = setting(
        "callers' listener",
        "MIB",
        default=None,
        ge=1,
        le=1_048_576,
        description="Most memory, in MiB, that callers can make the proxy hold: requests, answers"
        " and connections. Above it, strangers are refused. Unset: what the memory limit of the"
        " container or service allows, else 512.",
    )
    max_body: int | None = setting(
        "callers' listener",
        "BYTES",
        default=None,
        ge=0,
        description="Largest request body, in bytes. A larger one gets 413. Unset: no limit.",
    )
    header_timeout: Seconds = setting(
        "callers' listener",
        "SECONDS",
        default=10,
        description="Seconds that a caller has to send the request line and all headers, or to"
        " complete the TLS handshake.",
    )
    idle_timeout: Seconds = setting(
        "callers' listener",
        "SECONDS",
        default=75,
        description="Seconds that a caller's connection may stay idle.",
    )
    half_close_timeout: Seconds = setting(
        "callers' listener",
        "SECONDS",
        default=90,
        description="Seconds without progress that a caller is waited for that ends its sending"
        " direction before it has the response, as clients of HTTP/1.0 do. Then it counts as gone,"
        " and the request is ended. The default is longer than any request takes with the other"
        " defaults. A caller that is known to be gone is not waited for.",
    )

    token_timeout: Seconds = setting(
        "access token", "SECONDS", default=10, description="Seconds for one token request."
    )
    token_wait: Seconds = setting(
        "access token",
        "SECONDS",
        default=10,
        description="Seconds that a request waits for a token when there is none. Then the"
        " caller gets 503.",
    )
    token_lifetime: Seconds = setting(
        "access token",
        "SECONDS",
        default=3600,
        description="Lifetime of a token, in seconds, if the token endpoint sends no expires_in.",
    )
    token_max_age: Seconds | None = setting(
        "access token",
        "SECONDS",
        default=None,
        description="Renew a token at this age, in seconds, even if it lives longer. 3600 is a"
        " good value: the proxy sends one token request an hour and revokes the old"
        " token, so that a token that leaks is useful for about an hour.",
    )
    token_endpoint: TokenEndpoint = setting(
        "access token",
        "forward|local|refuse",
        default="forward",
        description="What a caller's POST to the token path gets. forward: the API's response."
        " local: a placeholder token, which only this proxy accepts. refuse: 403.",
    )
    revoke_tokens: bool = setting(
        "access token",
        default=True,
        description="Revoke a token at shutdown, and when a newer one has replaced it.",
    )
    token_shared: bool = setting(
        "access token",
        default=False,
        description="Share one token with the other replicas that have the same credentials and"
        " the same BASE_URL, through the DATABASE: one replica fetches it, and the others take"
        " it.",
    )
    replay_limit: int = setting(
        "access token",
        "BYTES",
        default=65_536,
        ge=0,
        le=16_777_216,
        description="Largest request body, in bytes, that the proxy keeps to send the request"
        " again after a 401.",
    )

    ca_bundle: File | None = setting(
        "upstream",
        "FILE",
        common=True,
        default=None,
        description="PEM file of trusted certificate authorities. Unset: the system's.",
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
        description="PEM private key of CLIENT_CERT, if it is not in the same file.",
    )
    egress_proxy: EgressUrl = setting(
        "upstream",
        "URL",
        common=True,
        default=None,
        description="HTTP proxy on the way to the upstream and the token endpoint, such as"
        " http://proxy.corp:3128. Write https:// only if the connection to that"
        " proxy uses TLS.",
    )
    egress_credentials: Login | None = Field(
        default=None,
        description="USER:PASSWORD for EGRESS_PROXY, if it needs them (Basic, RFC 7617). They are"
        " read again when it refuses them.",
    )

    shutdown_grace: float = setting(
        "end of the process",
        "SECONDS",
        default=25,
        ge=0,
        le=3600,
        description="Seconds that exchanges under way have to finish at shutdown.",
    )
    drain_delay: float = setting(
        "end of the process",
        "SECONDS",
        default=0,
        ge=0,
        le=3600,
        description="Seconds at shutdown in which /readyz answers 503 but new requests are still"
        " accepted.",
    )
    console: bool = setting(
        "admin listener",
        common=True,
        default=False,
        description="Serve the console at / of ADMIN_LISTEN. It keeps the last exchanges in"
        " memory, with bodies.",
    )
    console_exchanges: int = setting(
        "admin listener",
        "COUNT",
        default=200,
        ge=1,
        le=2000,
        description="How many exchanges the console keeps, if they fit into its 16 MiB.",
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
        description="Names of values to mask: JSON members, form and query parameters, headers. A"
        " name covers all names that end in it: nit also masks unit. With = before it, it covers"
        " only itself: =nit. Case and punctuation do not count. The console and the ledger show"
        " only the last two characters of such a value.",
    )
    ledger: LedgerPlace = setting(
        "ledger",
        "FILE",
        common=True,
        default=None,
        description="File of the ledger, or postgresql://USER@HOST:PORT/DATABASE for several"
        " replicas with one ledger (see DATABASE). The proxy records every request that may change"
        " something there, before it sends the request. Unset: no ledger.",
    )
    ledger_days: float = setting(
        "ledger",
        "DAYS",
        default=400,
        gt=0,
        le=36_500,
        description="Days that the ledger keeps a row. It keeps a row in doubt until the row is"
        " settled.",
    )
    ledger_mib: int = setting(
        "ledger",
        "MIB",
        default=1024,
        ge=1,
        description="Size limit of the ledger's rows in a file, in MiB. Above it, the oldest rows"
        " are deleted, except those that are open or in doubt.",
    )
    ledger_ask: bool = setting(
        "ledger",
        default=True,
        description="The proxy asks the API by itself, with GET only, about rows of the ledger that"
        " are in doubt, and settles what it finds for sure. It asks no more than callers may.",
    )
    idempotency: bool = setting(
        "ledger",
        default=True,
        description="Where there is a ledger, a request that may change something is sent once for"
        " each Idempotency-Key of its caller; repeats get the first one's answer. false: the header"
        " is passed on, and means nothing to the proxy.",
    )
    idempotency_hours: float = setting(
        "ledger",
        "HOURS",
        default=24,
        ge=0,
        le=8760,
        description="Hours that the ledger keeps the answers to requests with an Idempotency-Key,"
        " whole and unmasked, for repeats. 0: it keeps none. The keys themselves are kept for"
        " longer: a repeat is never sent.",
    )
    repeats: Repeats = setting(
        "ledger",
        "refuse|warn|pass",
        default="refuse",
        description="What happens to a payment that looks like one of the ledger that is in doubt:"
        " the same caller, account, payee and amount under another resolution, or an equal ACH"
        " payment. refuse: 409, unless it comes with Prefer: handling=lenient. warn: it is sent,"
        " and a log line says so. pass: nothing is compared.",
    )
    ledger_fields: EndsOfPaths = setting(
        "ledger",
        "NAMES",
        default=(),
        description="More members of request bodies to record in the ledger: names, or ends of"
        " paths, such as additional_info.invoice_number.",
    )
    database: OptionalDatabase = setting(
        "database",
        "URL",
        default=None,
        description="PostgreSQL database that several replicas share:"
        " postgresql://USER@HOST:PORT/DATABASE, without a password. To any host that is not"
        " loopback or a socket, the connection uses TLS and checks certificate and name; ?sslmode="
        " changes that. Several hosts may follow each other, separated by commas, with"
        " ?target_session_attrs=read-write.",
    )
    database_password: Secret | None = Field(
        default=None,
        description="Password for DATABASE, if it needs one. It is read again for each connection.",
    )
    database_ca: File | None = setting(
        "database",
        "FILE",
        default=None,
        description="PEM file of the authorities that the database's certificate may come from."
        " Unset: the system's.",
    )
    server_timing: bool = setting(
        "forwarding",
        default=False,
        description="Add a Server-Timing header to responses: token, connect, upstream.",
    )
    log_level: Level = setting(
        "log",
        "debug|info|warning|error",
        common=True,
        default="info",
        description="Lowest level that is logged.",
    )
    log_format: Format = setting(
        "log",
        "auto|text|json",
        default="auto",
        description="auto: text on a terminal, JSON lines elsewhere.",
    )
    access_log: bool = setting(
        "log", default=True, description="Log one line for each exchange, at level info."
    )

    @property
    def token_endpoint_url(self) -> Url:
        """The token endpoint: TOKEN_URL, or the documented path at the upstream's origin."""
        return self.token_url or self.base_url.at(TOKEN_PATH)

    @property
    def database_address(self) -> DatabaseAddress | None:
        """The database that is shared with other replicas, if there is one."""
        return self.ledger if isinstance(self.ledger, DatabaseAddress) else self.database

    @property
    def environment(self) -> str:
        """The upstream's kind: ``sandbox``, ``production``, ``local`` or ``unknown``."""
        return self.environment_of(self.base_url)

    def environment_of(self, url: Url) -> str:
        """Return the kind of an address, as `environment` has it."""
        own = url.host.rstrip(".").lower() in self.production_hosts
        return "production" if own else url.environment

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, values: Any) -> Any:  # noqa: ANN401  whatever the sources give
        """Take user and password out of EGRESS_PROXY, as they stand in HTTPS_PROXY."""
        given = values.get("egress_credentials")
        if isinstance(given, str) and not given.strip():  # a secret's file may be blank: unset
            values = {key: value for key, value in values.items() if key != "egress_credentials"}
        login = userinfo(values.get("egress_proxy"))
        if login is None:
            return values
        url, credentials = login
        if values.get("egress_credentials"):
            twice = phrase("value.login-twice")
            raise Disagreement(Problem(("egress_proxy",), twice, ("egress_credentials",)))
        return {**values, "egress_proxy": url, "egress_credentials": credentials}

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if found := [*misfits(self)]:
            raise Disagreement(*found)
        return self


SECRETS = frozenset(
    ("client_id", "client_secret", "caller_key", "egress_credentials", "database_password")
)


class Flag(NamedTuple):
    """A setting as a flag of the command line."""

    name: str
    description: str
    default: str
    group: str
    takes: str
    common: bool


def flags() -> list[Flag]:
    """Return the settings that may be flags; secrets may not."""
    return [
        Flag(name, str(field.description), shown(field.default), *about(field), common(field))
        for name, field in Settings.model_fields.items()
        if name not in SECRETS
    ]


def shown(default: object) -> str:
    """Word a default as a person would write it."""
    if default is None or default == ():
        return "unset"
    if isinstance(default, bool):
        return str(default).lower()
    return ",".join(default) if isinstance(default, tuple) else str(default)


def find(flags: Mapping[str, object], sources: Sources) -> Found:
    """Find the value of each setting; raise SettingsError if a source cannot be read."""
    return first_given(Settings.model_fields, flags, sources)


def load(found: Found) -> Settings:
    """Judge all settings.

    Raises SettingsWrong with every problem at once, none with a value of a secret.
    """
    try:
        return Settings.model_validate(dict(found.values))
    except ValidationError as error:
        wrong = problems(error, Settings.model_fields, found.sources)
        missing = any(item["type"] == "missing" for item in error.errors())
        hints = [phrase("settings.see-check")] if missing else []
        raise SettingsWrong([*wrong, *_beside(error, found)], hints) from None


def _beside(error: ValidationError, found: Found) -> list[Problem]:
    """Return the misfits among settings, where others are wrong by themselves.

    pydantic compares settings only if each one is right. Here defaults stand in for the wrong
    ones, and misfits that involve those are left out.
    """
    wrong = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
    if not wrong:
        return []  # the errors are misfits already
    fields = Settings.model_fields
    stand_ins = {
        name: "x" if fields[name].is_required() else fields[name].default for name in wrong
    }
    try:
        Settings.model_validate({**found.values, **stand_ins})
    except ValidationError as further:
        return [each for each in problems(further, fields) if not each.concerns(wrong)]
    return []
