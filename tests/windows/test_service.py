"""The program as a service: real processes, started by the service control manager."""

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from ctypes import wintypes
from pathlib import Path
from typing import Any

import pytest

from proxy.cli import windows_service, windows_setup
from proxy.cli.main import main
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.reading import Query, reading
from proxy.ledger.sqlite.lock import Lock
from proxy.windows import acl, instance, scm
from proxy.windows.instance import Instance
from tests.support import SECRET, RawUpstream, ask, free_port
from tests.support.command import command
from tests.support.held import NOBODY, READERS, held
from tests.support.patience import PATIENCE
from tests.support.slow_payments import Payment, Slow

CRASHED = 1067  # ERROR_PROCESS_ABORTED: what the failure actions are for


class Installed:
    """A service of ours, with a name that no other test has."""

    def __init__(self) -> None:
        self.one = Instance.of(uuid.uuid4().hex[:8])
        self.port, self.admin_port = free_port(), free_port()
        assert self("install") == 0

    def __call__(self, verb: str) -> int:
        """Do what the command line does, without a process for it."""
        return windows_service.run(verb, self.one.name)

    def set(self, upstream: RawUpstream, **more: str) -> None:
        values = {
            "CLIENT_ID": "a-client",
            "CLIENT_SECRET": SECRET,
            "BASE_URL": upstream.url,
            "LISTEN": f"127.0.0.1:{self.port}",
            "ADMIN_LISTEN": f"127.0.0.1:{self.admin_port}",
            "LEDGER_ASK": "false",
            **more,
        }
        with self.one.settings.open("a", encoding="utf-8") as file:
            file.writelines(f"BREB_{name}={value}\n" for name, value in values.items())

    @property
    def log(self) -> str:
        return self.one.log.read_text("utf-8") if self.one.log.exists() else ""

    @property
    def state(self) -> scm.State:
        return scm.state(self.one.name)

    def until(self, number: int) -> None:
        wait_for(lambda: self.state.number == number)

    def rows(self) -> list[LedgerEntry]:
        with reading(self.one.data / "ledger" / "ledger.db") as reader:
            return list(reader.entries(Query()))

    def remove(self) -> None:
        self("uninstall")
        wait_for(self._gone)

    def _gone(self) -> bool:
        """Remove its folder, once the process that has said its end has ended."""
        shutil.rmtree(self.one.data, ignore_errors=True)
        return not self.one.data.exists()


@pytest.fixture
def service() -> Iterator[Installed]:
    made = Installed()
    try:
        yield made
    finally:
        made.remove()


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ended(process: int) -> bool:
    kernel: Any = ctypes.WinDLL("kernel32")
    kernel.OpenProcess.restype = ctypes.c_void_p
    kernel.WaitForSingleObject.argtypes = [ctypes.c_void_p, wintypes.DWORD]
    synchronize = 0x100000
    handle = kernel.OpenProcess(synchronize, False, process)
    return handle is None or kernel.WaitForSingleObject(handle, 0) == 0


def change_parameters(name: str) -> None:
    """Send what ``sc control NAME paramchange`` sends, and Wine's ``sc`` does not know."""
    with scm._opened(name, 0xF01FF) as handle:
        assert scm._advapi.ControlService(handle, 6, (wintypes.DWORD * 7)())


def test_from_the_start_to_net_stop(service: Installed, capsys: pytest.CaptureFixture[str]) -> None:
    """Running means that it listens; the end waits for a payment, and revokes the token."""
    with (upstream := Slow()):
        service.set(upstream)
        assert service("status") == 1
        assert service("start") == 0, service.log
        assert ask(service.port, "/x").status == 200
        assert service("status") == 0
        process = service.state.process
        assert f"stopped\nrunning\nrunning, process {process}\n" in capsys.readouterr().out
        change_parameters(service.one.name)
        wait_for(lambda: len(upstream.tokens_asked) == 2)
        payment = Payment(service.port)
        assert upstream.arrived.wait(PATIENCE)
        stopping = subprocess.Popen(["net", "stop", service.one.name])
        service.until(scm.STOPPING)
        upstream.may_answer.set()
        payment.join(PATIENCE)
        assert payment.answer == 200
        assert stopping.wait(PATIENCE) == 0
        service.until(scm.STOPPED)
        assert len(upstream.revocations) == 2  # each that was fetched
    assert '"message":"stopped"' in service.log.splitlines()[-1]
    assert service.state.code == 0
    (row,) = service.rows()
    assert row["outcome"] == "answered"


def test_a_killed_service_is_a_crash_and_its_payment_in_doubt(service: Installed) -> None:
    with (upstream := Slow()):
        service.set(upstream)
        assert service("start") == 0, service.log
        payment = Payment(service.port)
        assert upstream.arrived.wait(PATIENCE)
        killing = ["taskkill", "/f", "/pid", str(service.state.process)]
        subprocess.run(killing, check=True)
        payment.join(PATIENCE)
        assert payment.answer != 200
        service.until(scm.STOPPED)
        assert service.state.code == CRASHED
        upstream.may_answer.set()
        assert service("start") == 0, service.log
        (row,) = service.rows()
        assert row["in_doubt"], row
        assert len([call for call in upstream.requests if call.method == "POST"]) == 1


def test_wrong_settings_end_it_for_good_and_are_told(
    service: Installed, capsys: pytest.CaptureFixture[str]
) -> None:
    with RawUpstream() as upstream:
        service.set(upstream, LISTEN="nonsense")
    assert service("start") == 1
    assert "did not start (exit code 2): breb-proxy: BREB_LISTEN" in capsys.readouterr().err
    assert service.state.code == 2  # said by itself: no crash
    assert service("status") == 1
    assert capsys.readouterr().out == "stopped, exit code 2\n"


