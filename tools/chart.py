"""Writes what the charts hold of the program itself: ``python -m tools.chart``.

The names and types of the settings, Passport's production hosts, and a README made of the values.
"""

import json
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic.fields import FieldInfo

from proxy.passport.hosts import DOMAIN, SANDBOX_HOSTS
from proxy.settings.model import SECRETS, Settings, shown

DOCKER = Path(__file__).parents[1] / "docker"
CHART = DOCKER / "helm" / "breb-proxy"
LIBRARY = DOCKER / "helm" / "breb-proxy-sidecar"
GENERATED = "{{- /* Made by tools/chart.py. */ -}}"
# What the chart sets itself, from values of its own.
OWN = frozenset(("listen", "admin_listen", "allowed_hosts", "drain_delay", "shutdown_grace"))
README_HEAD = """\
# The breb-proxy chart

The stand-alone proxy for the applications of a namespace. [values.yaml](values.yaml) says how it is
installed; this table is made of it. To add the proxy to a chart of your own, take
[breb-proxy-sidecar](../breb-proxy-sidecar/README.md).
"""


def main() -> int:
    """Write the files that have changed."""
    for file, text in made().items():
        file.write_text(text, encoding="utf-8")
    return 0


def made() -> dict[Path, str]:
    """Return each generated file and what must be in it."""
    return {
        CHART / "values.schema.json": schema(),
        CHART / "templates" / "_settings.tpl": names("breb-proxy", OWN),
        LIBRARY / "templates" / "_settings.tpl": names("breb-proxy-sidecar", frozenset()),
        CHART / "README.md": readme(_read(CHART / "values.yaml")),
    }


def schema() -> str:
    """Return the chart's schema with the settings as they are."""
    document = json.loads(_read(CHART / "values.schema.json"))
    document["properties"]["settings"] = {
        "description": "By their names without BREB_. A wrong name is refused when rendering.",
        "type": "object",
        "properties": {
            name.upper(): _typed(field)
            for name, field in Settings.model_fields.items()
            if name not in SECRETS | OWN
        },
        "additionalProperties": {"type": ["string", "number", "boolean"]},
    }
    return json.dumps(document, indent=2) + "\n"


def _typed(field: FieldInfo) -> dict[str, Any]:
    """Return one setting's schema; in YAML a number may stand as text, as in an environment."""
    kinds = {get_origin(kind) or kind for kind in _alternatives(field.annotation)}
    if bool in kinds:
        typed: dict[str, Any] = {"enum": [True, False, "true", "false"]}
    elif kinds & {int, float}:
        typed = {"type": ["number", "string"], "pattern": r"^[0-9]+(\.[0-9]+)?$"}
    else:
        typed = {"type": ["string", "number"]}
    default = shown(field.default)
    return {"description": f"{field.description} Default: {default}.", **typed}


def _alternatives(annotation: object) -> Iterator[object]:
    if get_origin(annotation) in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from _alternatives(each)
    elif hasattr(annotation, "__metadata__"):
        yield from _alternatives(get_args(annotation)[0])
    else:
        yield annotation


def names(chart: str, own: frozenset[str]) -> str:
    """Return named templates that list settings, secrets, and hosts of Passport's."""
    lists = {
        "settings": [n.upper() for n in Settings.model_fields if n not in SECRETS | own],
        "secretSettings": [n.upper() for n in Settings.model_fields if n in SECRETS],
        "sandboxHosts": list(SANDBOX_HOSTS),
        "passportDomain": [DOMAIN],
    }
    parts = [
        f'{{{{- define "{chart}.{name}" -}}}}\n{json.dumps(sorted(items))}\n{{{{- end }}}}\n'
        for name, items in lists.items()
    ]
    return f"{GENERATED}\n" + "\n".join(parts)


_KEY = re.compile(
    r"^(?P<indent> *)(?P<key>[A-Za-z]+):(?: (?P<value>[^#]*[^# ]))?(?: +# (?P<note>.*))?$"
)


def readme(text: str) -> str:
    """Return the README: a table of each part of the values."""
    rows: list[str] = [README_HEAD]
    values = yaml.safe_load(text)
    above: list[str] = []
    path: list[str] = []
    for line in text.splitlines():
        if line.startswith("# ## "):
            rows.append(f"\n## {line[5:]}\n\n| value | default | |\n|---|---|---|\n")
            above = []
        elif line.strip().startswith("#"):
            above.append(line.strip("# "))
        elif (match := _KEY.match(line)) and len(match["indent"]) // 2 <= len(path):
            path = [*path[: len(match["indent"]) // 2], match["key"]]
            found = _at(values, path)
            # A description may stand above an object whose members are no values of their own.
            rows += _row(path, found, " ".join([*above, match["note"] or ""]).strip())
            above = []
            path = path if isinstance(found, dict) and not _free(path) else path[:-1]
        elif not line.strip():
            above = []
    return "".join(rows)


def _free(path: list[str]) -> bool:
    """Report whether what stands below is Kubernetes' own and not the chart's."""
    free = ("resources", "strategy", "podSecurityContext", "securityContext", "labels")
    return path[-1] in free


def _row(path: list[str], value: object, text: str) -> list[str]:
    if isinstance(value, dict) and value and not _free(path):
        return [f"| `{'.'.join(path)}` | | {_cell(text)} |\n"] if text else []
    shown = json.dumps(value)
    shown = "see values.yaml" if len(shown) > 60 else f"`{shown}`"
    return [f"| `{'.'.join(path)}` | {shown} | {_cell(text)} |\n"]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _at(values: Any, path: list[str]) -> Any:  # noqa: ANN401  a YAML document
    for key in path:
        values = values[key]
    return values


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
