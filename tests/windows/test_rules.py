"""Small rules that only Windows has."""

import asyncio
import ctypes
import select
import signal
import socket
import ssl
import threading
import winreg
from collections.abc import Callable, Iterator
from ctypes import wintypes
from ctypes.wintypes import LPWSTR
from pathlib import Path
from types import SimpleNamespace

import keyring.core
import pytest
from keyring.backend import get_all_keyring
from keyring.backends.Windows import WinVaultKeyring
from pydantic import SecretStr

from proxy import invocation
from proxy.addresses import ListenAddress
from proxy.server import server, signals, sockets
from proxy.settings import environment_proxy, git, keychain
from proxy.settings.model import Settings
from proxy.upstream.connector import _unreachable
from proxy.upstream.tls import tls_context
from proxy.windows import binding, console, patience, winsock
from tests.support.patience import PATIENCE
from tests.support.ports import free_port


@pytest.mark.parametrize(
    ("number", "words"),
    [(10060, "connection timed out"), (1225, "connection refused"), (10065, "no route to host")],
)
def test_errors_of_sockets_have_the_words_of_other_systems(number: int, words: str) -> None:
    error = OSError(22, "Se ha agotado el tiempo de espera.", None, number)
    assert winsock.words(error) == words
    assert words.removeprefix("connection ") in str(_unreachable(error, "x"))


def test_an_error_of_windows_alone_keeps_its_words() -> None:
    assert winsock.words(OSError(22, "The parameter is incorrect.", None, 87)) == (
        "the parameter is incorrect"
    )


def test_no_other_program_can_share_our_ports() -> None:
    (sock,) = sockets.bind(ListenAddress("127.0.0.1", 0))
    with sock:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE)
        assert not sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)


def test_a_port_that_is_reserved_is_explained() -> None:
    reserved = OSError(13, "An attempt was made to access a socket", None, 10013)
    told = str(sockets._taken(ListenAddress("127.0.0.1", 8080), reserved))
    assert "another program has the port for itself, or it is reserved" in told
    assert "netsh int ipv4 show excludedportrange tcp" in told


@pytest.mark.parametrize("how", ["ctrl-break", "window"])
def test_ctrl_break_and_the_end_of_the_window_begin_the_drain(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[object] = []

    class Kernel:
        def SetConsoleCtrlHandler(self, handler: object, add: bool) -> None:  # noqa: N802
            kept.append(handler)

    monkeypatch.setattr(console, "_kernel", Kernel())

    async def main() -> None:
        stop = signals.Stop()
        with signals.handled(stop, lambda: None):
            if how == "window":
                told = asyncio.to_thread(kept[0], 2)  # type: ignore[arg-type]
            else:
                told = asyncio.to_thread(signal.raise_signal, signal.SIGBREAK)
            waiting = asyncio.ensure_future(told)
            await stop.event.wait()
        await waiting

    server.run(main())


def test_git_is_not_looked_for_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "git.exe").write_bytes(b"")
    monkeypatch.setenv("PATH", r".;C:\windows")
    assert git._program() == "no git"
    (tmp_path / "git").mkdir()
    (tmp_path / "git" / "git.exe").write_bytes(b"")
    monkeypatch.setenv("PATH", rf".;{tmp_path}\git")
    assert git._program() == rf"{tmp_path}\git\git.exe"


def test_commands_are_printed_for_both_shells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", r"C:\windows")
    assert invocation.command(r"C:\a\python.exe") == r"C:\a\python.exe -m proxy"
    assert invocation.command(r"C:\a b\python.exe") == r'"C:\a b\python.exe" -m proxy'
    script = tmp_path / "breb-proxy.exe"
    script.write_bytes(b"MZ")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert invocation.command(str(tmp_path / "python.exe")) == "breb-proxy"


SETTINGS = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"


def test_the_proxy_of_the_registry_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    pair = {"client_id": SecretStr("a-client"), "client_secret": SecretStr("a-secret")}
    settings = Settings(base_url="https://api.sandbox.example", **pair)
    assert environment_proxy.unused(settings) is None
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, SETTINGS) as key:
        winreg.SetValueEx(key, "ProxyServer", 0, winreg.REG_SZ, "proxy.example:3128")
        winreg.SetValueEx(key, "ProxyOverride", 0, winreg.REG_SZ, "*.other.example")
        winreg.SetValueEx(key, "ProxyEnable", 0, winreg.REG_DWORD, 1)
        try:
            found = environment_proxy.unused(settings)
            winreg.SetValueEx(key, "ProxyOverride", 0, winreg.REG_SZ, "*.sandbox.example")
            excepted = environment_proxy.unused(settings)
        finally:
            for name in ("ProxyServer", "ProxyOverride", "ProxyEnable"):
                winreg.DeleteValue(key, name)
    assert found is not None
    assert found.variable == "ProxyServer (Windows)"
    assert "BREB_EGRESS_PROXY=http://proxy.example:3128" in str(found.lines)
    assert excepted is None


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of somebody whose environment names no proxy."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    pair = {"client_id": SecretStr("a-client"), "client_secret": SecretStr("a-secret")}
    return Settings(base_url="https://api.sandbox.example", **pair)


