"""What a newcomer does first, in a clone whose path has a space, as a user who is not root.

``newcomer.py REPOSITORY`` walks the two commands, ``make run`` twice, and ``make test`` with those
tests that need more tools than the bare machines of .ci/rooms have: those run all others.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

PATIENCE = 180
# What make test leaves out when nobody names tests, the step check runs.
BRIEF = "not slow and not thorough"
# Of browsers, shells, languages, proxies, git: whatever a test asks for by its marker or `need`.
TOOLS = (
    *("tests/browser", "tests/judges", "tests/docs", "tests/unit/console/test_copying.py"),
    *("tests/unit/settings/test_git.py", "tests/unit/settings/test_keychain.py"),
    *(f"tests/simulator/test_{name}.py" for name in ("docs", "page", "tour")),
    *("tests/program/test_corporate_network.py", "tests/program/test_demo.py"),
    *("tests/program/test_login.py", "tests/program/test_console.py"),
)
ORDINARY = 12_345  # a user and a group that own nothing else


class Newcomer:
    """Somebody with a clone and a home of their own."""

    def __init__(self, home: Path) -> None:
        self.clone = home / "a clone of it"
        self.env = dict(os.environ) | {"HOME": str(home)}
        self.env.pop("CI_SCRUBBED", None)
        known = subprocess.run(["id", "newcomer"], capture_output=True, check=False)
        if known.returncode:
            user = ["--uid", str(ORDINARY), "--no-create-home", "--user-group", "newcomer"]
            subprocess.run(["useradd", *user], check=True)
        user = [f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups"]
        self._as = ["setpriv", *user, "--"]
        # What stands in root's home is not theirs to run.
        self.env["PATH"] = "/usr/local/bin:/usr/bin:/bin"

    def take(self, repository: str) -> None:
        """Clone it."""
        subprocess.run(["git", "clone", "-q", repository, self.clone], check=True)
        home = self.clone.parent
        home.chmod(0o755)
        subprocess.run(["chown", "-R", f"{ORDINARY}:{ORDINARY}", home], check=True)

    def command(self, words: Sequence[str]) -> list[str]:
        """Return the command that runs ``words`` as this user."""
        return [*self._as, *words]

    def run(self) -> float:
        """Start it, use it as it says, press Ctrl-C; return the seconds to the first answer."""
        began = time.monotonic()
        log = self.clone.with_name("run.log")
        with log.open("wb") as output:
            making = subprocess.Popen(
                self.command(["make", "run"]),
                cwd=self.clone,
                env=self.env,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            while not (
                found := re.findall(r"curl\b.* (http://127\.0\.0\.1:\d+/\S*)", log.read_text())
            ):
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

    def test(self, *arguments: str) -> float:
        """Run ``make test``; return the seconds."""
        began = time.monotonic()
        command = self.command(["make", "test", *arguments])
        subprocess.run(command, cwd=self.clone, env=self.env, check=True)
        return time.monotonic() - began

    def move(self) -> None:
        """Give the clone another name: its virtual environment does not work there."""
        self.clone = self.clone.rename(self.clone.with_name("the same, moved"))

    def version(self) -> None:
        """Call the command as everything printed writes it."""
        command = self.command([".venv/bin/breb-proxy", "--version"])
        subprocess.run(command, cwd=self.clone, env=self.env, check=True)

    def left(self) -> str:
        """Return what is there now that git neither has nor ignores."""
        status = self.command(["git", "status", "--porcelain"])
        return subprocess.run(
            status, cwd=self.clone, env=self.env, check=True, capture_output=True, text=True
        ).stdout


def main() -> int:
    """Clone the repository given and walk."""
    with tempfile.TemporaryDirectory() as home:
        newcomer = Newcomer(Path(home))
        newcomer.take(sys.argv[1])
        for time_ in ("first", "second"):
            print(f"make run, the {time_} time: {newcomer.run():.1f} s", flush=True)
        chosen = " ".join(("-m", f"'{BRIEF}'", *TOOLS))
        print(f"make test: {newcomer.test('ARGS=' + chosen):.1f} s", flush=True)
        newcomer.move()
        print(f"make run, in the clone at another place: {newcomer.run():.1f} s", flush=True)
        newcomer.version()
        if left := newcomer.left():
            raise SystemExit(f"left behind, and not ignored:\n{left}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
