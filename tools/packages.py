"""Make the packages for Linux: ``python -m tools.packages [PYTHON]``; all three hold one folder.

A .deb, a .rpm (nfpm makes them) and a .tar.gz for any other Linux, in dist/. PYTHON is the
interpreter that goes inside, by default the one that runs this; Debian's own is kept secure by its
distribution.
"""

import gzip
import hashlib
import os
import string
import subprocess
import sys
import tarfile
from pathlib import Path

from proxy import __version__
from tools import address, bundle, man_page

DIST = bundle.ROOT / "dist"
BUILD = bundle.ROOT / "build"
FOLDER = BUILD / "breb-proxy"


def main() -> int:
    """Make the packages, and print what was made; return an exit code."""
    python = next(iter(sys.argv[1:]), sys.executable)
    try:
        bundle.make(python, FOLDER)
    except bundle.CannotBundle as error:
        print(f"no packages: {error}", file=sys.stderr)
        return 1
    _describe(FOLDER / "share")
    DIST.mkdir(exist_ok=True)
    made = [archive(FOLDER, __version__), *packages(FOLDER, __version__)]
    print(f"{bundle.size(FOLDER) / 1e6:.0f} MB unpacked")
    for file in made:
        print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}"
              f"  {file.stat().st_size / 1e6:.1f} MB")  # fmt: skip
    return 0


def _describe(share: Path) -> None:
    """Write the manual pages, and what Debian calls the copyright file."""
    manual = share / "man"
    manual.mkdir()
    for name, text in man_page.pages().items():
        with gzip.GzipFile(manual / f"{name}.gz", "wb", mtime=0) as file:
            file.write(text.encode())
    names = sorted(each.name for each in (share / "licenses").iterdir())
    own = (bundle.ROOT / "LICENSE").read_text(encoding="utf-8")
    told = "Inside are these besides, each with its licence in licenses/ beside this file:\n"
    (share / "copyright").write_text(f"{own}\n{told}{chr(10).join(names)}\n", encoding="utf-8")


def archive(folder: Path, version: str) -> Path:
    """Pack the folder, the units and the settings; the same bytes each time."""
    name = f"breb-proxy-{version}-linux-{_architecture()}"
    target = DIST / f"{name}.tar.gz"
    extra = [bundle.ROOT / "docker" / "systemd", bundle.ROOT / "config.example.env"]
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as file,  # type: ignore[arg-type]
    ):
        for source, place in [(folder, name), *((each, f"{name}/{each.name}") for each in extra)]:
            for each in sorted((source, *source.rglob("*"))):
                member = f"{place}/{each.relative_to(source)}".removesuffix("/.")
                file.add(each, member, recursive=False, filter=_owned_by_root)
    return target


def _owned_by_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mtime = int(epoch())
    return member


def packages(folder: Path, version: str, compression: str = "xz") -> list[Path]:
    """Make the .deb and the .rpm of a folder; ``compression`` is the .deb's."""
    stamp = subprocess.run(
        ["date", "-u", "-d", f"@{epoch()}", "+%Y-%m-%dT%H:%M:%SZ"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    known = {
        "FOLDER": str(folder.relative_to(bundle.ROOT)),
        "VERSION": version,
        "ARCH": _architecture(),
        "MTIME": stamp,
        "COMPRESSION": compression,
        "MAINTAINER": address.read().maintainer,
        "HOMEPAGE": address.read().repository,
    }
    recipe = BUILD / "nfpm.yaml"
    text = (bundle.ROOT / "docker" / "packages" / "nfpm.yaml").read_text(encoding="utf-8")
    recipe.write_text(string.Template(text).substitute(known), encoding="utf-8")
    nfpm = Path(sys.executable).with_name("nfpm")
    made = []
    for kind in ("deb", "rpm"):
        target = DIST / f"breb-proxy-{version}-linux-{_architecture()}.{kind}"
        command = [nfpm, "package", "-f", recipe, "-p", kind, "-t", target]
        subprocess.run(command, check=True, cwd=bundle.ROOT, stdout=subprocess.DEVNULL)
        made.append(target)
    return made


def _architecture() -> str:
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    return names.get(os.uname().machine, os.uname().machine)


def epoch() -> str:
    """Return when what is packed was last changed: files must not tell when they were packed."""
    command = ["git", "-C", str(bundle.ROOT), "log", "-1", "--format=%ct"]
    done = subprocess.run(command, capture_output=True, text=True)
    return os.environ.get("SOURCE_DATE_EPOCH") or done.stdout.strip() or "0"


if __name__ == "__main__":
    sys.exit(main())