def test_a_script_that_names_the_proxy_is_explained(bare: Settings) -> None:
    """The browser runs it; we tell who must read it, and for which host."""
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, SETTINGS) as key:
        winreg.SetValueEx(key, "AutoConfigURL", 0, winreg.REG_SZ, "http://wpad.example/proxy.pac")
        try:
            found = environment_proxy.unused(bare)
        finally:
            winreg.DeleteValue(key, "AutoConfigURL")
    assert found is not None
    told = str(found.warning)
    assert told.startswith("AutoConfigURL (Windows) is set")
    assert "BREB_EGRESS_PROXY=http://HOST:PORT, " in told
    assert "http://wpad.example/proxy.pac" in told
    assert told.endswith("api.sandbox.example")


class WinHttp(ctypes.Structure):
    """As ``netsh winhttp set proxy`` keeps it."""

    _fields_ = [("kind", wintypes.DWORD), ("proxies", LPWSTR), ("excepted", LPWSTR)]


@pytest.fixture
def winhttp() -> Iterator[Callable[[str, str], None]]:
    library = ctypes.WinDLL("winhttp", use_last_error=True)

    def keep(proxies: str, excepted: str) -> None:
        named = WinHttp(3, proxies, excepted)
        assert library.WinHttpSetDefaultProxyConfiguration(ctypes.byref(named))

    yield keep
    nothing = WinHttp(1, None, None)
    assert library.WinHttpSetDefaultProxyConfiguration(ctypes.byref(nothing))


@pytest.mark.parametrize(
    ("proxies", "excepted", "used"),
    [
        ("proxy.example:3128", "<local>", "http://proxy.example:3128"),
        ("http=a.example:1;https=b.example:2", "", "http://b.example:2"),
        ("http://a.example:1", "", "http://a.example:1"),
        ("proxy.example:3128", "*.other.example;*.SANDBOX.example", ""),
    ],
)
def test_the_proxy_of_the_machine_is_noticed(
    bare: Settings, winhttp: Callable[[str, str], None], proxies: str, excepted: str, used: str
) -> None:
    """A service knows no other."""
    winhttp(proxies, excepted)
    found = environment_proxy.unused(bare)
    assert (found is not None) == bool(used)
    if found is not None:
        assert found.variable == "netsh winhttp (Windows)"
        assert str(found.lines) == f"BREB_EGRESS_PROXY={used}"


def test_a_port_that_will_be_free_soon_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a killed process: connections of its hold the port, and nobody listens."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    monkeypatch.setattr(patience.time, "sleep", lambda _: held.close())
    (sock,) = sockets.bind(ListenAddress(*held.getsockname()))
    sock.close()


def test_a_process_that_was_killed_may_seem_to_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its socket takes our connection, and is then closed with it."""
    monkeypatch.setattr(binding, "_DYING", PATIENCE)
    where = ListenAddress("127.0.0.1", free_port())
    killed = socket.create_server((where.host, where.port))

    def end() -> None:
        select.select([killed], [], [])
        killed.close()

    ending = threading.Thread(target=end)
    ending.start()
    (sock,) = sockets.bind(where)
    sock.close()
    ending.join()


def test_a_port_on_which_somebody_listens_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience.time, "sleep", lambda _: pytest.fail("it waits"))
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(sockets.AddressTaken):
        sockets.bind(ListenAddress("", taken.getsockname()[1]))


@pytest.mark.parametrize("many", [False, True], ids=["alone", "in a chain"])
def test_credentials_stay_on_this_machine(monkeypatch: pytest.MonkeyPatch, many: bool) -> None:
    monkeypatch.setenv("APPDATA", r"C:\users\me\AppData\Roaming")
    assert keychain.notes() == Path(r"C:\users\me\AppData\Roaming\breb-proxy\keychain")
    (vault,) = (each for each in get_all_keyring() if isinstance(each, WinVaultKeyring))
    monkeypatch.setattr(vault, "persist", "enterprise")
    chain = SimpleNamespace(priority=10, backends=[vault])
    monkeypatch.setattr(keyring.core, "_keyring_backend", chain if many else vault)
    keychain._backend()
    assert vault.persist == 2  # CRED_PERSIST_LOCAL_MACHINE


def test_authorities_that_windows_has_not_fetched_yet_are_known() -> None:
    bare = ssl.create_default_context()
    assert tls_context().cert_store_stats()["x509_ca"] >= bare.cert_store_stats()["x509_ca"] > 0
