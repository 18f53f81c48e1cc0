"""Set up ``.venv``: ``PYTHON tools/setup.py [--into FOLDER] SET...``; the sets are below.

Nothing is installed but what a lock names by hash, and it is wheels: a source would run its build.
The program itself is linked, not built: a line for the import, and a script. What fails is said in
one sentence, after the last words of pip.

It runs before anything is installed, so by the standard library alone. Python 3.6 must be able to
read it, in order to be told that it is too old.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

HERE = f"{sys.executable} is Python {sys.version.split()[0]}"
if sys.version_info < (3, 11):  # noqa: UP036 # whoever runs this has not been asked yet
    sys.exit(
        f"not set up: {HERE}, and 3.11 or newer is needed: install one (Debian, Ubuntu: apt install"
        " python3 python3-venv; macOS: brew install python), and name it if make does not find it:"
        " make PYTHON=/FOLDER/python3.13"
    )

ROOT = Path(__file__).resolve().parents[1]
SETS = {
    "run": ["requirements.lock"],
    "postgres": ["requirements-postgres.lock"],
    "dev": ["requirements-postgres.lock", "locks/build.lock", "locks/dev.lock"],
    "packages": ["locks/build.lock", "locks/packages.lock"],
    "release": ["locks/release.lock"],
    "locks": ["locks/locks.lock"],
}
PACKAGE = f"python3.{sys.version_info[1]}-venv"  # of Debian and Ubuntu
NEEDED = ("ssl", "sqlite3", "ctypes")  # a Python may have been built where their libraries were not
KEYCHAIN = "requirements-keyring.lock"
# sniffpy has no wheel: it is built by what locks/build.lock has put there before.
PIP = ["-m", "pip", "install", "-q", "--no-input", "--require-hashes", "--no-build-isolation"]
PIP += ["--only-binary", ":all:", "--no-binary", "sniffpy"]

UNREACHABLE = "Retrying|onnection broken|Max retries|ConnectionError|timed out"
MIRROR = (
    "name your company's mirror, for good (in pip.conf) with '{python} -m pip config set"
    " global.index-url https://MIRROR/simple', or once with PIP_INDEX_URL=https://MIRROR/simple"
)
PACKAGES = "the packages (.deb, .rpm, .tar.gz: docs/service.md) need no registry"
# What venv or pip said, and what it means to the reader; the first that fits is told.
MEANINGS = {
    r"No space left|Errno 28\b|quota exceeded|Errno 122\b": (
        "the disk is full ({rooms}): make room, or have pip unpack elsewhere with TMPDIR=/FOLDER,"
        " and try again"
    ),
    r"Permission denied|Errno 13\b|Read-only file system|Errno 30\b": (
        "{folder} cannot be written by you: take a clone that belongs to you, or give yourself"
        " this one with chown"
    ),
    "407 Proxy|Proxy Authentication": (
        "the proxy {proxy} asks for a login: set {variable}=http://USER:PASSWORD@HOST:PORT (a @ in"
        " the password is %40), or the line proxy in pip.conf, and try again"
    ),
    "ProxyError|annot connect to proxy|Tunnel connection": (
        "the proxy {proxy} does not take pip to a package registry: correct HTTPS_PROXY or the line"
        " proxy in pip.conf, or unset it where none is needed, and try again; or {mirror}"
    ),
    "CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSLError": (
        "the certificate of the package registry{host} is not trusted here, as where a firewall"
        " reads along: name the file of your company's authority with PIP_CERT=/FOLDER/FILE.pem,"
        " and try again"
    ),
    "DO NOT MATCH THE HASHES": (
        "a package registry sent something else than {lock} names, and nothing of it was installed:"
        " ask who keeps that registry, or {mirror}"
    ),
    "not a trusted or secure host": (
        "pip asks no registry over http:// that is not named as trusted: write https:// in"
        " PIP_INDEX_URL or pip.conf, or set PIP_TRUSTED_HOST=MIRROR, and try again"
    ),
    UNREACHABLE: (
        "no package registry can be reached{host}: behind a company firewall {mirror}, and try"
        f" again; or do without: {PACKAGES}"
    ),
    "No matching distribution": (
        "the package registry that pip asks gives no {wanted} for Python {version}: if it asks for"
        " a login, put that into PIP_INDEX_URL=https://USER:PASSWORD@MIRROR/simple or pip.conf; if"
        " it has none, take another Python (make PYTHON=python3.13), or ask who keeps the registry;"
        f" or do without: {PACKAGES}"
    ),
    "ensurepip": (
        "the module ensurepip of {python} is not whole, and pip comes from it: on Debian and"
        " Ubuntu, apt install --reinstall {package}; or take another Python"
        " (make PYTHON=/FOLDER/python3.13)"
    ),
    "": (
        f"{{lock}} cannot be installed, and why stands above: mend that, and try again; {PACKAGES}"
    ),
}


class Failed(Exception):
    """Something cannot be set up; the text is the sentence to print."""


def main(arguments: list[str]) -> int:
    """Set up what is named; return an exit code."""
    folder = ROOT / ".venv"
    if arguments[:1] == ["--into"]:
        folder, arguments = Path(arguments[1]).absolute(), arguments[2:]
    try:
        for name in arguments:
            set_up(name, folder)
    except Failed as failed:
        print(f"\nnot set up: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def set_up(name: str, folder: Path) -> None:
    """Install a set into the environment in ``folder``; raise Failed."""
    if name == "run":
        make(folder)
    for lock in SETS[name]:
        print(f"setting up {folder.name}: {lock}", file=sys.stderr)
        install(folder, lock)
    if name == "run":
        try:
            install(folder, KEYCHAIN)
        except Failed as failed:
            print(f"without the keychain: breb-proxy login will offer .env ({failed})")
        link(folder)
        (folder / ".run").write_text(f"{ROOT}\n")


def make(folder: Path) -> None:
    """Make the environment; anew if it was made at another place, or is not whole."""
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        raise Failed(
            f"{HERE} without its module venv: on Debian and Ubuntu, apt install {PACKAGE}"
            " brings it; then try again"
        )
    missing = [name for name in NEEDED if not importlib.util.find_spec(f"_{name}")]
    if missing:
        raise Failed(
            f"{HERE}, built without {' and '.join(missing)}: take another Python that has it (the"
            " distribution's own does), and name it: make PYTHON=/usr/bin/python3; or build this"
            " one again, with the headers of OpenSSL, SQLite and libffi"
        )
    python, mark = folder / "bin" / "python", folder / ".run"
    kept = os.access(python, os.X_OK) and mark.is_file() and mark.read_text() == f"{ROOT}\n"
    bare = ["--without-pip", str(folder)] if kept else ["--without-pip", "--clear", str(folder)]
    _run([sys.executable, "-m", "venv", *bare], folder, "the environment")
    # By itself: venv would keep to itself why it failed.
    _run([str(python), "-m", "ensurepip", "--default-pip"], folder, "pip")


def install(folder: Path, lock: str) -> None:
    """Install what a lock names; raise Failed."""
    _run([str(folder / "bin" / "python"), *PIP, "-r", str(ROOT / lock)], folder, lock)


def link(folder: Path) -> None:
    """Make this clone's program the environment's: there is nothing to build, nor to fetch."""
    (packages,) = folder.glob("lib/python3*/site-packages")
    # From there: a path may have letters that the encoding of this file has not.
    way = os.path.relpath(ROOT, packages.resolve())
    (packages / "breb-proxy.pth").write_text(f"{way}\n")
    python = str(folder / "bin" / "python")
    start = f"#!{python}"
    if re.search(r"\s", python) or len(start) > 127:  # what a kernel takes; a shell takes more
        start = f"#!/bin/sh\n'''exec' {shlex.quote(python)} \"$0\" \"$@\"\n' '''"
    script = folder / "bin" / "breb-proxy"
    code = "import sys\n\nfrom proxy.__main__ import main\n\nsys.exit(main())\n"
    script.write_text(f"{start}\n{code}", encoding="utf-8")
    script.chmod(0o755)


def _run(command: list[str], folder: Path, lock: str) -> None:
    """Run a command; if it fails, print its last words and raise Failed with what they mean."""
    # A virtual environment has no place for what a user's pip is set to install beside it; and pip
    # does not go on where warnings are made errors.
    own = {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONWARNINGS": ""}
    env = {**os.environ, **own}
    pipe: dict = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    said: list[str] = []
    with subprocess.Popen(command, cwd=ROOT, env=env, **pipe) as process:
        for raw in process.stdout or ():
            line = raw.decode(errors="replace").rstrip()
            if "Retrying" in line and not any("Retrying" in each for each in said):
                print("no answer from a package registry yet; pip tries again", file=sys.stderr)
            said.append(line)
    if process.returncode:
        if "No matching distribution" in "\n".join(said):
            said += _kept_back(command, env)
        errors = [line for line in said if re.match("ERROR|Error", line)]
        print("\n".join(errors[-2:] or said[-3:]), file=sys.stderr)
        raise Failed(meaning("\n".join(said), folder, lock))


def _kept_back(command: list[str], env: dict[str, str]) -> list[str]:
    """Ask pip why a registry gave nothing: what an index answered, such as 407, it says to -vvv."""
    more = subprocess.run(
        [*command, "-vvv"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return [
        line
        for line in more.stdout.decode(errors="replace").splitlines()
        if "Could not fetch URL" in line
    ]


def meaning(said: str, folder: Path, lock: str) -> str:
    """Return in one sentence what happened, and what to do."""
    host = re.search(r"host='([^']+)'(?:, port=(\d+))?", said)
    wanted = re.search(r"distribution found for (\S+)", said)
    scheme = "http" if "for url: http://" in said else "https"
    proxies = getproxies()
    proxy = urlsplit(proxies.get(scheme) or proxies.get("https") or proxies.get("http") or "")
    if host and proxy.port and (host[1], host[2]) == (proxy.hostname, str(proxy.port)):
        said += "\nProxyError"  # newer pips tell of the proxy as of any other host
    sentence = next(each for words, each in MEANINGS.items() if re.search(words, said))
    python = os.path.relpath(folder / "bin" / "python")
    there = folder if folder.exists() else folder.parent
    rooms = {_room(each) for each in (there, Path(tempfile.gettempdir()))}
    return sentence.format(
        folder=folder,
        host=f" ({host[1]} was asked)" if host else "",
        lock=lock,
        mirror=MIRROR.format(python=shlex.quote(python)),
        package=PACKAGE,
        python=sys.executable,
        proxy=f"{proxy.hostname}:{proxy.port}" if proxy.hostname else "of pip.conf",
        rooms=", ".join(sorted(rooms)),
        variable=f"{scheme.upper()}_PROXY",
        version=sys.version.split()[0],
        wanted=wanted[1] if wanted else "distribution",
    )


def _room(folder: Path) -> str:
    return f"{folder}: {shutil.disk_usage(folder).free // 1_000_000} MB free"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
