"""Thousands of strangers who make the proxy hold what it can, in a cgroup of 128 MiB.

``python -m tests.siege [--callers 4000] [--limit 128] [ROW ...]`` runs the proxy with an upstream
of its own, once for each row, as root on Linux: in a memory cgroup if there can be one. While the
strangers stand there a good caller pays over and over. Each row tells whether the proxy lived, its
memory at the peak and afterwards, and how long the good caller had to wait.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import trustme
import uvloop

from tests.support.ports import free_port

MIB = 1 << 20
_V1, _V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
_GET = b"GET %b HTTP/1.1\r\nHost: localhost\r\n"
_POST = b"POST /v1/payments/breb HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
_PAYMENT = b'{"account_id": "a", "resolution_id": "r", "amount": {"value": "1000"}}'
_TOKEN = b'{"access_token": "t", "expires_in": 86400, "token_type": "Bearer"}'
_BIG = b"x" * (20 * MIB)
_PIECE = 65_536  # bytes
_LINE = b"X-%d: " + b"x" * 1000 + b"\r\n"


@dataclass(frozen=True)
class Row:
    """What each of the strangers does: ``sends``, and never reads an answer."""

    words: str
    sends: bytes
    admin: bool = False
    tls: str = ""  # "begun" or "done"


def _head(path: bytes = b"/") -> bytes:
    return _GET % path + b"".join(_LINE % number for number in range(117))


def _piped(path: bytes, size: int, then: bytes) -> bytes:
    one = _GET % then + b"\r\n"
    return _GET % path + b"\r\n" + one * (size // len(one))


ROWS = {
    "head": Row("118 kB of a head, unfinished", _head()),
    "pipe": Row("250 kB behind an answer that does not come", _piped(b"/never", 250_000, b"/x")),
    "body": Row("60 kB of a body, one byte short", _POST % 60_001 + b"\r\n" + b"x" * 60_000),
    "long": Row("70 kB of a longer body", _POST % 1_000_000 + b"\r\n" + b"x" * 70_000),
    "whole": Row("200 kB of a body, whole", _POST % 200_000 + b"\r\n" + b"x" * 200_000),
    "lines": Row("120 kB of tiny header lines", _GET % b"/" + b"a:\r\n" * 30_000),
    "read": Row("an answer of 20 MB, not read", _GET % b"/big" + b"\r\n"),
    "idle": Row("nothing", b""),
    "begun": Row("a TLS handshake, begun", b"\x16\x03\x01\x02\x00\x01", tls="begun"),
    "done": Row("a TLS handshake, done", b"", tls="done"),
    "admin-head": Row("118 kB of a head at the admin listener", _head(b"/livez"), admin=True),
    "admin-pipe": Row(
        "250 kB of pipelined GET /metrics at the admin listener, answers not read",
        _piped(b"/metrics", 250_000, b"/metrics"),
        admin=True,
    ),
    "admin-body": Row(
        "250 kB of a body at the admin listener",
        b"POST /quit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\n\r\n"
        + b"x" * 250_000,
        admin=True,
    ),
}
_MIX = ("head", "pipe", "body", "long", "whole", "lines", "read", "idle", "admin-head")


# -- the upstream ----------------------------------------------------------------------------


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one connection's requests: at once, never, or with 20 MB."""
    # What waits in its own buffers would only take its time, and the payments' answers wait there.
    peer: socket.socket = writer.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _PIECE)
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            for line in lines:
                if line.startswith(b"content-length:"):
                    await reader.readexactly(int(line.split(b":")[1]))
            target = lines[0].split(b" ")[1]
            if target == b"/never":
                await reader.read()
                return
            body = _BIG if target == b"/big" else _TOKEN
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
            for start in range(0, len(body), _PIECE):
                writer.write(body[start : start + _PIECE])
                await writer.drain()
    writer.close()


def _upstream(port: int) -> None:
    async def run() -> None:
        server = await asyncio.start_server(_answer, "127.0.0.1", port, limit=1 << 18, backlog=1024)
        await server.serve_forever()

    uvloop.run(run())


# -- the strangers ---------------------------------------------------------------------------


