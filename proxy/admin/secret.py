"""The admin listener's secret: new at each start, in a place that only the same user can read.

Loopback proves the machine, not the user. So the secret lies in a file of mode 0600 in the user's
runtime directory. On Linux it lies also in a file without a name, which the process holds open:
/proc shows it to processes of the same user in the same container, which may have no writable
directory.
"""

import contextlib
import errno
import os
import re
import stat
import sys
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from proxy.addresses import ListenAddress
from proxy.words import Phrase, Said, phrase

DEFAULT = "127.0.0.1:8081"  # the listener that commands ask by default
_LONGEST = 256  # bytes
_UNIT = re.compile(
    r"/system\.slice/(?:breb-proxy|system-breb\\x2dproxy\.slice/breb-proxy@[^/]+)\.service"
)
Unused = tuple[Said, Said]
"""A place of a secret that may be another user's, and why it is not used."""
_USUAL = ("127.0.0.1", "localhost", "::1", "0.0.0.0", "::")  # noqa: S104  compared, not bound


def make() -> str:
    """Return a new secret of letters, digits, - and _."""
    import secrets  # commands that ask do not need it

    return secrets.token_urlsafe(32)


def address(listener: ListenAddress, link: str) -> str:
    """Return the URL that opens the console; a browser does not send the part after the #."""
    return f"http://{listener.connectable}/#secret={link}"


@contextlib.contextmanager
def left(secret: str, *listeners: ListenAddress) -> Generator[bool]:
    """Store the secret for commands of the same user; yield whether there was a place for it.

    It is removed at the end, and so is its folder if no other secret is in it. A Unix socket
    needs no secret: the kernel keeps other users away.
    """
    with contextlib.ExitStack() as places:
        names = dict.fromkeys(_name(each) for each in listeners if not each.path)
        found = [places.enter_context(_left(secret, name)) for name in names]
        yield all(found)


@contextlib.contextmanager
def _left(secret: str, name: str) -> Generator[bool]:
    file = _file(secret, name)
    memory = _memory(secret, name)
    try:
        yield file is not None or memory is not None
    finally:
        if memory is not None:
            os.close(memory)
        if file is not None and _holds(file, secret):  # the next process may have replaced it
            with contextlib.suppress(OSError):  # on Windows its reader, such as a virus scanner
                file.unlink(missing_ok=True)
                file.parent.rmdir()


def found(listener: ListenAddress, unused: list[Unused]) -> Iterator[str]:
    """Yield the secrets that are stored for this user, the likeliest first.

    ``unused`` gets each file that may be another user's.
    """
    if listener.path:
        return
    name = _name(listener)
    for file in (place / name for place in (*places(), *_of_services())):
        try:
            _check(file.parent.lstat(), folder=True)
            yield _read(file)
        except FileNotFoundError:
            continue
        except OSError as error:
            unused.append((str(file), str(error.strerror)))
        except _Foreign as error:
            unused.append((str(file), error.what))
    yield from _of_processes(name, unused)


