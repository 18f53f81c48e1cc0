"""The load: wrk for many small exchanges, one plain socket for the 1 GiB bodies."""

import contextlib
import json
import socket
import subprocess
import time
from pathlib import Path

from benchmarks import field_lines, payment, tools
from benchmarks.model import MIB, TOKEN, Contender, Run, Scenario

SCRIPT = Path(__file__).parent / "check.lua"
PLAIN = "/small"
TRANSFER_TIMEOUT = 60.0


class NonsenseError(Exception):
    """An answer, or the load generator's own report, is not what it must be."""


def warm(scenario: Scenario, port: int) -> None:
    """Have as many connections opened, ours and those behind, as the load will use.

    Who closes idle ones before its next turn comes would else be measured at opening them.
    """
    head = f"GET {PLAIN} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
    with contextlib.ExitStack() as open_peers:
        peers = [
            open_peers.enter_context(
                socket.create_connection(("127.0.0.1", port), TRANSFER_TIMEOUT)
            )
            for _ in range(scenario.connections)
        ]
        for peer in peers:
            peer.sendall(head)
        for peer in peers:
            while peer.recv(65536):
                pass


def wrk(contender: Contender, scenario: Scenario, port: int, run: Run) -> None:
    """Load the contender and enter into ``run`` what came of it."""
    argv = [tools.require("wrk"), "-t1", f"-c{scenario.connections}", f"-d{scenario.seconds}s"]
    argv += ["--timeout", "10s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}"]
    token = f"Bearer {TOKEN}" if contender.command is None else None
    head = field_lines.request_head(scenario, port, token, keyed=contender.keyed)
    before, after = payment.around(scenario.upload)
    filler = scenario.upload - len(before + after)
    argv += ["--", head + before, str(filler), str(scenario.answer), after]
    limit = scenario.seconds + 30
    done = subprocess.run(argv, capture_output=True, text=True, timeout=limit, check=False)
    enter(done.stdout, run)


def enter(output: str, run: Run) -> None:
    """Read the line that check.lua printed."""
    line = next((x for x in output.splitlines() if x.startswith("RESULT ")), None)
    if line is None:
        raise NonsenseError(f"wrk reported nothing: {output[-300:]!r}")
    found = json.loads(line.removeprefix("RESULT "))
    run.requests = found["requests"]
    run.seconds = found["seconds"]
    run.p50_us = found["p50_us"]
    run.p99_us = found["p99_us"]
    run.p999_us = found["p999_us"]
    run.max_us = found["max_us"]
    run.errors = {name: count for name, count in found["errors"].items() if count}


def transfer(scenario: Scenario, port: int, run: Run) -> None:
    """Move one large body in one exchange, counting its bytes."""
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), TRANSFER_TIMEOUT) as peer:
        peer.sendall(field_lines.request_head(scenario, port).encode())
        _send(peer, scenario.upload)
        status, arrived, last = _receive(peer, scenario.answer)
    run.seconds = time.monotonic() - begin
    run.requests = 1
    if status != 200:
        run.errors["status"] = 1
    elif arrived != scenario.answer or not all_received(scenario, last):
        run.errors["length"] = 1


def _send(peer: socket.socket, size: int) -> None:
    block = memoryview(b"x" * MIB)
    for offset in range(0, size, MIB):
        peer.sendall(block[: size - offset])


def _receive(peer: socket.socket, promised: int) -> tuple[int, int, bytes]:
    """Read one answer: its status, how many bytes of body came, and the last few of them."""
    head = b""
    while b"\r\n\r\n" not in head:
        if not (data := peer.recv(65536)):
            raise NonsenseError("closed before an answer")
        head += data
    head, _, last = head.partition(b"\r\n\r\n")
    arrived = len(last)
    buffer = memoryview(bytearray(MIB))
    while arrived < promised and (count := peer.recv_into(buffer)):
        arrived += count
        last = (last + bytes(buffer[max(0, count - 64) : count]))[-64:]
    return int(head.split()[1]), arrived, last


def all_received(scenario: Scenario, answer: bytes) -> bool:
    """Report whether the upstream saw the whole upload; its count includes the head."""
    return not scenario.upload or json.loads(answer)["received"] >= scenario.upload
