"""The admin listener's secret: where it is left, and that others cannot have put it there."""

import contextlib
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.addresses import ListenAddress
from proxy.admin import secret

# Ports that no proxy of this machine serves: its secret would be found, too.
WHERE = ListenAddress.parse("127.0.0.1:1")


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a runtime directory of our own; nothing is in memory, whatever else runs here."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.setattr(secret, "_memory", lambda *_: None)
    monkeypatch.setattr(secret, "_of_processes", lambda *_: iter(()))
    return tmp_path


def test_it_is_another_one_each_time_and_too_long_to_guess() -> None:
    made = {secret.make() for _ in range(100)}
    assert len(made) == 100
    assert {len(each) for each in made} == {43}


@pytest.mark.needs("posix")
def test_it_lies_in_a_file_that_our_user_alone_can_read(runtime: Path) -> None:
    with secret.left("s3", WHERE) as found:
        assert found
        (file,) = (runtime / "breb-proxy").iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert list(secret.found(WHERE, [])) == ["s3"]
    assert list(runtime.iterdir()) == []


def test_the_folder_stays_while_another_uses_it(runtime: Path) -> None:
    with secret.left("s3", WHERE):
        with secret.left("other", ListenAddress.parse("127.0.0.1:2")):
            pass
        assert list(secret.found(WHERE, [])) == ["s3"]


