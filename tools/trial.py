"""Try a wheel as its users do: in an empty environment, started from another directory."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
PATIENCE = 120  # seconds: on a machine that has other work


def install(wheel: Path, folder: Path) -> Path:
    """Make an environment with the locked dependencies and the wheel; return its ``bin``."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "-q"]
    pip.append("--no-compile")  # what is tried once is compiled as it is imported
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)]
    # pip does not go on where PYTHONWARNINGS makes errors of its own.
    subprocess.run([*pip, *locked], env=clean(), check=True)
    subprocess.run([*pip, "--no-deps", str(wheel)], env=clean(), check=True)
    return programs


def clean() -> dict[str, str]:
    """Return the environment without what would make Python or the program find this checkout."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("BREB_", "PYTHON", "COV"))}


@contextlib.contextmanager
def demo(programs: Path) -> Generator[str]:
    """Run ``breb-proxy demo`` from an empty directory; give the URL for callers, then end it.

    Raises AssertionError if it does not take requests, or does not end with 0.
    """
    listen, admin = _free()
    command = [str(programs / "breb-proxy"), "demo", "--listen", listen, "--admin-listen", admin]
    with (
        tempfile.TemporaryDirectory() as elsewhere,
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, cwd=elsewhere, env=clean(), stdout=log, stderr=log) as program,
    ):
        try:
            _until_answered(f"http://{admin}/readyz", program)
            yield f"http://{listen}"
        finally:
            program.send_signal(signal.SIGTERM)
            code = program.wait(PATIENCE)
        if code:
            log.seek(0)
            raise AssertionError(f"the demo ended with {code}:\n{log.read().decode()}")


def _free() -> list[str]:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{probe.getsockname()[1]}" for probe in (one, other)]


def _until_answered(url: str, program: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while program.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310
                return
        except urllib.error.HTTPError as early:
            early.close()
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{url} did not answer")
