"""Killed at random moments under load, against an upstream that remembers what it saw.

``BREB_TEST_KILLS`` says how often: a few times with the other tests, some hundred times by hand.
"""

import http.client
import json
import os
import random
import socket
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from proxy.ledger.verification import verify
from tests.support import Program
from tests.support.acceptor import Acceptor
from tests.support.patience import PATIENCE
from tests.support.upstream import TOKEN_PATH, token_reply
from tests.support.wire import Reader, read_request

KILLS = int(os.environ.get("BREB_TEST_KILLS", "8"))
CALLERS = 8


class Memory:
    """An upstream that notes each payment as soon as it has read it, and answers after a while."""

    def __init__(self) -> None:
        self.saw: set[str] = set()
        self.count = 0  # payments, one that came twice counted twice
        self._acceptor = Acceptor(self._talk)
        self.url = f"http://127.0.0.1:{self._acceptor.port}"

    def _talk(self, sock: socket.socket) -> None:
        with suppress(OSError), sock:
            reader = Reader(sock)
            while (got := read_request(reader)) is not None:
                head, body = got
                if TOKEN_PATH in head.split(b"\r\n", 1)[0]:
                    sock.sendall(token_reply())
                    continue
                if not body:
                    sock.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                    continue
                payment = json.loads(body)
                self.count += 1
                self.saw.add(payment["resolution_id"])
                time.sleep(random.random() * 0.02)
                if random.random() < 0.1:
                    return  # it carries out, and says nothing
                answer = json.dumps({"id": str(uuid.uuid4()), "status": "PROCESSING"}).encode()
                sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer))
                sock.sendall(answer)

    def close(self) -> None:
        self._acceptor.close()


class Callers:
    """Send payments as fast as they are answered; note of each what was said, if anything was."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.told: dict[str, tuple[int, dict[str, Any]]] = {}
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
            with suppress(OSError, http.client.HTTPException), closing(connection):
                while not self._stop.is_set():
                    self._pay(connection)

    def _pay(self, connection: http.client.HTTPConnection) -> None:
        resolution = str(uuid.uuid4())
        body = json.dumps({"resolution_id": resolution, "amount": {"value": "10"}})
        connection.request("POST", "/v1/payments/breb", body)
        response = connection.getresponse()
        self.told[resolution] = (response.status, json.loads(response.read()))

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)


@pytest.fixture
def memory() -> Iterator[Memory]:
    made = Memory()
    yield made
    made.close()


def rows(path: Path) -> dict[str, dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = [dict(row) for row in connection.execute("SELECT * FROM request")]
    return {json.loads(row["payment"])["resolution_id"]: row for row in found}


def check(memory: Memory, told: dict[str, tuple[int, dict[str, Any]]], path: Path) -> None:
    """Hold the rows against what the upstream saw and what callers were told."""
    assert verify(path).problems == []
    book = rows(path)
    unseen = memory.saw - book.keys()
    assert not unseen, f"{len(unseen)} requests reached the upstream without a row"
    for resolution, row in book.items():
        status, answer = told.get(resolution, (None, {}))
        if row["outcome"] == "answered":
            assert status == row["status"] == 200, "an answer that the caller did not get"
            assert json.loads(row["answer"])["id"] == answer["id"]
        elif row["outcome"] == "not-sent":
            assert resolution not in memory.saw, "sent after all"
        else:
            assert row["outcome"] == "unknown"
            assert answer.get("outcome", "unknown") == "unknown"


def test_no_kill_loses_a_payment_or_invents_an_answer(memory: Memory, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    told: dict[str, tuple[int, dict[str, Any]]] = {}
    left_open = 0
    for _ in range(KILLS):
        with Program(memory.url, ledger=path, log_level="warning") as program:
            callers = Callers(program.port)
            time.sleep(0.05 + random.random() * 0.3)
            program.kill()
            callers.stop()
        told |= callers.told
        left_open += sum(row["outcome"] is None for row in rows(path).values())
    with Program(memory.url, ledger=path) as program:  # the last kill is found as well
        assert "left open, in doubt now" in program.output
    check(memory, told, path)
    assert left_open, "nothing was under way at any of the kills"
