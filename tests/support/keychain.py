"""A real Secret Service (gnome-keyring) on a D-Bus of its own; and a keychain in memory."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from keyring.backend import KeyringBackend

from tests.support.needs import need
from tests.support.patience import PATIENCE


class MemoryKeychain(KeyringBackend):
    """Keeps what it is given while the test runs."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.trouble: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        if self.trouble is not None:
            raise self.trouble
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@contextlib.contextmanager
def secret_service(home: Path, *, unlocked: bool = True) -> Iterator[dict[str, str]]:
    """Run one with its files in ``home``; give the environment in which it is found."""
    programs = need("dbus-daemon"), need("gnome-keyring-daemon")
    runtime = home / "run"
    runtime.mkdir(mode=0o700, parents=True)
    address = f"unix:path={runtime}/bus"
    found = {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "DBUS_SESSION_BUS_ADDRESS": address,
    }
    environment = {**os.environ, **found}
    bus = subprocess.Popen(
        [programs[0], "--session", "--nofork", f"--address={address}", "--print-address"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert bus.stdout is not None
    bus.stdout.readline()  # it is there once it has said where
    how = ["--unlock"] if unlocked else []
    keychain = subprocess.Popen(
        [programs[1], "--foreground", "--components=secrets", *how],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert keychain.stdin is not None
    assert keychain.stdout is not None
    keychain.stdin.write(b"password of the login keyring")
    keychain.stdin.close()
    keychain.stdout.readline()
    try:
        yield found
    finally:
        for process in (keychain, bus):
            process.terminate()
            process.wait(PATIENCE)
            process.stdout.close()  # type: ignore[union-attr]  # a pipe, see above
