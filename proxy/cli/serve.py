"""The commands that start something: ``serve``, ``demo``, and ``run``, which chooses.

The demo and its simulator are imported where they are used: they would be a fifth of a start.
"""

import argparse
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from proxy.addresses import ListenAddress
from proxy.admin.access import Access
from proxy.cli.opening import opening
from proxy.errors import SettingsError
from proxy.server import server, sockets
from proxy.server.sockets import AddressTaken, HandedOver
from proxy.settings import environment_proxy
from proxy.settings.credentials import CredentialsReader
from proxy.settings.model import Settings, load
from proxy.settings.near_misses import meant
from proxy.settings.precedence import Found, full_name
from proxy.settings.sources import Sources
from proxy.settings.suspicions import (
    empty_upstream,
    path_of_the_api,
    shortened,
    unknown_names,
    unread,
)
from proxy.telemetry import log_format
from proxy.terminal.arguments import OK, TAKEN, USAGE, say, say_wrong
from proxy.terminal.screen import is_terminal
from proxy.terminal.setting_flags import chosen, found_of, parser
from proxy.words import Said, of_locale, phrase

if TYPE_CHECKING:
    from proxy.server.manager import ServiceManager
    from proxy.settings.tracing import TracingOptions

_CODES = "0 ended by a signal or quit, 2 wrong settings or usage, 3 an address is in use"
_ABOUT = {
    "serve": "Run the proxy.",
    "run": "Run the proxy if there are credentials; otherwise say so, and run the demo.",
    "demo": (
        "Try it: a simulator of the Bre-B API and the proxy before it, over real HTTP.\nNo"
        " credentials are needed; the environment and .env are not read. Ctrl-C ends it."
    ),
}
_DEMO_DEFAULTS = {"console": "true", "log_format": "text"}
_SANDBOX = "sandbox-"  # before each flag of the demo that is a setting of its simulator
_SANDBOX_DEST = "sandbox_"
_NOT_IN_DEMO = frozenset(("base_url", "token_url", "allow_production", "allow_insecure_upstream"))


def main(name: str, arguments: Sequence[str]) -> int:
    """Run one of the commands to its end; return the exit code."""
    apart = _NOT_IN_DEMO if name == "demo" else frozenset()
    defaults = _DEMO_DEFAULTS if name == "demo" else {}
    flags = parser(name, _ABOUT[name], _CODES, apart=apart, defaults=defaults)
    if name == "demo":
        from proxy.cli import simulators_words
        from simulator.flags import add_settings

        simulators_words.in_the_readers_language()
        add_settings(flags, _SANDBOX)
    else:
        flags.hint = _simulators
    options = flags.read(arguments)
    try:
        return _COMMANDS[name](options)
    except SettingsError as error:
        say_wrong(error)
        return USAGE
    except AddressTaken as error:
        say(error.what)
        return TAKEN


def _simulators(flag: str) -> Said:
    """Tell that an unknown option is one of the simulator's."""
    from simulator.config import SandboxConfig

    known = {f"--{name.replace('_', '-')}" for name in SandboxConfig.model_fields}
    return phrase("usage.of-sandbox", option=flag) if flag in known else ""


def serve(arguments: Sequence[str], manager: "ServiceManager") -> None:
    """Serve under a service manager of Windows; raise SettingsError, AddressTaken."""
    flags = parser("serve", _ABOUT["serve"], _CODES)
    _serve_with(found_of(flags.read(arguments)), manager)


def _serve(options: argparse.Namespace) -> int:
    return _serve_with(found_of(options))


def _serve_with(found: Found, manager: "ServiceManager | None" = None) -> int:
    handed, ours = _service()
    settings = load(found.with_values(handed.settings))
    as_json = log_format.configure(settings.log_level, settings.log_format)
    for warning in [*_suspicions(settings, found.sources), *_overruled(handed, found)]:
        server.log.warning("%s", warning)
    options = _tracing(settings, found.sources)
    callers = list(handed.callers) or _bind(settings, "listen")
    try:
        admin = list(handed.admin) or _bind(settings, "admin_listen")
    except AddressTaken:
        sockets.release(callers)
        raise
    settings = _bound(settings, callers, admin)
    access = Access()
    serving = server.serve(
        settings,
        CredentialsReader(found.sources, settings.base_url),
        callers,
        admin,
        access=access,
        as_json=as_json,
        built=lambda: _tell(settings, access, options),
        manager=manager or ours,
        tracing=options,
    )
    server.run(serving)
    return OK


