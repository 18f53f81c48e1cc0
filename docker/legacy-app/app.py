"""A legacy application: plain HTTP to API_URL, not a word of OAuth in it.

``serve`` answers on port 8000 with what the API says about accounts; ``report`` writes that once
and ends, as a batch job does; ``healthy`` asks the page whether it is there.
"""

import json
import os
import signal
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

API_URL = os.environ.get("API_URL", "http://127.0.0.1:8080")


def accounts() -> tuple[int, bytes]:
    """Ask the API; return its status and body."""
    try:
        with urllib.request.urlopen(f"{API_URL}/v1/accounts", timeout=60) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError as error:
        return 502, json.dumps({"detail": str(error)}).encode()


class Page(BaseHTTPRequestHandler):
    """One page: the API's answer as it came; /healthz asks nobody."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a browser."""
        status, body = (200, b"{}") if self.path == "/healthz" else accounts()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no log: the proxy has one."""


class Server(ThreadingHTTPServer):
    """Answers what it has accepted before it ends."""

    daemon_threads = False
    request_queue_size = 128


def serve() -> int:
    """Serve until SIGTERM, then finish what is under way."""
    with Server(("", 8000), Page) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        print(f"first answer of the API: {accounts()[0]}", flush=True)
        server.serve_forever()
    print("ended, nothing left under way", flush=True)
    return 0


def report() -> int:
    """Write what the API says; fail if it fails."""
    status, body = accounts()
    print(f"report: {status} {body.decode()}", flush=True)
    return 0 if status == 200 else 1


def healthy() -> int:
    """Ask our own page."""
    with urllib.request.urlopen("http://127.0.0.1:8000/healthz", timeout=2):
        return 0


if __name__ == "__main__":
    sys.exit({"serve": serve, "report": report, "healthy": healthy}[sys.argv[1]]())
