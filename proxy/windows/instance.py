r"""One installed service: its name, and its folder in C:\ProgramData, which belongs to it alone.

Whoever could put a file there would choose where payments go. So the folder is closed to all but
SYSTEM, administrators, and the account of this service, which Windows makes of its name; and what
somebody else has made there before is refused.
"""

import contextlib
import os
import subprocess
import sys
import winreg
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from proxy.windows import acl, files

NAME: Final = "breb-proxy"
_RIGHTS: Final = {
    "": acl.READ,
    "credentials": acl.READ,
    "ledger": acl.CHANGE,
    "logs": acl.CHANGE,
    "run": acl.CHANGE,
}
_SERVICES: Final = r"SYSTEM\CurrentControlSet\Services"
_BEFORE_UPGRADE: Final = r"SOFTWARE\breb-proxy"
_SETTINGS: Final = """\
# Settings of the service {name}; UTF-8. After a change: net stop {name} & net start {name}
# A path is written with slashes, or in single quotes: in double quotes \\n is a line break.
# Client id and secret may stand here, or in files of their own:
#   {data}/credentials/BREB_CLIENT_ID and BREB_CLIENT_SECRET
#BREB_CLIENT_ID=
#BREB_CLIENT_SECRET=
#BREB_BASE_URL=https://bre-b-sandbox.api.visionamos.passportfintech.com
#BREB_LISTEN=127.0.0.1:8080
#BREB_ADMIN_LISTEN=127.0.0.1:8081
BREB_LEDGER={data}/ledger/ledger.db
"""


class Refused(Exception):
    """What is there cannot be trusted with credentials; ``path`` names it."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class LeadsElsewhere(Refused):
    """It stands for another file or folder."""


class OfOthers(Refused):
    """Its owner is no administrator."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One of the services; several run beside each other, for sandbox and production."""

    name: str
    data: Path

    @classmethod
    def of(cls, word: str) -> "Instance":
        """Return the one that is meant by ``word``, which may leave out the program's name."""
        name = word if not word or word.startswith(NAME) else f"{NAME}-{word}"
        return cls(name or NAME, Path(os.environ["PROGRAMDATA"], name or NAME))

    @property
    def settings(self) -> Path:
        """The file of its settings."""
        return self.data / "settings.env"

    @property
    def credentials(self) -> Path:
        """The folder with one file for each secret."""
        return self.data / "credentials"

    @property
    def log(self) -> Path:
        """The file that it logs to."""
        return self.data / "logs" / "breb-proxy.log"

    def files(self) -> Iterator[tuple[Path, int]]:
        """Give the files that a start uses, besides the log, each with the way in which it does."""
        yield self.settings, files.READ
        yield from ((each, files.READ) for each in self.credentials.glob("*"))
        yield from ((each, files.WRITE) for each in (self.data / "ledger").glob("*"))

    @property
    def account(self) -> str:
        """The account that it runs as, which has no password and nobody else."""
        return rf"NT SERVICE\{self.name}"

    @property
    def title(self) -> str:
        """Its name in the list of services."""
        return f"Bre-B proxy ({self.name.removeprefix(NAME).strip('-') or 'default'})"

    @property
    def command(self) -> str:
        """The command by which the SCM starts it."""
        return subprocess.list2cmdline([*_program(), "service", "run", "--name", self.name])

    def make(self) -> None:
        """Make its folders and, if there are none, its settings; raise Refused, OSError."""
        account = acl.of_service(self.name)
        for name, right in _RIGHTS.items():
            folder = self.data / name
            _ours(folder)
            folder.mkdir(mode=0o700, exist_ok=True)  # closed from its first moment
            acl.close(folder, {account: right})
        _ours(self.settings)
        if not self.settings.exists():
            text = _SETTINGS.format(name=self.name, data=self.data.as_posix())
            self.settings.write_text(text, encoding="utf-8", newline="\r\n")
        acl.close(self.settings, {account: acl.READ})


def run_folders() -> Iterator[Path]:
    """Yield the folders of all services for what they leave to commands while they run.

    Every user may make such a folder, and what is in it would be taken for a service's.
    """
    for data in Path(os.environ.get("PROGRAMDATA") or os.devnull).glob(f"{NAME}*"):
        with contextlib.suppress(OSError, Refused):
            _ours(data)
            yield data / "run"


def installed() -> list[str]:
    """Return the names of the services that start this program."""
    ours = subprocess.list2cmdline([*_program(), "service", "run"]).lower()
    return [name for name in _names() if _command(name).lower().startswith(ours)]


def remember(there: list[str], running: list[str]) -> None:
    """Note which services there are before an upgrade, and which of them run."""
    with winreg.CreateKey(winreg.HKEY_LOCAL_MACHINE, _BEFORE_UPGRADE) as key:
        for value, names in (("Installed", there), ("Running", running)):
            winreg.SetValueEx(key, value, 0, winreg.REG_MULTI_SZ, names)


def remembered() -> tuple[list[str], list[str]]:
    """Return what was noted, and forget it."""
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _BEFORE_UPGRADE) as key:
            there, running = (
                list(winreg.QueryValueEx(key, value)[0] or ()) for value in ("Installed", "Running")
            )
        winreg.DeleteKey(winreg.HKEY_LOCAL_MACHINE, _BEFORE_UPGRADE)
    except FileNotFoundError:
        return [], []
    return there, running


def _program() -> list[str]:
    ours = Path(sys.executable)
    return [str(ours)] if ours.stem.lower() == NAME else [str(ours), "-m", "proxy"]


def _ours(path: Path) -> None:
    """Refuse what somebody made who is no administrator: it may be planted."""
    try:
        leads_elsewhere = path.lstat().st_reparse_tag
    except FileNotFoundError:
        return
    if leads_elsewhere:
        raise LeadsElsewhere(path)
    if acl.owner(path) not in (acl.SYSTEM, acl.ADMINISTRATORS, acl.ours()):
        raise OfOthers(path)


def _names() -> Iterator[str]:
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _SERVICES) as key:
        for index in range(winreg.QueryInfoKey(key)[0]):
            yield winreg.EnumKey(key, index)


def _command(name: str) -> str:
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, rf"{_SERVICES}\{name}") as key:
            return str(winreg.QueryValueEx(key, "ImagePath")[0])
    except OSError:
        return ""
