"""Write config.example.env from the settings, so that it is complete and true."""

import sys
import textwrap
from pathlib import Path

from pydantic.fields import FieldInfo

from proxy.settings.field import common
from proxy.settings.model import SECRETS, Settings, shown
from proxy.settings.sources import PREFIX
from proxy.settings.tracing import VARIABLES, Variable

TARGET = Path(__file__).parents[1] / "config.example.env"
WIDTH = 98
HEAD = """\
# Every setting of breb-proxy. Copy this file to .env, and make it readable for you only: chmod 600
# .env (git ignores it). Write the two credentials into it, and start: breb-proxy serve
#
# First come the settings that matter to most; the other ones follow, by section.
#
# A line that is commented out shows the default. Flags (--listen) and the environment win over
# .env. Then come files named like the settings in a directory (BREB_SECRETS_DIR), and last, for the
# credentials, the keychain (breb-proxy login). Lists are separated by commas.
"""
# A group begins at the setting named, and goes on to where the next one begins.
GROUPS = {
    "token_url": "More of the upstream",
    "tls_cert": "More of the listeners, and who may use them",
    "connect_timeout": "Limits",
    "token_timeout": "The access token",
    "client_cert": "Certificates, and the connection to the upstream",
    "shutdown_grace": "The end of the program",
    "redact": "More of the console, the ledger and the log",
}
EXAMPLES = {
    "memory_budget": "64",
    "token_url": "https://host/path",
    "tls_cert": "/path/to/chain.pem",
    "tls_key": "/path/to/key.pem",
    "allowed_hosts": "proxy.internal,proxy.internal:8080",
    "allowed_origins": "http://localhost:3000",
    "allow": "GET /*, POST /v1/payments*",
    "deny": "DELETE /*",
    "max_body": "1048576",
    "token_max_age": "3600",
    "ca_bundle": "/path/to/authorities.pem",
    "client_cert": "/path/to/client.pem",
    "client_cert_key": "/path/to/client-key.pem",
    "ledger": "/var/lib/breb-proxy/ledger.db",
    "ledger_fields": "additional_info.invoice_number",
    "database": "postgresql://breb@db.example.co/breb",
    "database_ca": "/path/to/authorities-of-the-database.pem",
    "egress_proxy": "http://proxy.corp:3128",
    "production_hosts": "breb.example.co",
}


def main() -> int:
    """Write the file."""
    TARGET.write_text(render(), encoding="utf-8")
    return 0


def render() -> str:
    """Return the file's text."""
    fields = Settings.model_fields
    first = [name for name, field in fields.items() if field.is_required()]
    often = [name for name, field in fields.items() if common(field)]
    parts = [HEAD, _title("Credentials: the only settings that must be set")]
    parts += ["\n" + _entry(name, fields[name]) for name in first]
    parts += [
        _title("What matters to most"),
        *("\n" + _entry(name, fields[name]) for name in often),
    ]
    for name in (name for name in fields if name not in (*first, *often)):
        if name in GROUPS:
            parts.append(_title(GROUPS[name]))
        parts.append("\n" + _entry(name, fields[name]))
    parts += [_title("Traces, by the variables of OpenTelemetry"), *map(_variable, VARIABLES)]
    return "".join(parts)


def _title(words: str) -> str:
    return f"\n# --- {words} ---\n"


def _variable(each: Variable) -> str:
    comment = "".join(f"# {line}\n" for line in textwrap.wrap(each.description, WIDTH))
    return f"\n{comment}# {each.name}={each.default.replace('unset', '')}\n"


def _entry(name: str, field: FieldInfo) -> str:
    described = textwrap.wrap(str(field.description), WIDTH)
    comment = "".join(f"# {line}\n" for line in described)
    variable = PREFIX + name.upper()
    if field.is_required():
        return f"{comment}{variable}=\n"
    default = shown(field.default)
    if default != "unset":
        return f"{comment}# {variable}={default}\n"
    if name in SECRETS:
        return f"{comment}# {variable}=\n"
    return f"{comment}# Unset; for example:\n# {variable}={EXAMPLES[name]}\n"


if __name__ == "__main__":
    sys.exit(main())
