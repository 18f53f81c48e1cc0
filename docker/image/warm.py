"""Start the program once while the image is built, so that all bytecode it needs is in the image.

A build in which the program cannot answer one request fails.
"""

import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
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


class Upstream(http.server.BaseHTTPRequestHandler):
    """Gives a token to whoever asks for one, and an answer to whoever has one."""

    def do_POST(self) -> None:
        """Be the token endpoint."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({"access_token": "warm", "token_type": "Bearer", "expires_in": 3600})

    def do_GET(self) -> None:
        """Be the API."""
        self._answer({"accounts": []})

    def do_DELETE(self) -> None:
        """Take the token back."""
        self._answer({})

    def _answer(self, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no log."""


def main() -> int:
    """Run the proxy, ask through it, probe it, end it; return an exit code."""
    listen, admin = free()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as upstream:
        threading.Thread(target=upstream.serve_forever, daemon=True).start()
        env = os.environ | {
            "BREB_BASE_URL": f"http://127.0.0.1:{upstream.server_port}",
            "BREB_CLIENT_ID": "warm",
            "BREB_CLIENT_SECRET": "warm",
            "BREB_LISTEN": listen,
            "BREB_ADMIN_LISTEN": admin,
            "BREB_LOG_LEVEL": "warning",
        }
        codes = run(f"http://{listen}/v1/accounts", env)
        upstream.shutdown()
    print("answered {}, probe {}, ended with {}".format(*codes))
    return 0 if codes == (200, 0, 0) else 1


def run(url: str, env: dict[str, str]) -> tuple[int, int, int]:
    """Return the status of a request, the exit codes of the probe and of the proxy."""
    program = [sys.executable, "-m", "proxy"]
    with subprocess.Popen([*program, "serve"], env=env) as proxy:
        try:
            status = answer(url, time.monotonic() + PATIENCE)
            probe = subprocess.run([*program, "wait", "--timeout", "5"], env=env, check=False)
        finally:
            proxy.send_signal(signal.SIGTERM)
        return status, probe.returncode, proxy.wait(PATIENCE)


if __name__ == "__main__":
    sys.exit(main())
