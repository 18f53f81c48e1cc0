"""What a Windows machine of the forge tries: ``python .ci/forge_windows.py``.

The locked dependencies in an environment of its own, the program started from this checkout, and
the tests that are made for Windows.
"""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / "build" / "environment"
LOCKS = ("requirements.lock", "locks/build.lock", "locks/dev.lock")
# sniffpy has no wheel: it is built by what locks/build.lock has put there before.
PIP = ["-m", "pip", "install", "-q", "--no-input", "--require-hashes", "--no-build-isolation"]
PIP += ["--only-binary", ":all:", "--no-binary", "sniffpy"]
TRIED = (["--version"], ["help", "401"], ["serve", "--help"], ["completion", "powershell"])


def main() -> int:
    """Return an exit code."""
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    python = str(ENVIRONMENT / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    commands = [[*PIP, "-r", lock] for lock in LOCKS]
    commands += [["-m", "proxy", *words] for words in TRIED]
    if sys.platform == "win32" and (ROOT / "tests" / "windows").is_dir():
        commands.append(["-m", "pytest", "-q", "tests/windows"])
    for command in commands:
        print("python", *command, flush=True)
        if code := subprocess.run([python, *command], cwd=ROOT).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
