"""What tests ask of the machine, in one place: each need is tried, once, before a test has begun.

A test says ``@pytest.mark.needs("curl")``, a fixture or a helper calls `need`. Where it is not met
the test is skipped, and the reason names the command that brings it. In CI (``CI=true``) whatever
can be brought has to be there: without it the test fails.
"""

import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

NOBODY = 65534
_SOON = 60  # seconds: a start on a busy machine
NCSA = Path("/usr/lib/squid/basic_ncsa_auth")  # where squid looks users up
_FILES = 8192  # what the program may want without a setting, and then some


class NotMet(Exception):
    """Why a need is not met, if more is known than that it is not."""


@dataclass(frozen=True)
class Need:
    """``trial`` returns where a thing is ("" if it is nowhere), and raises if it does not work."""

    lack: str
    brings: str
    trial: Callable[[], str]


def _program(name: str, package: str, *words: str, code: int = 0) -> Need:
    """Return the need of a program that ``words``, its arguments, show to work."""

    def trial() -> str:
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if found is None:
            raise NotMet
        _run([found, *words], code)
        return found

    return Need(f"no working {name}", f"apt-get install {package}", trial)


def _run(words: list[str], code: int = 0) -> None:
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SOON, check=False
    )
    if done.returncode != code:
        raise NotMet(done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:200])


def _browser() -> str:
    """Chromium, and Playwright's own Node, which drives it and links to a library of its own."""
    from playwright._impl._driver import compute_driver_executable

    # The first is made for tests: a page costs a quarter of what it costs with windows around it.
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise NotMet
    _run([found, "--version"])
    _run([str(compute_driver_executable()[0]), "--version"])
    return found


def _squid() -> str:
    found = shutil.which("squid", path="/usr/sbin:/usr/bin")
    if found is None or not NCSA.exists():
        raise NotMet
    _run([found, "-v"])
    return found


def _postgres() -> str:
    """The newest: Debian keeps the servers out of the PATH, a folder for each version."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: each.parent.name)
    found = shutil.which("postgres", path=":".join(map(str, [*reversed(places), "/usr/bin"])))
    if found is None:
        raise NotMet
    _run([found, "--version"])
    return found


def _csharp() -> str:
    for name in ("mcs", "mono"):
        if shutil.which(name) is None:
            raise NotMet
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "A.cs").write_text("class A { System.Net.Http.HttpClient a; }")
        library = ["-target:library", f"-out:{folder}/A.dll"]
        _run(["mcs", "-r:System.Net.Http.dll", *library, f"{folder}/A.cs"])
    return str(shutil.which("mono"))


def _ipv6() -> str:
    with socket.socket(socket.AF_INET6) as sock:
        sock.bind(("::1", 0))
    return ""


def _localhost6() -> str:
    _ipv6()
    if "::1" not in {info[4][0] for info in socket.getaddrinfo("localhost", 80)}:
        raise NotMet
    return ""


def _stubs() -> str:
    """A folder for temporary files may be mounted so that nothing in it can be started."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "program")
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        if not os.access(program, os.X_OK):
            raise NotMet
        _run([str(program)])
    return ""


def _posix() -> str:
    """Modes, signals, Unix sockets, terminals, open files that are renamed: all or none of it."""
    if not hasattr(os, "fork"):
        raise NotMet
    return ""


def _another_user() -> str:
    """Return a Python that another user may start: ours can lie in a home."""
    if sys.platform != "linux" or os.getuid() != 0:
        raise NotMet
    for python in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        if _as_nobody(python, "pass"):
            return python
    raise NotMet("no Python that others may start")


def _open_tree() -> str:
    root = Path(__file__).parents[2]
    if not _as_nobody(need("another user"), f"open({str(root / 'Makefile')!r})"):
        raise NotMet
    return str(root)


def _as_nobody(python: str, program: str) -> bool:
    command = [python, "-c", program]
    try:
        done = subprocess.run(command, user=NOBODY, cwd="/", capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _registry() -> str:
    """Ask pip, which knows where its registry is and through which proxy it is reached."""
    with tempfile.TemporaryDirectory() as folder:
        own = ["--no-deps", "--no-cache-dir", "--retries=0", "--timeout=10", "-d", folder]
        _run([sys.executable, "-W", "ignore", "-m", "pip", "download", "-q", *own, "pip"])
    return ""


def _kept() -> str:
    """Return the folder for what is fetched once: of the user, so that nobody else writes to it."""
    named = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(named) if named else Path.home() / ".cache") / "breb-proxy"
    except RuntimeError as error:  # neither HOME nor a user's entry says where that is
        raise NotMet(str(error)) from error
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        return str(folder)


