"""Writes docs/configuration.md from the settings themselves: ``python -m tools.configuration``."""

from pathlib import Path

from proxy.settings.model import PREFIX, SECRETS, Settings, shown

PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"
HEAD = """\
# Configuration

Each setting is an environment variable; also a line of `.env`, also a file of that name in a
secrets directory (`BREB_SECRETS_DIR` or `--secrets-dir`; under systemd, its credentials), also a
flag of `breb-proxy serve` (`BREB_READ_TIMEOUT` is `--read-timeout`). Flags win over the
environment, that over `.env`, that over secret files, and those over the keychain, which
holds credentials alone ([credentials.md](credentials.md)). An empty value counts as unset. Lists
are comma-separated.
Secrets have no flag: process arguments are public. `BREB_ENV_FILE` or `--env-file` names another
file than `.env`, which must be there. A line of it that names a setting and cannot be read is
refused, as is a file that is not UTF-8.

The client id and secret are read again from their source at every token request: a change of
`.env`, of the keychain or of a mounted Kubernetes Secret needs no restart.

| setting | default | |
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
    return HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page())
