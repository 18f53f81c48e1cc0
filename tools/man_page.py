"""Writes the manual page breb-proxy(1) from the commands and the settings: ``man_page.page()``."""

import re

from proxy import __version__
from proxy.cli.help import HELP
from proxy.settings.model import SECRETS, Settings, shown
from proxy.settings.sources import PREFIX

_COMMAND = re.compile(r"^  ([a-z]+) {2,}(\S.*)$", re.MULTILINE)  # as the program's help lists them
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
answers; 130 interrupted.
.SH FILES
/etc/breb\-proxy/settings.env, /etc/breb\-proxy/credentials/BREB_CLIENT_ID and BREB_CLIENT_SECRET
"""


def page() -> str:
    """Return the page as troff."""
    parts = [f'.TH BREB\\-PROXY 1 "" "breb\\-proxy {__version__}" "User Commands"', HEAD.strip()]
    for name, text in _COMMAND.findall(HELP):
        parts += [".TP", f".B {name}", _plain(text[0].upper() + text[1:] + ".")]
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
    return "\n".join([*parts, SERVICE.strip(), ""])


def _plain(text: str) -> str:
    """Escape text for troff; a line must not begin with a control character."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