async def _stranger(port: int, row: Row, again: bool, end: float) -> None:
    loop = asyncio.get_running_loop()
    while True:
        with contextlib.suppress(OSError):
            sock = socket.socket()
            sock.setblocking(False)
            try:
                await loop.sock_connect(sock, ("127.0.0.1", port))
                if row.tls == "done":
                    context = ssl._create_unverified_context()
                    reader, writer = await asyncio.open_connection(
                        sock=sock, ssl=context, server_hostname=""
                    )
                    await asyncio.wait_for(reader.read(1), max(0.0, end - time.monotonic()))
                    writer.close()
                else:
                    await asyncio.wait_for(_hold(sock, row), max(0.0, end - time.monotonic()))
            except TimeoutError:
                return
            finally:
                sock.close()
        if not again:
            await asyncio.sleep(max(0.0, end - time.monotonic()))
            return
        await asyncio.sleep(0.05)


async def _hold(sock: socket.socket, row: Row) -> None:
    """Send, and stand there until the proxy ends it."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, row.sends)
    if row.words.startswith("an answer") or "not read" in row.words:
        await asyncio.sleep(3600)
    while await loop.sock_recv(sock, 65_536):
        pass


def _strangers(
    ports: tuple[int, int], names: list[str], count: int, again: bool, hold: float
) -> None:
    async def run() -> None:
        end = time.monotonic() + hold
        async with asyncio.TaskGroup() as tasks:
            for number in range(count):
                row = ROWS[names[number % len(names)]]
                tasks.create_task(_stranger(ports[row.admin], row, again, end))

    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
    uvloop.run(run())


# -- the proxy, and a good caller --------------------------------------------------------------


class Group:
    """A memory cgroup of ``limit`` bytes, if there can be one."""

    def __init__(self, limit: int) -> None:
        name = f"breb-siege-{os.getpid()}"
        self.path: Path | None = None
        self._first = (_V1 / "cgroup.procs").exists()
        path = (_V1 if self._first else _V2) / name
        with contextlib.suppress(OSError):
            path.mkdir()
            self.path = path
            (path / ("memory.limit_in_bytes" if self._first else "memory.max")).write_text(
                str(limit)
            )
            if self._first:  # counts what the kernel keeps for sockets, apart
                (path / "memory.kmem.tcp.limit_in_bytes").write_text(str(1 << 40))

    @property
    def join(self) -> str:
        """The shell's words to enter it."""
        return f"echo $$ > {self.path}/cgroup.procs; " if self.path else ""

    def peaks(self) -> dict[str, float]:
        """Return the largest use of it, in MiB, as far as the kernel tells."""
        files = ("memory.max_usage_in_bytes", "memory.kmem.tcp.max_usage_in_bytes", "memory.peak")
        found = {}
        for file in files:
            if self.path and (self.path / file).exists():
                found[file] = int((self.path / file).read_text()) / MIB
        return found

    def close(self) -> None:
        """Remove it."""
        if self.path:
            with contextlib.suppress(OSError):
                self.path.rmdir()


@dataclass
class Found:
    """What one row found."""

    alive: bool = False
    rest: float = 0.0
    peak: float = 0.0
    after: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    group: dict[str, float] = field(default_factory=dict)


def _memory(pid: int, what: str) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(what):
                return int(line.split()[1]) / 1024
    return 0.0


def _pay(port: int, tls: bool, key: str) -> str:
    """Pay once, on a connection of its own; return the status, or what went wrong."""
    try:
        sock: socket.socket = socket.create_connection(("127.0.0.1", port), timeout=15)
        with sock:
            if tls:
                sock = ssl._create_unverified_context().wrap_socket(sock)
            head = _POST % len(_PAYMENT) + (f"X-Proxy-Key: {key}\r\n".encode() if key else b"")
            sock.sendall(head + b"\r\n" + _PAYMENT)
            return sock.recv(4096)[9:12].decode() or "closed"
    except OSError as error:
        return type(error).__name__


@contextlib.contextmanager
def _proxy(
    group: Group, upstream: int, tls: bool, settings: dict[str, str], realtime: bool
) -> Iterator[tuple[int, int, int, Path]]:
    port, admin = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        own = {
            "BASE_URL": f"http://127.0.0.1:{upstream}",
            "CLIENT_ID": "siege",
            "CLIENT_SECRET": "siege-secret",
            "LISTEN": f"127.0.0.1:{port}",
            "ADMIN_LISTEN": f"127.0.0.1:{admin}",
            "HEADER_TIMEOUT": "60",
        }
        if tls:
            certificate = trustme.CA().issue_cert("localhost")
            certificate.private_key_pem.write_to_path(place / "key.pem")
            certificate.cert_chain_pems[0].write_to_path(place / "cert.pem")
            own |= {"TLS_CERT": str(place / "cert.pem"), "TLS_KEY": str(place / "key.pem")}
        environment = {k: v for k, v in os.environ.items() if not k.startswith("BREB_")}
        environment |= {f"BREB_{k}": v for k, v in (own | settings).items()}
        environment |= {"XDG_RUNTIME_DIR": folder}
        log = place / "log"
        command = f'{group.join}exec "$@" >{log} 2>&1'
        process = subprocess.Popen(
            ["/bin/sh", "-c", command, "sh", sys.executable, "-m", "proxy", "serve"],
            env=environment,
        )
        try:
            _until(lambda: _ready(admin), "the proxy is ready")
            if realtime:
                _first(process.pid)
            yield port, admin, process.pid, log
        finally:
            process.terminate()
            process.wait(60)


