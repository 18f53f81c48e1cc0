"""What a newcomer does first, in a clone whose path has a space: its two commands, twice.

One module of tests shows that ``make test`` sets itself up; the step check runs them all.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PATIENCE = 180
KEPT = ("PATH", "PIP_", "SSL_CERT_", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def main() -> int:
    """Clone the repository given and walk."""
    with tempfile.TemporaryDirectory() as home:
        clone = Path(home) / "a clone of it"
        subprocess.run(["git", "clone", "-q", sys.argv[1], clone], check=True)
        env = {k: v for k, v in os.environ.items() if k.startswith(KEPT)} | {"HOME": home}
        for time_ in ("first", "second"):
            print(f"make run, the {time_} time: {run(clone, env):.1f} s", flush=True)
            print(f"make test, the {time_} time: {test(clone, env):.1f} s", flush=True)
        status = ["git", "status", "--porcelain"]
        left = subprocess.run(status, cwd=clone, check=True, capture_output=True, text=True).stdout
        if left:
            raise SystemExit(f"left behind, and not ignored:\n{left}")
    return 0


def run(clone: Path, env: dict[str, str]) -> float:
    """Start it, use it as it says, press Ctrl-C; return the seconds to the first answer."""
    began = time.monotonic()
    log = clone.with_name("run.log")
    with log.open("wb") as output:
        making = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env=env,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        while not (found := re.findall(r"curl\b.* (http://127\.0\.0\.1:\d+/\S*)", log.read_text())):
            if making.poll() is not None or time.monotonic() > began + PATIENCE:
                raise SystemExit(f"make run:\n{log.read_text()}")
            time.sleep(0.1)
        with urllib.request.urlopen(found[-1]) as response:
            response.read()
        taken = time.monotonic() - began
    finally:
        os.killpg(making.pid, signal.SIGINT)
        making.wait(30)
    if "demo ended" not in log.read_text():
        raise SystemExit(f"Ctrl-C:\n{log.read_text()}")
    return taken


def test(clone: Path, env: dict[str, str]) -> float:
    """Run one module of tests; return the seconds."""
    began = time.monotonic()
    subprocess.run(
        ["make", "test", "ARGS=tests/program/test_main_job.py"], cwd=clone, env=env, check=True
    )
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
