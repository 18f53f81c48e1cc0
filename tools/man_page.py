"""Writes the manual pages from the commands and the settings: ``man_page.pages()``."""

import re
from collections.abc import Iterator
from typing import Any

from proxy import __version__
from proxy.settings.model import SECRETS, Settings, shown
from proxy.settings.sources import PREFIX
from proxy.settings.tracing import VARIABLES
from tools.command_tree import Command, Option, commands

HEAD = r"""
.SH NAME
breb\-proxy \- reverse proxy that puts an access token on requests to Passport's Bre\-B API
.SH SYNOPSIS
.B breb\-proxy
[\fICOMMAND\fR] [\fIOPTIONS\fR]
.SH DESCRIPTION
Callers send plain HTTP requests to a local port. The proxy adds a fresh OAuth 2.0 access token to
each request, sends it to one upstream, and streams the response back. Callers never see a
credential.
.SH COMMANDS
Each has a page of its own, such as breb\-proxy\-serve(1).
"""
SERVICE = r"""
.SH AS A SERVICE
.B systemctl enable \-\-now breb\-proxy
starts it with /etc/breb\-proxy/settings.env and the files of /etc/breb\-proxy/credentials.
.B breb\-proxy@NAME
uses the files of /etc/breb\-proxy/NAME; sandbox and production are there. With
.B breb\-proxy.socket
systemd holds the listener, so that no connection is refused during a restart.
See breb\-proxy help service.
.SH SIGNALS
SIGTERM and SIGINT start the shutdown; a second one ends the process at once. SIGHUP renews the
token.
.SH EXIT STATUS
0 success; 1 failure; 2 wrong settings or usage; 3 an address is in use; 4 no proxy
answers; 130 interrupted; 5 to 8 of breb\-proxy\-ledger's commands, as their pages say.
.SH FILES
/etc/breb\-proxy/settings.env, /etc/breb\-proxy/credentials/BREB_CLIENT_ID and BREB_CLIENT_SECRET
"""
_EPILOG = re.compile(r"^exit codes: ", re.MULTILINE)


def pages() -> dict[str, str]:
    """Return each page as troff, by the name of its file."""
    known = commands()
    own = {f"{_page(each)}.1": _of(each) for each in known if each.parser is not None}
    return {"breb-proxy.1": page(known), **own}


def page(known: list[Command]) -> str:
    """Return the page of the program as a whole."""
    parts = [_title("breb-proxy"), HEAD.strip()]
    for each in known:
        if " " not in each.name:
            parts += [".TP", f".B {_plain(each.name)}", _plain(_sentence(each.about))]
    parts += [
        ".SH SETTINGS",
        _plain("By environment, .env, files of a secrets directory, or flags"),
    ]
    parts += [_plain("of serve (BREB_READ_TIMEOUT is --read-timeout); secrets have no flag.")]
    for name, field in Settings.model_fields.items():
        default = "required" if field.is_required() else shown(field.default)
        secret = "; a secret" if name in SECRETS else ""
        parts += [".TP", f".B {PREFIX}{name.upper()}"]
        parts += [_plain(f"{field.description} [{default}{secret}]")]
    for variable in VARIABLES:
        parts += [".TP", f".B {variable.name}"]
        parts += [_plain(f"{variable.description} [{variable.default}]")]
    also = ", ".join(f"{_page(each)}(1)" for each in known if each.parser is not None)
    return "\n".join([*parts, SERVICE.strip(), ".SH SEE ALSO", _plain(also), ""])


def _of(command: Command) -> str:
    """Return the page of one command."""
    parser: Any = command.parser
    usage = str(parser.usage or "%(prog)s [options]") % {"prog": parser.prog}
    parts = [
        _title(_page(command)),
        ".SH NAME",
        _plain(f"{_page(command)} - {command.about}"),
        ".SH SYNOPSIS",
        f".B {_plain(usage)}",
        ".SH DESCRIPTION",
        *_text(str(parser.description)),
        ".SH OPTIONS",
        *(line for option in command.options for line in _option(option)),
    ]
    codes = _EPILOG.sub("", str(parser.epilog or ""))
    if codes != parser.epilog:
        parts += [".SH EXIT STATUS", *_text(codes)]
    return "\n".join([*parts, ".SH SEE ALSO", _plain("breb-proxy(1)"), ""])


def _option(option: Option) -> Iterator[str]:
    value = f"=[{option.takes}]" if option.optional else f" {option.takes}" if option.takes else ""
    yield ".TP"
    yield f".B {_plain(', '.join(f'{name}{value}' for name in option.names))}"
    yield from _text(option.about)


def _text(text: str) -> Iterator[str]:
    """Yield paragraphs; what is indented stays as it is."""
    for number, part in enumerate(text.strip().split("\n\n")):
        if number:
            yield ".PP"
        apart = part.startswith("  ")
        yield from [".nf"] if apart else []
        yield from map(_plain, part.split("\n"))
        yield from [".fi"] if apart else []


def _title(name: str) -> str:
    return f'.TH {_plain(name.upper())} 1 "" "breb\\-proxy {__version__}" "User Commands"'


def _page(command: Command) -> str:
    return f"breb-proxy-{command.name.replace(' ', '-')}"


def _sentence(about: str) -> str:
    return f"{about[0].upper()}{about[1:]}."


def _plain(text: str) -> str:
    """Escape text for troff; a line must not begin with a control character."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