def _first(pid: int, before: int = 1) -> None:
    """Let a process, but none that it starts, go before all of a lower number."""
    os.sched_setscheduler(pid, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(before))


def _ready(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return sock.recv(100).startswith(b"HTTP/1.1 200")
    return False


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not: {what}")
        time.sleep(0.1)


def besiege(names: list[str], options: argparse.Namespace, settings: dict[str, str]) -> Found:
    """Run one row, or a mix of several."""
    found, group, upstream = Found(), Group(options.limit * MIB), free_port()
    tls = any(ROWS[name].tls for name in names)
    serving = multiprocessing.Process(target=_upstream, args=(upstream,), daemon=True)
    serving.start()
    if options.realtime and serving.pid:
        _first(serving.pid)
    with _proxy(group, upstream, tls, settings, options.realtime) as (port, admin, pid, log):
        key = settings.get("CALLER_KEY", "")
        _pay(port, tls, key)
        found.rest = _memory(pid, "VmRSS")
        strangers = multiprocessing.Process(
            target=_strangers,
            args=((port, admin), names, options.callers, options.again, options.seconds),
        )
        strangers.start()
        while strangers.is_alive():
            began = time.monotonic()
            status = _pay(port, tls, key)
            found.waits.append(time.monotonic() - began)
            if status != "200":
                found.failed.append(status)
            time.sleep(0.1)
        for second in range(options.rest + 1):
            if second in (5, 15, options.rest):
                found.after.append(_memory(pid, "VmRSS"))
            time.sleep(1)
        found.peak = _memory(pid, "VmHWM")
        found.alive = _memory(pid, "VmRSS") > 0 and _pay(port, tls, key) == "200"
        found.group = group.peaks()
        if options.log:
            Path(options.log).write_text(log.read_text())
    serving.kill()
    serving.join()
    group.close()
    return found


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", help=f"{', '.join(ROWS)}, mix")
    parser.add_argument("--callers", type=int, default=4000)
    parser.add_argument("--limit", type=int, default=128, help="MiB")
    parser.add_argument("--seconds", type=float, default=20, help="how long the strangers stay")
    parser.add_argument("--rest", type=int, default=60, help="seconds that are waited afterwards")
    parser.add_argument("--again", action="store_true", help="who is sent away comes again")
    parser.add_argument(
        "--realtime", action="store_true", help="the good caller, proxy and upstream go first"
    )
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--log", help="where the proxy's log is copied")
    options = parser.parse_args()
    settings = dict(pair.split("=", 1) for pair in options.set)
    if options.realtime:
        _first(0, 2)  # the good caller is here, and its clock
    wrong = False
    for name in options.rows or [*ROWS, "mix"]:
        found = besiege(list(_MIX) if name == "mix" else [name], options, settings)
        waits = sorted(found.waits) or [0.0]
        good = found.alive and not found.failed and waits[-1] < 1 and found.after[-1] <= 70
        wrong = wrong or not good
        print(
            f"{name:11} {'alive' if found.alive else 'DEAD'}"
            f"  rest {found.rest:.0f} peak {found.peak:.0f} after"
            f" {' '.join(f'{each:.0f}' for each in found.after)} MiB"
            f"  payments {len(waits)}, failed {len(found.failed)} {sorted(set(found.failed))},"
            f" median {waits[len(waits) // 2] * 1000:.0f} ms, worst {waits[-1] * 1000:.0f} ms"
            f"  {json.dumps({k.split('.', 1)[1]: round(v) for k, v in found.group.items()})}"
            f"  {'' if good else 'WRONG'}",
            flush=True,
        )
    return wrong


if __name__ == "__main__":
    sys.exit(main())
