"""The installer, as an administrator uses it: silently, on a machine that has payments under way.

``python .ci/windows.py`` makes the files; INSTALLERS names their folder. One is of this version,
one of the next.
"""

import os
import shutil
import subprocess
import winreg
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy import __version__
from proxy.ledger.reading import Query, reading
from proxy.windows import scm
from proxy.windows.instance import NAME, Instance
from tests.support import SECRET, ask, free_port
from tests.support.patience import PATIENCE
from tests.support.slow_payments import PAYMENT, Payment, Slow
from tests.support.upstream import RawUpstream

FOLDER = Path(os.environ["INSTALLERS"])
NEXT = ".".join([*__version__.split(".")[:2], str(int(__version__.split(".")[2]) + 1)])
PROGRAM = Path(os.environ["PROGRAMFILES"], NAME, f"{NAME}.exe")
ONE = Instance.of("")
CALLER = Path(__file__).with_name("caller.vbs")
ENVIRONMENT = r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
# ERROR_INSTALL_FAILURE; and Wine's, if a step fails that has run in its course.
FAILED, FAILED_STEP = 1603, (1603, 1627)


def msiexec(how: str, version: str) -> int:
    package = str(FOLDER / f"{version}.msi")
    return subprocess.run(["msiexec", how, package, "/qn", "/norestart"], check=False).returncode


def said(*words: str) -> tuple[int, str]:
    done = subprocess.run(
        [PROGRAM, *words], capture_output=True, text=True, encoding="utf-8", check=False
    )
    return done.returncode, done.stdout + done.stderr


def on_path() -> int:
    """Count how often the PATH of all users has our folder."""
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, ENVIRONMENT) as key:
        folders = str(winreg.QueryValueEx(key, "PATH")[0]).split(";")
    return sum(Path(each) == PROGRAM.parent for each in folders)


def configure(upstream: RawUpstream) -> int:
    """Write the settings; return the port for callers."""
    port = free_port()
    values = {
        "CLIENT_ID": "a-client",
        "CLIENT_SECRET": SECRET,
        "BASE_URL": upstream.url,
        "LISTEN": f"127.0.0.1:{port}",
        "ADMIN_LISTEN": f"127.0.0.1:{free_port()}",
        "LEDGER_ASK": "false",
    }
    with ONE.settings.open("a", encoding="utf-8") as file:
        file.writelines(f"BREB_{name}={value}\n" for name, value in values.items())
    return port


def outcomes() -> list[object]:
    with reading(ONE.data / "ledger" / "ledger.db") as reader:
        return [entry["outcome"] for entry in reader.entries(Query())]


@pytest.fixture(autouse=True)
def machine() -> Iterator[None]:
    """End with a machine that does not have us, as it was before."""
    yield
    for version in (NEXT, __version__):
        if PROGRAM.exists():
            msiexec("/x", version)
    shutil.rmtree(ONE.data, ignore_errors=True)


def test_from_the_installation_to_the_removal() -> None:
    assert msiexec("/i", __version__) == 0
    assert said("--version") == (0, f"{NAME} {__version__}\n")
    assert on_path() == 1
    code, told = said("service", "start")
    assert (code, "exit code 2" in told) == (1, True), told
    with (upstream := Slow()):
        port = configure(upstream)
        assert said("service", "start") == (0, "running\n")
        callers_of_windows_are_answered(upstream, port)
        the_upgrade_waits_for_a_payment(upstream, port)
    assert msiexec("/i", __version__) == FAILED  # older than what is there
    assert said("--version") == (0, f"{NAME} {NEXT}\n")
    assert msiexec("/x", NEXT) == 0
    assert not PROGRAM.parent.exists()
    assert on_path() == 0
    with pytest.raises(OSError, match="does not exist"):
        scm.state(NAME)
    assert SECRET in ONE.settings.read_text("utf-8")
    assert outcomes() == ["answered"] * 4


def callers_of_windows_are_answered(upstream: Slow, port: int) -> None:
    upstream.may_answer.set()
    command = ["cscript", "//nologo", str(CALLER), f"http://127.0.0.1:{port}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = ("WinHttp.WinHttpRequest.5.1", "MSXML2.ServerXMLHTTP.6.0", "MSXML2.ServerXMLHTTP.3.0")
    assert told.splitlines() == [
        f"{name} {method} 200 ok" for name in names for method in ("GET", "POST")
    ]
    for call in upstream.requests:
        assert call.values("Authorization")[0].startswith(b"Bearer ")
    upstream.may_answer.clear()
    upstream.arrived.clear()


def the_upgrade_waits_for_a_payment(upstream: Slow, port: int) -> None:
    payment = Payment(port)
    assert upstream.arrived.wait(PATIENCE)
    package = str(FOLDER / f"{NEXT}.msi")
    with subprocess.Popen(["msiexec", "/i", package, "/qn"]) as upgrade:
        while scm.state(NAME).number != scm.STOPPING:
            assert upgrade.poll() is None
        upstream.may_answer.set()
        payment.join(PATIENCE)
        assert payment.answer == 200
        assert upgrade.wait(PATIENCE * 3) == 0
    assert said("--version") == (0, f"{NAME} {NEXT}\n")
    assert on_path() == 1
    assert scm.state(NAME).number == scm.RUNNING
    assert ask(port, PAYMENT).status == 200


def test_a_failed_installation_leaves_nothing() -> None:
    """The folder of the service cannot be made: there is a file."""
    ONE.data.write_text("")
    assert msiexec("/i", __version__) in FAILED_STEP
    with pytest.raises(OSError, match="does not exist"):
        scm.state(NAME)
    assert not PROGRAM.exists()
    ONE.data.unlink()
