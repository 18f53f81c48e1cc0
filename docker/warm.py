"""Start the program once while the image is built, so that all bytecode it needs is in the image.

A build in which the program cannot answer one request fails.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

PATIENCE = 30


def free() -> list[str]:
    """Return two free addresses; a build may share the host's network."""
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{probe.getsockname()[1]}" for probe in (one, other)]


def answer(url: str, deadline: float) -> int:
    """Return the status of a request through the proxy, once it takes requests."""
    while True:
        try:
            with urllib.request.urlopen(url) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def main() -> int:
    """Run the demo, ask through it, probe it, end it; return an exit code."""
    listen, admin = free()
    program = [sys.executable, "-m", "proxy"]
    flags = ["--listen", listen, "--admin-listen", admin, "--log-level", "warning"]
    with subprocess.Popen([*program, "demo", *flags]) as demo:
        try:
            status = answer(f"http://{listen}/v1/accounts", time.monotonic() + PATIENCE)
            probe = subprocess.run(
                [*program, "wait", "--timeout", "5"],
                env=os.environ | {"BREB_ADMIN_LISTEN": admin},
                check=False,
            )
        finally:
            demo.send_signal(signal.SIGTERM)
        ended = demo.wait(PATIENCE)
    print(f"answered {status}, probe {probe.returncode}, ended with {ended}")
    return 0 if (status, probe.returncode, ended) == (200, 0, 0) else 1


if __name__ == "__main__":
    sys.exit(main())
