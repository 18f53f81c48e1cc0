"""Corporate proxies as they are run: squid and tinyproxy from the system's packages."""

import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import trustme

from tests.support.needs import NCSA, need
from tests.support.patience import PATIENCE
from tests.support.ports import free_port

USER, PASSWORD = "corp\\maría", "pass:wörd %40"
LOGIN = f"{USER}:{PASSWORD}"

_SQUID = """\
http_port 127.0.0.1:{port}
https_port 127.0.0.1:{tls_port} tls-cert={folder}/proxy.pem tls-key={folder}/proxy.key
{authentication}
acl CONNECT method CONNECT
acl forbidden dstdomain forbidden.invalid
http_access deny forbidden
http_access deny !CONNECT
http_access {who}
http_access deny all
hosts_file {folder}/hosts
cache deny all
cache_mem 1 MB
access_log stdio:{folder}/access.log
cache_log {folder}/cache.log
pid_filename none
coredump_dir {folder}
visible_hostname squid.test
dns_timeout 1 second
shutdown_lifetime 0 seconds
max_filedescriptors 1024
pinger_enable off
"""
_BASIC = """\
auth_param basic program {ncsa} {folder}/passwd
auth_param basic realm corp
auth_param basic utf8 on
acl known proxy_auth REQUIRED"""
_TINYPROXY = """\
Port {port}
Listen 127.0.0.1
Timeout 60
BasicAuth {user} {password}
"""


class Squid:
    """A running squid; names that the tests use are known to it alone."""

    def __init__(self, folder: Path, authority: trustme.CA, *, login: bool) -> None:
        self.port, self.tls_port = free_port(), free_port()
        self._folder = folder
        cert = authority.issue_cert("localhost")
        (folder / "proxy.pem").write_bytes(b"".join(p.bytes() for p in cert.cert_chain_pems))
        (folder / "proxy.key").write_bytes(cert.private_key_pem.bytes())
        (folder / "hosts").write_text("127.0.0.1 bre-b.invalid\n127.0.0.1 forbidden.invalid\n")
        (folder / "passwd").write_text(f"{USER}:{_hashed(PASSWORD)}\n")
        authentication = _BASIC.format(ncsa=NCSA, folder=folder) if login else ""
        (folder / "squid.conf").write_text(
            _SQUID.format(
                port=self.port,
                tls_port=self.tls_port,
                folder=folder,
                authentication=authentication,
                who="allow known" if login else "allow localhost",
            )
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"https://localhost:{self.tls_port}"

    @property
    def log(self) -> str:
        """What it was asked for, a line each."""
        log = self._folder / "access.log"
        return log.read_text() if log.exists() else ""


def _hashed(password: str) -> str:
    done = subprocess.run(
        [need("openssl"), "passwd", "-apr1", "-stdin"],
        input=password,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@contextlib.contextmanager
def squid(authority: trustme.CA, *, login: bool) -> Iterator[Squid]:
    """Run squid; started by root it becomes another user, who must reach its folder."""
    program = need("squid")
    with tempfile.TemporaryDirectory(prefix="squid") as name:
        folder = Path(name)
        folder.chmod(0o777)
        made = Squid(folder, authority, login=login)
        # Named, or all of a machine would share memory, which only the first one's user may open.
        own = ["-n", f"breb{made.port}"]
        with _running([program, "-N", *own, "-f", str(folder / "squid.conf")], made.port):
            yield made


@contextlib.contextmanager
def tinyproxy(folder: Path, user: str, password: str) -> Iterator[str]:
    """Run tinyproxy, which asks for a user and a password; give its URL."""
    program = need("tinyproxy")
    port = free_port()
    config = folder / "tinyproxy.conf"
    config.write_text(_TINYPROXY.format(port=port, user=user, password=password))
    with _running([program, "-d", "-c", str(config)], port):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _running(arguments: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE
        while not _listens(port):
            assert process.poll() is None, arguments
            assert time.monotonic() < deadline, arguments
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
