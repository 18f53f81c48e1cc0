"""Writes where the project is published into pages and charts: ``python -m tools.address``.

pyproject.toml says it once. Until its owner has set it, the names there can never exist (RFC 2606),
the pages say that nothing is published, and ``make release`` makes no release.
``python -m tools.address outputs`` prints what a workflow of the forge asks for.
"""

import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from proxy import __version__

ROOT = Path(__file__).resolve().parents[1]
CHARTS = ("docker/helm/breb-proxy/Chart.yaml", "docker/helm/breb-proxy-sidecar/Chart.yaml")
RESERVED = re.compile(r"\.invalid\b")
BLOCK = re.compile(r"(<!-- address -->\n)(.*?)(<!-- end -->\n)", re.DOTALL)
SECURITY_TXT = "docs/security.txt"
CONTACT = re.compile(r"^Contact: .*$", re.MULTILINE)
CHART = re.compile(r"^home: .*\nsources: .*\n", re.MULTILINE)
# What stands between the marks of a page, before there is an address and from then on.
PAGES = {
    "README.md": (
        """\
You need a clone of this repository. It has no public address yet: ask the people who told you about
the program.
""",
        """\
`git clone {repository}` gets the clone that you need. Without one: [install](docs/install.md).
""",
    ),
    "README.es.md": (
        """\
Necesita un clon de este repositorio. Todavía no tiene una dirección pública: pida el clon a quien
le habló del programa.
""",
        """\
`git clone {repository}` trae el clon que necesita. Sin clon: [instalar](docs/install.md),
en inglés.
""",
    ),
    "docs/install.md": (
        """\
Nothing is published yet: no package index, image registry or download page has breb-proxy. Build
what you need from a clone. What is marked *when published* does not work before.
""",
        """\
| | |
|---|---|
| source | <{repository}> |
| releases: wheel, packages, archives, checksums | <{repository}/releases> |
| images | `{host}/breb-proxy`, `{host}/breb-simulator` |
| charts | `oci://{host}/charts/breb-proxy`, `oci://{host}/charts/breb-proxy-sidecar` |
| problems and questions | <{repository}/issues> |
""",
    ),
    "SECURITY.md": (
        """\
The repository has no public address yet: write to those from whom you have the program, and to
nobody else.
""",
        """\
Use the private form, not a public issue: <{repository}/security/advisories/new>.
""",
    ),
}


@dataclass(frozen=True)
class Address:
    """Where the source is, where the images are, and who answers for the packages."""

    repository: str
    images: str
    maintainer: str

    def placeholders(self) -> list[str]:
        """Return what its owner has not set yet, by its name."""
        return [name for name, value in vars(self).items() if RESERVED.search(value)]

    def host(self) -> str:
        """Return the images' address without its scheme, as container tools want it."""
        return self.images.partition("://")[2]


def main(arguments: list[str]) -> int:
    """Write what has changed, or print what is asked for."""
    address = read()
    if arguments == ["outputs"]:
        images = address.host()
        print(f"images={images}\nhost={images.partition('/')[0]}\nversion={__version__}")
        return 0
    for file, text in made(address).items():
        file.write_text(text, encoding="utf-8")
    return 0


def read(root: Path = ROOT) -> Address:
    """Read the address from pyproject.toml."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (keeper,) = project["maintainers"]
    urls = project["urls"]
    return Address(urls["Repository"], urls["Images"], f"{keeper['name']} <{keeper['email']}>")


def made(address: Address, root: Path = ROOT) -> dict[Path, str]:
    """Return each file that names the address, and what must be in it."""
    lines = f"home: {address.repository}\nsources: [{address.repository}]\n"
    files = {root / name: _read(root / name) for name in (*CHARTS, *PAGES, SECURITY_TXT)}
    written = {root / name: CHART.sub(lines, files[root / name]) for name in CHARTS}
    contact = f"Contact: {address.repository}/security/advisories/new"
    written[root / SECURITY_TXT] = CONTACT.sub(contact, files[root / SECURITY_TXT])
    for name, (before, after) in PAGES.items():
        text = before if address.placeholders() else after
        text = text.format(repository=address.repository, host=address.host())
        written[root / name] = BLOCK.sub(rf"\g<1>{text}\g<3>", files[root / name])
    return written


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