def test_a_folder_that_one_who_ends_takes_away_is_made_again(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, seen = secret._check, []

    def taken_away(state: os.stat_result, *, folder: bool = False, anyones: bool = False) -> None:
        seen.append(state)
        if len(seen) == 1:
            (runtime / "breb-proxy").rmdir()
        check(state, folder=folder, anyones=anyones)

    monkeypatch.setattr(secret, "places", lambda: [runtime / "breb-proxy"])
    monkeypatch.setattr(secret, "_check", taken_away)
    with secret.left("s3", WHERE) as found:
        assert found
        assert list(secret.found(WHERE, [])) == ["s3"]


def test_what_was_left_by_one_that_broke_down_is_replaced(runtime: Path) -> None:
    folder = runtime / "breb-proxy"
    folder.mkdir(mode=0o700)
    (folder / "admin-1.secret").write_text("old")
    (folder / f".admin-1.secret.{os.getpid()}").symlink_to("/etc/passwd")
    with secret.left("new", WHERE):
        assert list(secret.found(WHERE, [])) == ["new"]


@pytest.mark.needs("posix")
def test_the_next_process_keeps_its_own(runtime: Path) -> None:
    with secret.left("ours", WHERE):
        (runtime / "breb-proxy" / "admin-1.secret").write_text("the next one's\n")
    assert list(secret.found(WHERE, [])) == ["the next one's"]


def others(folder: Path) -> None:
    folder.chmod(0o777)


def elsewhere(folder: Path) -> None:
    folder.rmdir()
    folder.symlink_to(folder.parent)


@pytest.mark.needs("posix")
@pytest.mark.parametrize("made", [others, elsewhere])
def test_a_folder_that_others_can_change_is_not_used(
    runtime: Path, made: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret, "places", lambda: [runtime / "breb-proxy"])
    (runtime / "breb-proxy").mkdir(mode=0o700)
    assert callable(made)
    made(runtime / "breb-proxy")
    with secret.left("s3", WHERE) as found:
        assert not found


@pytest.mark.needs("posix")
def test_the_folders_are_those_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    user = os.getuid()
    given = {"RUNTIME_DIRECTORY": "/run/one:/run/two", "XDG_RUNTIME_DIR": "/run/x", "TMPDIR": "/t"}
    assert [str(each) for each in secret.places(given)] == [
        "/run/one/breb-proxy",
        "/run/x/breb-proxy",
        f"/run/user/{user}/breb-proxy",
        f"/t/breb-proxy-{user}",
    ]
    assert [str(each) for each in secret.places({})] == [
        f"/run/user/{user}/breb-proxy",
        f"/tmp/breb-proxy-{user}",
    ]


@pytest.mark.parametrize(
    ("served", "asked", "same"),
    [
        ("0.0.0.0:1", "127.0.0.1:1", True),
        ("[::]:1", "[::1]:1", True),
        ("localhost:1", "127.0.0.1:1", True),
        ("127.0.0.1:1", "127.0.0.1:2", False),
        ("127.0.0.2:1", "127.0.0.1:1", False),
        ("[fd00::1]:1", "[fd00::1]:1", True),
    ],
)
def test_a_command_finds_the_secret_of_the_listener_it_asks(
    runtime: Path, served: str, asked: str, same: bool
) -> None:
    del runtime
    with secret.left("s3", ListenAddress.parse(served)):
        assert list(secret.found(ListenAddress.parse(asked), [])) == (["s3"] if same else [])


@pytest.mark.needs("posix")
def test_a_unix_socket_needs_none(runtime: Path) -> None:
    where = ListenAddress.parse("unix:/run/x.sock")
    with secret.left("s3", where) as found:
        assert found
        assert list(secret.found(where, [])) == []
    assert list(runtime.iterdir()) == []


ASK = """
import sys
from proxy.addresses import ListenAddress
from proxy.admin import secret
print(*secret.found(ListenAddress.parse("127.0.0.1:1"), []))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="there is no other place for it")
def test_where_no_folder_can_be_written_the_same_user_finds_it_in_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container with a read-only root."""
    monkeypatch.setattr(secret, "places", list)
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", ASK]
    kept = secret.make()
    with secret.left(kept, WHERE) as found:
        assert found
        asked = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert kept in asked.stdout.split()
    asked = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert kept not in asked.stdout


def test_nothing_is_promised_where_there_is_no_place_at_all(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del runtime
    monkeypatch.setattr(secret, "places", lambda: [Path("/proc/breb-proxy")])
    with secret.left("s3", WHERE) as found:
        assert not found


def fifo(file: Path) -> None:
    os.mkfifo(file, 0o600)


def link(file: Path) -> None:
    other = file.with_name("other")
    other.write_text("s3")
    other.chmod(0o600)
    file.symlink_to(other)


def directory(file: Path) -> None:
    file.mkdir(mode=0o700)


def readable(file: Path) -> None:
    file.write_text("s3")
    file.chmod(0o604)


def empty(file: Path) -> None:
    file.touch(0o600)


def listening(file: Path) -> None:
    with contextlib.chdir(file.parent), socket.socket(socket.AF_UNIX) as sock:
        sock.bind(file.name)


def owned(file: Path) -> None:
    file.write_text("s3")
    file.chmod(0o600)
    os.chown(file, 65534, 65534)


def folder_owned(file: Path) -> None:
    file.write_text("s3")
    file.chmod(0o600)
    os.chown(file.parent, 65534, 65534)


def folder_open(file: Path) -> None:
    file.write_text("s3")
    file.chmod(0o600)
    file.parent.chmod(0o777)


def folder_linked(file: Path) -> None:
    file.write_text("s3")
    file.chmod(0o600)
    file.parent.rename(file.parent.with_name("elsewhere"))
    file.parent.symlink_to(file.parent.with_name("elsewhere"))


root = pytest.mark.needs("another user")


@pytest.mark.needs("posix")
@pytest.mark.parametrize(
    ("made", "why"),
    [
        (fifo, "it is no regular file"),
        (link, "it is a symbolic link"),
        (directory, "it is no regular file"),
        (readable, "other users may read or change it"),
        (empty, "it is empty"),
        (listening, "No such device or address"),
        pytest.param(owned, "it belongs to nobody", marks=root),
        pytest.param(folder_owned, "its folder belongs to nobody", marks=root),
        (folder_open, "other users may write into its folder"),
        (folder_linked, "its folder is no directory"),
    ],
)
def test_what_another_user_can_have_put_there_is_not_used_and_said(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, made: Callable[[Path], None], why: str
) -> None:
    file = runtime / "breb-proxy" / "admin-1.secret"
    monkeypatch.setattr(secret, "places", lambda: [file.parent])
    file.parent.mkdir(mode=0o700)
    made(file)
    unused: list[secret.Unused] = []
    assert list(secret.found(WHERE, unused)) == []
    assert [(place, str(what)) for place, what in unused] == [(str(file), why)]


@root
@pytest.mark.skipif(sys.platform != "linux", reason="there is no other place for it")
def test_root_does_not_believe_what_a_process_of_another_user_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Root sees the files of all; anybody may call one what we call ours."""
    monkeypatch.setattr(secret, "places", list)
    own = secret._memory("s3", secret._name(WHERE))
    assert own is not None
    with os.fdopen(own):
        os.fchown(own, 65534, 65534)
        unused: list[secret.Unused] = []
        assert "s3" not in list(secret.found(WHERE, unused))
        told = [f"{place}: {why}" for place, why in unused]
        assert f"that of process {os.getpid()}: it belongs to nobody" in told


@pytest.mark.needs("posix")
def test_all_addresses_of_a_listener_have_it(runtime: Path) -> None:
    """As where a service manager made a Unix socket and two of TCP."""
    several = [ListenAddress.parse(each) for each in ("unix:/x", "127.0.0.1:1", "127.0.0.1:2")]
    with secret.left("s3", *several, several[1]) as found:
        assert found
        assert [list(secret.found(each, [])) for each in several] == [[], ["s3"], ["s3"]]
    assert list(runtime.iterdir()) == []


@pytest.mark.parametrize(
    ("cgroup", "trusted"),
    [
        pytest.param("0::/system.slice/breb-proxy.service", True, id="the service"),
        pytest.param(
            r"0::/system.slice/system-breb\x2dproxy.slice/breb-proxy@sandbox.service",
            True,
            id="an instance",
        ),
        pytest.param(
            "4:memory:/\n1:name=systemd:/system.slice/breb-proxy.service", True, id="version 1"
        ),
        pytest.param(
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/breb-proxy.service",
            False,
            id="of a user's manager",
        ),
        pytest.param("0::/system.slice/cron.service", False, id="another service"),
        pytest.param("0::/x/system.slice/breb-proxy.service", False, id="a container"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_root_trusts_the_installed_service_alone(
    tmp_path: Path, cgroup: str, trusted: bool
) -> None:
    """It runs as a user of its own, whom no name leads to: nobody but root can ask it."""
    (tmp_path / "cgroup").write_text(cgroup)
    assert secret.of_service(tmp_path) is trusted
    assert not secret.of_service(tmp_path / "gone")