def test_a_taken_port_is_a_crash_since_it_may_be_free_later(service: Installed) -> None:
    with socket.create_server(("127.0.0.1", service.port)):
        crashes_at_the_start(service)
    assert "BREB_LISTEN" in service.log


def test_a_ledger_that_another_process_has_is_a_crash_since_it_may_be_free_later(
    service: Installed,
) -> None:
    """Such as the process of this service that was just killed: it would stay down."""
    held = Lock(service.one.data / "ledger" / "ledger.db")
    try:
        crashes_at_the_start(service)
    finally:
        held.release()
    assert "BREB_LEDGER" in service.log


@pytest.mark.parametrize("name", ["settings.env", "ledger/ledger.db"])
def test_a_file_that_another_program_holds_is_a_crash_since_it_may_let_go(
    service: Installed, name: str
) -> None:
    """Such as a copy at night, which lets nobody write to the ledger meanwhile."""
    file = service.one.data / name
    file.touch()
    crashes_at_the_start(service, held(file, READERS if file.suffix == ".db" else NOBODY))
    assert f"{file}: another program" in service.log


def test_who_reads_the_secret_does_not_make_the_end_a_crash(service: Installed) -> None:
    with RawUpstream() as upstream:
        service.set(upstream)
        assert service("start") == 0, service.log
        (secret,) = (service.one.data / "run" / "breb-proxy").glob("admin-*.secret")
        with secret.open():
            assert service("stop") == 0, service.log
    assert service.state.code == 0


def crashes_at_the_start(
    service: Installed, meanwhile: contextlib.AbstractContextManager[None] | None = None
) -> None:
    with RawUpstream() as upstream:
        service.set(upstream)
        with meanwhile or contextlib.nullcontext():
            with scm._opened(service.one.name, 0xF01FF) as handle:
                assert scm._advapi.StartServiceW(handle, 0, None)
            wait_for(lambda: ended(service.state.process))
    assert service.state.number != scm.STOPPED  # it did not say so, and Wine waits on for that


def test_two_instances_run_beside_each_other(service: Installed) -> None:
    other = Installed()
    try:
        with RawUpstream() as upstream:
            for each in (service, other):
                each.set(upstream)
                assert each("start") == 0, each.log
            assert service("stop") == 0
            assert service.state.number == scm.STOPPED
            assert ask(other.port, "/x").status == 200
    finally:
        other.remove()


def test_an_upgrade_fails_after_which_nothing_would_run(
    service: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the version before comes back, and is told what ran."""
    assert service.one.name in instance.installed()
    monkeypatch.setattr(instance, "installed", lambda: [service.one.name])
    with RawUpstream() as upstream:
        service.set(upstream)
        assert service("start") == 0, service.log
        service.set(upstream, LISTEN="nonsense")
    assert windows_setup.run("before-upgrade") == 0
    assert windows_setup.run("after-upgrade") == 1
    assert service.state.number == scm.STOPPED
    assert instance.remembered() == ([service.one.name], [service.one.name])


def test_an_upgrade_starts_again_what_it_stopped(
    service: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the administrator's own commands find it."""
    # Not all that are installed, as an upgrade would: other tests have theirs.
    monkeypatch.setattr(instance, "installed", lambda: [service.one.name])
    with RawUpstream() as upstream:
        service.set(upstream)
        assert service("start") == 0, service.log
        process = service.state.process
        assert windows_setup.run("before-upgrade") == 0
        assert service.state.number == scm.STOPPED
        assert ended(process)  # its files can be replaced
        assert windows_setup.run("after-upgrade") == 0
        assert ask(service.port, "/x").status == 200
        where = f"127.0.0.1:{service.admin_port}"
        assert command("quit", "--admin-listen", where, cwd=tmp_path).code == 0
        service.until(scm.STOPPED)
        assert service.state.code == 0


def test_its_folder_is_closed_and_stays_when_it_is_uninstalled(service: Installed) -> None:
    one = service.one
    for place in (one.data, *one.data.iterdir()):
        assert acl.others(place) == []
    assert service("uninstall") == 0
    assert service("status") == 1
    assert one.settings.exists()
    one.settings.write_text("BREB_LISTEN=127.0.0.1:1\n")
    assert service("install") == service("install") == 0
    assert one.settings.read_text() == "BREB_LISTEN=127.0.0.1:1\n"


def test_what_somebody_else_has_put_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROGRAMDATA", str(tmp_path))
    one = Instance.of("planted")
    one.data.mkdir()
    monkeypatch.setattr(acl, "owner", lambda _: "S-1-5-21-1-2-3-1001")
    assert windows_service.run("install", "planted") == 1
    assert "belongs to somebody who is no administrator" in capsys.readouterr().err
    assert list(one.data.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param([], "write one of: ", id="none"),
        pytest.param(["begin"], "write one of: ", id="unknown"),
        pytest.param(["start", "--name", "a b"], "must be up to 41 letters", id="name"),
        pytest.param(["run"], "only Windows starts a service: net start breb-proxy", id="run"),
    ],
)
def test_what_cannot_be_meant_is_said(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["service", *words])
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code == 2
    assert told in capsys.readouterr().err


def test_one_that_is_not_installed_is_told_in_windows_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert windows_service.run("start", "nowhere") == 1
    assert "start breb-proxy-nowhere: " in capsys.readouterr().err


def test_the_account_has_the_number_that_windows_gives_it() -> None:
    trusted = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
    assert acl.of_service("TrustedInstaller") == trusted
    assert Instance.of("sandbox").name == "breb-proxy-sandbox"
    assert Instance.of("").data == Path(os.environ["PROGRAMDATA"], "breb-proxy")
    assert sys.executable in Instance.of("").command
