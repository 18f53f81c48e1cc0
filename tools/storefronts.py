"""Describe a release for Homebrew, Scoop and winget: ``python -m tools.storefronts FOLDER``.

Each description names files on the release's page by their hashes, which are those of the files in
FOLDER. They are written beside them, and SHA256SUMS anew. What installs on Windows is described if
there is a file for Windows.
"""

import hashlib
import json
import re
import sys
import zipfile
from pathlib import Path

from proxy import __version__
from tools.address import ROOT, Address, read

ABOUT = "Puts a fresh OAuth 2.0 access token on every request to Passport's Bre-B API"
SUMS = "SHA256SUMS"
WHEEL = f"breb_proxy-{__version__}-py3-none-any.whl"
LOCK = "requirements.lock"
WINDOWS = f"breb-proxy-{__version__}-windows-amd64.zip"
INSTALLER = WINDOWS.replace(".zip", ".msi")
FORMULA = ROOT / "docker" / "homebrew" / "formula.rb"


def main(arguments: list[str]) -> int:
    """Write the descriptions and the sums."""
    folder = Path(arguments[0])
    address = read()
    for name, text in described(folder, address).items():
        (folder / name).write_text(text, encoding="utf-8")
        print(name)
    if not (folder / WINDOWS).exists():
        print(f"nothing for Scoop and winget: there is no {WINDOWS}", file=sys.stderr)
    (folder / SUMS).write_text(sums(folder), encoding="ascii")
    return 0


def described(folder: Path, address: Address) -> dict[str, str]:
    """Return each description by the name of its file."""
    page = f"{address.repository}/releases/download/v{__version__}"
    made = {"breb-proxy.rb": formula(folder, address, page)}
    archive = folder / WINDOWS
    if archive.exists():
        made["breb-proxy.json"] = scoop(archive, address, page)
        made |= winget(folder / INSTALLER, address, page)
    return made


def formula(folder: Path, address: Address, page: str) -> str:
    """Return the formula for Homebrew: the wheel, on Homebrew's Python."""
    parts = {
        "about": ABOUT,
        "homepage": address.repository,
        "page": page,
        "wheel": WHEEL,
        "lock": LOCK,
        "wheel_sum": digest(folder / WHEEL),
        "lock_sum": digest(folder / LOCK),
    }
    return re.sub(r"@([a-z_]+)@", lambda each: parts[each[1]], FORMULA.read_text(encoding="utf-8"))


def scoop(archive: Path, address: Address, page: str) -> str:
    """Return the manifest for Scoop."""
    url = f"{page}/{WINDOWS}"
    newer = url.replace(__version__, "$version")
    document = {
        "version": __version__,
        "description": ABOUT,
        "homepage": address.repository,
        "license": "MIT",
        "architecture": {"64bit": {"url": url, "hash": digest(archive)}},
        "bin": program(archive).replace("/", "\\"),
        "checkver": {"github": address.repository},
        "autoupdate": {"architecture": {"64bit": {"url": newer}}},
    }
    return json.dumps(document, indent=4) + "\n"


def winget(package: Path, address: Address, page: str) -> dict[str, str]:
    """Return the three manifests of winget; JSON is YAML as well."""
    publisher = address.maintainer.partition(" <")[0]
    identifier = f"{re.sub('[^A-Za-z0-9]', '', publisher)}.breb-proxy"
    common = {"PackageIdentifier": identifier, "PackageVersion": __version__}
    installer = {
        "Architecture": "x64",
        "InstallerType": "msi",
        "Scope": "machine",
        "InstallerUrl": f"{page}/{INSTALLER}",
        "InstallerSha256": digest(package).upper(),
        "UpgradeBehavior": "install",
        "Commands": ["breb-proxy"],
    }
    told = {
        "PackageLocale": "en-US",
        "Publisher": publisher,
        "PackageName": "breb-proxy",
        "PackageUrl": address.repository,
        "License": "MIT",
        "ShortDescription": ABOUT,
    }
    kinds: dict[str, tuple[str, dict[str, object]]] = {
        "": ("version", {"DefaultLocale": "en-US"}),
        ".installer": ("installer", {"Installers": [installer]}),
        ".locale.en-US": ("defaultLocale", dict(told)),
    }
    return {
        f"{identifier}{end}.yaml": json.dumps(
            {**common, **more, "ManifestType": kind, "ManifestVersion": "1.6.0"}, indent=2
        )
        + "\n"
        for end, (kind, more) in kinds.items()
    }


def program(archive: Path) -> str:
    """Return where the program is in an archive for Windows."""
    with zipfile.ZipFile(archive) as file:
        (found,) = (n for n in file.namelist() if re.search(r"(^|/)breb-proxy\.(exe|cmd)$", n))
    return found


def sums(folder: Path) -> str:
    """Return the checksums of all files, in the form of sha256sum."""
    files = sorted(each for each in folder.iterdir() if each.name != SUMS)
    return "".join(f"{digest(each)}  {each.name}\n" for each in files)


def digest(file: Path) -> str:
    """Return a file's SHA-256."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