def places(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the folders in which a secret of ours may lie, the best first."""
    if sys.platform == "win32":
        named = [environment.get("RUNTIME_DIRECTORY", ""), environment.get("LOCALAPPDATA", "")]
        return [Path(name, "breb-proxy") for name in named if name]
    named = [environment.get("RUNTIME_DIRECTORY", "").partition(":")[0]]  # systemd's
    user = os.getuid()
    named += [environment.get("XDG_RUNTIME_DIR", ""), f"/run/user/{user}"]
    shared = Path(environment.get("TMPDIR") or "/tmp", f"breb-proxy-{user}")  # noqa: S108  see _own
    return [*dict.fromkeys(Path(name, "breb-proxy") for name in named if name), shared]


def _of_services() -> list[Path]:
    """Return where services of Windows leave theirs for administrators."""
    if sys.platform == "win32":
        from proxy.windows import instance

        return [folder / "breb-proxy" for folder in instance.run_folders()]
    return []


def _name(listener: ListenAddress) -> str:
    """Name the listener by its port, and by its host if that is not a usual one of loopback."""
    host = listener.host
    place = "" if host in _USUAL else re.sub(r"[^0-9A-Za-z.]", "-", host) + "-"
    return f"admin-{place}{listener.port}.secret"


def _file(secret: str, name: str) -> Path | None:
    # Each is tried twice: a process that ends may have just removed the folder that we found.
    for place in (place for place in places() for _ in range(2)):
        with contextlib.suppress(OSError, _Foreign):
            place.mkdir(mode=0o700, exist_ok=True)
            _check(place.lstat(), folder=True)
            new = place / f".{name}.{os.getpid()}"
            new.unlink(missing_ok=True)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as text:
                text.write(secret + "\n")
            return new.replace(place / name)
    return None


class _Foreign(Exception):
    """It is not a file of this user's proxy; ``what`` says why."""

    def __init__(self, what: Phrase) -> None:
        super().__init__(what)
        self.what = what


def _check(state: os.stat_result, *, folder: bool = False, anyones: bool = False) -> None:
    """Raise _Foreign if others than our user and root can have made, changed or read it."""
    if not (stat.S_ISDIR if folder else stat.S_ISREG)(state.st_mode):
        raise _Foreign(phrase("secret.no-folder") if folder else phrase("secret.no-file"))
    if sys.platform == "win32":  # it lies in the user's profile, or in a trusted folder
        return
    if state.st_uid not in (0, os.getuid()) and not anyones:
        owner = user(state.st_uid)
        whose = (
            phrase("secret.folder-of", user=owner) if folder else phrase("secret.of", user=owner)
        )
        raise _Foreign(whose)
    if state.st_mode & (0o022 if folder else 0o077):
        raise _Foreign(phrase("secret.open-folder") if folder else phrase("secret.open"))


def our_uid() -> int | None:
    """Return our user's number; None on Windows, which has no such numbers."""
    return None if sys.platform == "win32" else os.getuid()


def user(uid: int) -> str:
    """Return a user's name, or number if it has none."""
    import pwd  # only for a message

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


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


def _of_processes(name: str, unused: list[Unused]) -> Iterator[str]:
    """Yield the secrets that this user's processes hold; the kernel shows others to root alone.

    Root takes the installed service's secret as well, whichever user the service runs as.
    """
    for held in _open_files():
        process = held.parents[1]
        try:
            if str(held.readlink()) == f"/memfd:{name} (deleted)":
                yield _read(held, follow=True, anyones=of_service(process))
        except _Foreign as error:
            unused.append((phrase("reach.process", number=process.name), error.what))
        except OSError:
            continue  # it is closed by now, or another user's


def _open_files() -> Iterator[Path]:
    """Yield the open files of all processes, as far as the kernel shows them to us."""
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            yield from folder.iterdir()


def of_service(process: Path) -> bool:
    """Report whether a process is the installed service's: only root can put one there.

    ``process`` is its folder in /proc, whose cgroup names the unit of the system's manager.
    """
    with contextlib.suppress(OSError, UnicodeDecodeError):
        lines = (process / "cgroup").read_text().splitlines()
        return any(_UNIT.fullmatch(line.split(":", 2)[-1]) for line in lines)
    return False


def _read(file: Path, *, follow: bool = False, anyones: bool = False) -> str:
    """Return the secret in a file; ``anyones``: any user may own it.

    Raises _Foreign, and OSError. It never waits, as reading a pipe would.
    """
    careful = ("O_NONBLOCK", "O_CLOEXEC", *(() if follow else ("O_NOFOLLOW",)))  # not on Windows
    try:
        descriptor = os.open(file, sum((getattr(os, each, 0) for each in careful), os.O_RDONLY))
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _Foreign(phrase("secret.link")) from None
        raise
    try:
        _check(os.fstat(descriptor), anyones=anyones)
        secret = os.read(descriptor, _LONGEST).decode("ascii", "replace").strip()
    finally:
        os.close(descriptor)
    if not secret:
        raise _Foreign(phrase("secret.empty"))
    return secret


def _holds(file: Path, secret: str) -> bool:
    try:
        return _read(file) == secret
    except (OSError, _Foreign):
        return False
