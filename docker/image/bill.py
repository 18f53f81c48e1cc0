"""Write the image's bill of materials: CycloneDX, of its Python and its Debian packages.

No time and no random number is in it, so that two builds of the same are the same.
"""

import importlib.metadata
import json
import platform
import re
import sys
from collections.abc import Iterator
from pathlib import Path

TARGET = Path("/usr/share/doc/breb-proxy/sbom.cdx.json")
STATUS = Path("/var/lib/dpkg/status")
Component = dict[str, object]


def main() -> int:
    """Write it."""
    parts = sorted([*python(), *debian()], key=lambda part: str(part["purl"]))
    version = importlib.metadata.version("breb-proxy")
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": "breb-proxy", "version": version}},
        "components": parts,
    }
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


def python() -> Iterator[Component]:
    """Yield the interpreter and each distribution that it finds."""
    version = platform.python_version()
    yield _component("python", version, f"pkg:generic/python@{version}", "PSF-2.0")
    for each in importlib.metadata.distributions():
        name = re.sub(r"[-_.]+", "-", each.metadata["Name"]).lower()
        licence = each.metadata.get("License-Expression")
        yield _component(name, each.version, f"pkg:pypi/{name}@{each.version}", licence)


def debian() -> Iterator[Component]:
    """Yield what dpkg has installed, in bases that are Debian."""
    if not STATUS.exists():
        return
    for entry in STATUS.read_text(encoding="utf-8").split("\n\n"):
        fields = dict(
            re.findall(r"^(Package|Version|Architecture|Status): (.*)$", entry, re.MULTILINE)
        )
        if fields.get("Status", "").endswith(" installed"):
            name, version = fields["Package"], fields["Version"]
            purl = f"pkg:deb/debian/{name}@{version}?arch={fields['Architecture']}"
            yield _component(name, version, purl.replace("+", "%2B"))


def _component(name: str, version: str, purl: str, licence: str | None = None) -> Component:
    made: Component = {"type": "library", "name": name, "version": version, "purl": purl}
    return {**made, "bom-ref": purl} | ({"licenses": [{"expression": licence}]} if licence else {})


if __name__ == "__main__":
    sys.exit(main())
