"""Writes docs/configuration.md from the settings themselves: ``python -m tools.configuration``."""

from pathlib import Path

from proxy.settings.model import SECRETS, Settings, shown
from proxy.settings.sources import PREFIX
from proxy.settings.tracing import VARIABLES

PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"
HEAD = """\
# Configuration

The proxy reads settings from these places. If a setting is in several places, the first one in
this list is used:

1. A flag of `breb-proxy serve`: `BREB_READ_TIMEOUT` is `--read-timeout`. Secrets have no flag,
   because other users of the machine can read the arguments of a process.
2. An environment variable.
3. A line of `.env`. `BREB_ENV_FILE` or `--env-file` names another file, which must exist. The file
   must be UTF-8, and every line that names a setting must be readable; otherwise the proxy does not
   start. `${NAME}` in a value stands for that environment variable, also in quotes; if there is no
   such variable, it is removed, and the proxy warns. A `.env` that belongs to another user (not
   root) must be named.
4. A file in the secrets directory (`BREB_SECRETS_DIR` or `--secrets-dir`; under systemd, the
   service's credentials). The file has the name of the setting.
5. The keychain, for the credentials only ([credentials.md](credentials.md)).

An empty value counts as unset. Lists are separated by commas.

The client id and secret are read again from their source at every token request. After a change of
`.env`, of the keychain or of a mounted Kubernetes Secret, no restart is needed.

| setting | default | |
|---|---|---|
"""

TRACES = """
## Traces

The variables that OpenTelemetry has for all programs ([tracing.md](tracing.md)). They stand in the
same places, but have no flags. `OTEL_EXPORTER_OTLP_TRACES_` in place of `OTEL_EXPORTER_OTLP_` is
for traces alone, and wins. A wrong value is ignored, with a warning.

| variable | default | |
|---|---|---|
"""


def page() -> str:
    """Return the whole page."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "**required**" if field.is_required() else f"`{shown(field.default)}`"
        default = default.replace("`unset`", "–")
        secret = " (a secret: no flag)" if name in SECRETS else ""
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description}{secret} |\n")
    traces = [f"| `{each.name}` | `{each.default}` | {each.description} |\n" for each in VARIABLES]
    return HEAD + "".join(rows) + TRACES + "".join(traces).replace("`unset`", "–")


if __name__ == "__main__":
    PAGE.write_text(page())