def _bound(
    settings: Settings, callers: list[socket.socket], admin: list[socket.socket]
) -> Settings:
    """Return the settings with the port that was found for port 0."""
    return settings.model_copy(
        update={
            "listen": sockets.bound(settings.listen, callers),
            "admin_listen": sockets.bound(settings.admin_listen, admin),
        }
    )


def _tell(settings: Settings, access: Access, tracing: "TracingOptions | None") -> None:
    """Print the addresses, when nothing can stop the start any more."""
    server.log.info(
        "forwarding %s to %s (%s)%s; admin on %s",
        _url(settings.listen, "https" if settings.tls_cert else "http"),
        settings.base_url,
        settings.environment,
        f" through {settings.egress_proxy}" if settings.egress_proxy else "",
        _url(settings.admin_listen, "http"),
    )
    if tracing is not None:
        server.log.info("traces (%s) go to %s", tracing.sampler, tracing.endpoint)
    if settings.console and not settings.admin_listen.path:
        how = opening(settings.admin_listen, access, sys.stderr)
        server.log.info("console: %s%s", "" if is_terminal(sys.stderr) else "run ", how)


def _service() -> "tuple[HandedOver, ServiceManager | None]":
    """Return the service manager's sockets, and the manager, which gets our state."""
    if not os.environ.keys() & {"NOTIFY_SOCKET", "LISTEN_FDS"}:
        return HandedOver(), None
    from proxy.server import systemd

    return systemd.handed_over(), systemd.Manager.of()


def _overruled(handed: HandedOver, found: Found) -> list[str]:
    """Return a warning for each listener that is set and was handed over as well."""
    return [
        f"{full_name(name)} ({found.origins[name]}) is not used: the service manager passed a"
        f" socket for {address}"
        for name, address in handed.settings.items()
        if name in found.origins
    ]


def _tracing(settings: Settings, sources: Sources) -> "TracingOptions | None":
    """Return where traces go, if they are turned on, and warn of what is ignored."""
    if not sources.any_of("OTEL_"):
        return None
    # Imported only here, so that it does not slow an ordinary start.
    from proxy.settings.tracing import tracing

    options, warnings = tracing(sources, (settings.listen, settings.admin_listen))
    for warning in warnings:
        server.log.warning("%s", warning)
    return options


def _suspicions(settings: Settings, sources: Sources) -> Iterator[Said]:
    """Return warnings about usable settings that are perhaps mistakes."""
    yield from (*unread(sources.file), *shortened(sources.file))
    yield from unknown_names(sources)
    if place := empty_upstream(settings, sources):
        yield phrase("slip.empty-upstream", place=place, url=str(settings.base_url))
    if twice := path_of_the_api(settings):
        yield ": ".join(map(str, twice))
    if other := environment_proxy.unused(settings):
        yield other.warning


def _bind(settings: Settings, name: str) -> list[socket.socket]:
    try:
        return sockets.bind(getattr(settings, name))
    except AddressTaken as error:
        error.setting = full_name(name)
        raise


def _url(address: ListenAddress, scheme: str) -> str:
    return str(address) if address.path else f"{scheme}://{address}"


def _run(options: argparse.Namespace) -> int:
    """Serve with credentials, even incomplete ones; without any, run the demo."""
    found = found_of(options)
    if found.origins.keys() & {"client_id", "client_secret"}:
        return _serve_with(found)
    if place := meant(found.sources):
        try:
            return _serve_with(found)
        except SettingsError as error:
            why = phrase("demo.not-instead", place=place)
            raise SettingsError(error.problems, [*error.hints, why]) from None
    say(phrase("demo.instead").said(of_locale(os.environ)))
    every = map(full_name, sorted(Settings.model_fields))
    if unused := [name for name in every if found.sources.get(name)]:
        names = ", ".join(unused)
        say(phrase("usage.demo", names=names))
    return _demo(options)


def _demo(options: argparse.Namespace) -> int:
    from proxy.cli import demo

    given = _DEMO_DEFAULTS | chosen(options)
    demo.run(
        {name: value for name, value in given.items() if name not in _NOT_IN_DEMO},
        {
            name.removeprefix(_SANDBOX_DEST): value
            for name, value in vars(options).items()
            if name.startswith(_SANDBOX_DEST)
        },
    )
    return OK


_COMMANDS = {"serve": _serve, "run": _run, "demo": _demo}
