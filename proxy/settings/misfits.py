"""Misfits: settings that are each right by themselves, and do not go together or cannot be used."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from proxy import key_pair
from proxy.passport.hosts import SANDBOX
from proxy.postgres.address import DatabaseAddress
from proxy.settings.precedence import full_name
from proxy.settings.problems import Problem
from proxy.words import phrase

if TYPE_CHECKING:  # which imports this
    from proxy.settings.model import Settings

_NOT_PRODUCTION = {
    "sandbox": phrase("value.is-sandbox"),
    "local": phrase("value.is-local"),
    "unknown": phrase("value.is-unknown"),
}


def misfits(settings: "Settings") -> Iterator[Problem]:
    """Yield a problem for each misfit."""
    for judge in (_unsafe, _open, _incomplete, _shared, _circular, _unknown_callers):
        yield from judge(settings)


def _unsafe(settings: "Settings") -> Iterator[Problem]:
    for name, url in (("base_url", settings.base_url), ("token_url", settings.token_url)):
        if url and url.scheme == "http" and not (url.loopback or settings.allow_insecure_upstream):
            yield Problem((name,), phrase("value.insecure"), ("allow_insecure_upstream",))
        if url and settings.environment_of(url) == "production" and not settings.allow_production:
            real = phrase("value.production", host=url.host, sandbox=SANDBOX)
            yield Problem((name,), real, ("allow_production",))
    if settings.allow_production and settings.environment != "production":
        why = _NOT_PRODUCTION[settings.environment]
        other = phrase("value.not-production", host=settings.base_url.host, why=why)
        yield Problem(("allow_production",), other, ("base_url", "production_hosts"))


def _open(settings: "Settings") -> Iterator[Problem]:
    if not (settings.listen.private or settings.caller_key or settings.allow_open_listener):
        wide = phrase("value.open", address=str(settings.listen))
        yield Problem(("listen",), wide, ("caller_key", "allow_open_listener"))


def _incomplete(settings: "Settings") -> Iterator[Problem]:
    for name, other in (
        ("client_cert_key", "client_cert"),
        ("egress_credentials", "egress_proxy"),
    ):
        if getattr(settings, name) and not getattr(settings, other):
            too = phrase("value.other-too", setting=full_name(other))
            yield Problem((name,), too, (other,))
    if bool(settings.tls_cert) != bool(settings.tls_key):
        yield Problem(("tls_cert", "tls_key"), phrase("value.both"))
    yield from _unusable_authorities(settings.ca_bundle)
    yield from _unusable_pair(
        "client_cert", settings.client_cert, "client_cert_key", settings.client_cert_key
    )
    if settings.tls_key:
        yield from _unusable_pair("tls_cert", settings.tls_cert, "tls_key", settings.tls_key)


def _shared(settings: "Settings") -> Iterator[Problem]:
    if isinstance(settings.ledger, DatabaseAddress) and settings.database:
        yield Problem(("database",), phrase("value.database-twice"), ("ledger",))
    if settings.database and not settings.token_shared:
        yield Problem(("database",), phrase("value.database-unused"), ("token_shared",))
    if settings.token_shared and not settings.database_address:
        yield Problem(("token_shared",), phrase("value.no-database"), ("database",))
    for name in ("database_password", "database_ca"):
        if getattr(settings, name) and not settings.database_address:
            too = phrase("value.other-too", setting=full_name("database"))
            yield Problem((name,), too, ("database",))


def _circular(settings: "Settings") -> Iterator[Problem]:
    if settings.listen == settings.admin_listen and (settings.listen.path or settings.listen.port):
        yield Problem(("admin_listen",), phrase("value.same-listener"), ("listen",))
    for name in ("base_url", "token_url", "egress_proxy"):
        for listener in ("listen", "admin_listen"):
            url, own = getattr(settings, name), getattr(settings, listener)
            if url and url.reaches(own):
                setting = full_name(listener)
                itself = phrase("value.circle", address=str(own), setting=setting)
                yield Problem((name,), itself, (listener,))


def _unknown_callers(settings: "Settings") -> Iterator[Problem]:
    known = {each.caller for each in settings.caller_key}
    for name, rules in (("allow", settings.allow), ("deny", settings.deny)):
        for rule in rules:
            if rule.caller and rule.caller not in known:
                nobody = phrase("value.rule-for-nobody", rule=str(rule))
                yield Problem((name,), nobody, ("caller_key",))


def _unusable_authorities(bundle: Path | None) -> Iterator[Problem]:
    if bundle is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(bundle)
    except OSError as error:
        what = phrase("value.no-certificates", path=str(bundle), why=_reason(error))
        yield Problem(("ca_bundle",), what)


def _unusable_pair(
    name: str, cert: Path | None, name_of_key: str, key: Path | None
) -> Iterator[Problem]:
    if cert is None:
        return
    try:
        key_pair.load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), cert, key)
    except key_pair.PairUnusable as error:
        if error.of_key and key is None:
            what = phrase("pair.elsewhere", why=error.why, setting=full_name(name_of_key))
            yield Problem((name,), what, (name_of_key,))
        else:
            yield Problem((name_of_key if error.of_key else name,), error.why)


def _reason(error: OSError) -> str:
    return getattr(error, "reason", None) or error.strerror or type(error).__name__
