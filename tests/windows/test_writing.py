"""Log lines that nobody reads stop nothing; those that somebody reads are all there."""

import os
import subprocess
import sys
import threading

from proxy.windows.writing import MOST, LineWriter
from tests.support import Program, RawUpstream, ask


def test_a_log_that_nobody_reads_stops_no_caller_and_not_the_end() -> None:
    with RawUpstream() as upstream:
        program = Program(upstream.url)
        command = [sys.executable, "-m", "proxy", "serve"]
        nothing = subprocess.DEVNULL
        program.process = subprocess.Popen(
            command, env=program.env, stdin=nothing, stdout=nothing, stderr=subprocess.PIPE
        )
        try:
            program.until("/readyz")
            path = "/" + "x" * 1_000
            assert {ask(program.port, path).status for _ in range(200)} == {200}
            assert program.admin("/livez")[0] == 200
            assert program.stop() == 0
        finally:
            assert program.process.stderr is not None
            program.process.kill()
            program.process.stderr.close()
            program.__exit__()


def test_all_lines_come_in_their_order_once_there_is_a_reader() -> None:
    read, write = os.pipe()
    writer = LineWriter(write)
    lines = [f"{number:099}\n".encode() for number in range(5_000)]
    for line in lines:
        assert writer.take(line) == b""
    came = bytearray()
    with os.fdopen(read, "rb", buffering=0) as reader:

        def take() -> None:
            while len(came) < 100 * len(lines):
                came.extend(reader.read(1 << 16))

        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
    writer.settle(60)
    os.close(write)
    assert came == b"".join(lines)


def test_lines_for_which_there_is_no_room_are_given_back_whole() -> None:
    read, write = os.pipe()
    writer, line = LineWriter(write), b"x" * 99 + b"\n"
    taken = 0
    while writer.take(line) == b"":
        taken += len(line)
    assert taken >= MOST - len(line)
    os.close(read)  # the thread that waits in write() goes on
    writer.settle(60)
    os.close(write)
