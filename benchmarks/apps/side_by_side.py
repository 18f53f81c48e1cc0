"""Runs a command several times on one port, as systemd's sockets with ReusePort=yes do.

``python side_by_side.py COUNT PORT COMMAND...``: each process is handed a listening socket of its
own; the kernel deals connections out among them.
"""

import os
import signal
import socket
import sys

FIRST = 3  # SD_LISTEN_FDS_START


def main(count: int, port: int, command: list[str]) -> None:
    children = [_start(port, command) for _ in range(count)]
    signal.signal(signal.SIGTERM, lambda *_: [os.kill(child, signal.SIGTERM) for child in children])
    for child in children:
        os.waitpid(child, 0)


def _start(port: int, command: list[str]) -> int:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(4096)
    child = os.fork()
    if child == 0:
        os.dup2(sock.fileno(), FIRST)
        os.set_inheritable(FIRST, True)  # it may have had this number before
        handed = {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "callers", "LISTEN_PID": str(os.getpid())}
        os.execve(command[0], command, os.environ | handed)  # noqa: S606  there is nothing for a shell to do
    sock.close()
    return child


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