def _checkout() -> str:
    root = Path(__file__).parents[2]
    _run([need("git"), "-C", str(root), "rev-parse", "HEAD"])
    return str(root)


NEEDS = {
    "curl": _program("curl", "curl", "--version"),
    "git": _program("git", "git", "--version"),
    "make": _program("make", "make", "--version"),
    "node": _program("node", "nodejs", "--version"),
    "npm": _program("npm", "npm", "--version"),
    "php": _program("php", "php-cli php-curl", "-r", "curl_init();"),
    "java": _program("java", "default-jdk-headless", "--describe-module", "jdk.compiler"),
    "http": _program("http", "httpie", "--version"),
    "wixl": _program("wixl", "wixl", "--version"),
    "msibuild": _program("msibuild", "msitools", "--help", code=1),
    "openssl": _program("openssl", "openssl", "version"),
    "tinyproxy": _program("tinyproxy", "tinyproxy", "-v"),
    "slowhttptest": _program("slowhttptest", "slowhttptest", "-h", code=1),
    "varnishtest": _program("varnishtest", "varnish", "-h", code=1),
    "pgbouncer": _program("pgbouncer", "pgbouncer", "--version"),
    "dbus-daemon": _program("dbus-daemon", "dbus-daemon", "--version"),
    "gnome-keyring-daemon": _program("gnome-keyring-daemon", "gnome-keyring", "--version"),
    "browser": Need(
        "no working Chromium",
        "apt-get install chromium-headless-shell fonts-dejavu-core libatomic1",
        _browser,
    ),
    "squid": Need("no working squid", "apt-get install squid", _squid),
    "postgres": Need("no PostgreSQL", "apt-get install postgresql", _postgres),
    "mono": Need(
        "no working Mono",
        "apt-get install mono-mcs mono-runtime libmono-system-net-http4.0-cil",
        _csharp,
    ),
    "kept": Need(
        "no folder for what tests fetch can be written",
        "XDG_CACHE_HOME=/path/to/yours make test",
        _kept,
    ),
    "checkout": Need("this is no git checkout", "git clone", _checkout),
    "registry": Need("pip reaches no package registry", "PIP_INDEX_URL names yours", _registry),
    "programs in temporary files": Need(
        "no program can be started from the folder for temporary files",
        "TMPDIR=/path/to/another make test",
        _stubs,
    ),
    "ipv6": Need("no IPv6", "", _ipv6),
    "posix": Need("this is no POSIX system", "", _posix),
    "localhost is ::1": Need("localhost is not ::1", "", _localhost6),
    "a tree that others can read": Need(
        "other users cannot read this tree: clone it into a folder for all", "", _open_tree
    ),
    "another user": Need("no other user to be: sudo make test", "", _another_user),
} | {
    shell: _program(shell, shell, "-c", ":")
    for shell in ("sh", "bash", "dash", "zsh", "ksh", "fish")
}


def need(name: str) -> str:
    """Return where a thing is that a test cannot do without; without it, skip or fail the test."""
    found, words = _tried(name)
    if words:
        # What brings it is Debian's.
        without(words, brought=bool(NEEDS[name].brings) and sys.platform != "win32")
    return found


def need_files(count: int) -> None:
    """Skip the test where a process may not have so many files open."""
    if sys.platform == "win32":  # it has no such limit
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if 0 <= hard < count:
        without(f"a process may open {hard} files only: ulimit -Hn {_FILES}", brought=False)


def raise_files() -> None:
    """Let this process, and what it starts, open as many files as tests want, if it may."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if 0 <= soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def without(words: str, *, brought: bool) -> NoReturn:
    """Skip the test; fail it in CI if what is missing can be ``brought``."""
    if brought and os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)


@functools.cache
def _tried(name: str) -> tuple[str, str]:
    """Return where it is, and why it does not serve: one of the two."""
    need = NEEDS[name]
    try:
        return need.trial(), ""
    except (NotMet, OSError, subprocess.SubprocessError) as error:
        told = f" ({error})" if str(error) else ""
        return "", f"{need.lack}{told}" + (f": {need.brings}" if need.brings else "")
