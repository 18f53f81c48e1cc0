"""The admin listener's secret: made at each start, and left where the same user alone can find it.

Loopback says which machine asks, not which user. So the secret lies in a file of mode 0600 in the
user's runtime directory; and on Linux in a file that has no name, which the process holds open:
/proc shows it to processes of the same user in the same container, which may have no directory
that can be written.
"""

import contextlib
import os
import re
import stat
import sys
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from proxy.addresses import ListenAddress

DEFAULT = "127.0.0.1:8081"  # the listener that commands ask unless they are told another
NEEDED = (
    "only for the user who runs breb-proxy and has its secret; to open the console, that user runs"
    " breb-proxy console\n"
)
_LONGEST = 256
_USUAL = ("127.0.0.1", "localhost", "::1", "0.0.0.0", "::")  # noqa: S104  compared, not bound


def make() -> str:
    """Return a new secret of letters, digits, - and _."""
    import secrets  # commands that ask do without

    return secrets.token_urlsafe(32)


def address(listener: ListenAddress, link: str) -> str:
    """Return what opens the console in a browser, which sends nothing of what follows the #."""
    return f"http://{listener.connectable}/#secret={link}"


@contextlib.contextmanager
def left(secret: str, listener: ListenAddress) -> Generator[bool]:
    """Leave the secret for commands of the same user; yield whether there was a place for it.

    It is taken away at the end, and so is its folder if there is no other's in it. A Unix socket
    needs none: the kernel keeps other users away.
    """
    if listener.path:
        yield True
        return
    name = _name(listener)
    file = _file(secret, name)
    memory = _memory(secret, name)
    try:
        yield file is not None or memory is not None
    finally:
        if memory is not None:
            os.close(memory)
        if file is not None and _read(file) == secret:  # not that of the next process
            file.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                file.parent.rmdir()


def found(listener: ListenAddress) -> Iterator[str]:
    """Yield the secrets that were left for this user, the likeliest first."""
    if listener.path:
        return
    name = _name(listener)
    for place in places():
        if secret := _read(place / name):
            yield secret
    yield from _of_processes(name)


def places(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the folders in which the secret may lie, the best first."""
    named = [environment.get("RUNTIME_DIRECTORY", "").partition(":")[0]]  # systemd's
    if sys.platform == "win32":
        named.append(environment.get("LOCALAPPDATA", ""))
        return [Path(name, "breb-proxy") for name in named if name]
    user = os.getuid()
    named += [environment.get("XDG_RUNTIME_DIR", ""), f"/run/user/{user}"]
    shared = Path(environment.get("TMPDIR") or "/tmp", f"breb-proxy-{user}")  # noqa: S108  see _own
    return [*dict.fromkeys(Path(name, "breb-proxy") for name in named if name), shared]


def _name(listener: ListenAddress) -> str:
    """Name the listener: its port; and its host, where that is not one of loopback's usual ones."""
    host = listener.host
    place = "" if host in _USUAL else re.sub(r"[^0-9A-Za-z.]", "-", host) + "-"
    return f"admin-{place}{listener.port}.secret"


def _file(secret: str, name: str) -> Path | None:
    # Each twice: one that ends may have removed its folder just when we had found it.
    for place in (place for place in places() for _ in range(2)):
        with contextlib.suppress(OSError):
            place.mkdir(mode=0o700, exist_ok=True)
            if not _own(place):
                continue
            new = place / f".{name}.{os.getpid()}"
            new.unlink(missing_ok=True)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as text:
                text.write(secret + "\n")
            return new.replace(place / name)
    return None


def _own(folder: Path) -> bool:
    """Report whether nobody else can put anything into ``folder``, or has put it there itself."""
    if sys.platform == "win32":
        return True  # of the user's profile
    state = folder.lstat()
    return stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid() and not state.st_mode & 0o022


def _memory(secret: str, name: str) -> int | None:
    """Return the descriptor of a file without a name that holds the secret; None beyond Linux."""
    if sys.platform != "linux":
        return None
    try:
        descriptor = os.memfd_create(name)
    except OSError:
        return None
    os.fchmod(descriptor, 0o600)
    os.write(descriptor, secret.encode())
    return descriptor


def _of_processes(name: str) -> Iterator[str]:
    """Yield what processes of this user hold in memory; the kernel hides those of others."""
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):
            for each in folder.iterdir():
                with contextlib.suppress(OSError):
                    if str(each.readlink()) == f"/memfd:{name} (deleted)":
                        yield _read(each)


def _read(file: Path) -> str:
    """Return the secret in a file, empty if there is none."""
    try:
        with file.open("rb") as data:
            return data.read(_LONGEST).decode("ascii", "replace").strip()
    except OSError:
        return ""
