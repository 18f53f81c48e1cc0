"""Start the program once while the image is built, so that all bytecode it needs is in the image.

A build in which the program cannot answer one request fails.
"""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

PATIENCE = 30


def answer(deadline: float) -> int:
    """Return the status of a request through the proxy, once it takes requests."""
    while True:
        try:
            with urllib.request.urlopen("http://127.0.0.1:8080/v1/customers") as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def main() -> int:
    """Run the demo, ask through it, probe it, end it; return an exit code."""
    program = [sys.executable, "-m", "proxy"]
    with subprocess.Popen([*program, "demo", "--log-level", "warning"]) as demo:
        try:
            status = answer(time.monotonic() + PATIENCE)
            probe = subprocess.run([*program, "wait", "--timeout", "5"], check=False)
        finally:
            demo.send_signal(signal.SIGTERM)
        ended = demo.wait(PATIENCE)
    print(f"answered {status}, probe {probe.returncode}, ended with {ended}")
    return 0 if status < 500 and (probe.returncode, ended) == (0, 0) else 1


if __name__ == "__main__":
    sys.exit(main())
