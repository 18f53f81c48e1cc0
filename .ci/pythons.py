"""Run the quick tests with every Python version that pyproject.toml declares and this machine has.

The version that runs this script is left out: the step check runs everything with it.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
QUICK = [
    *("-n", "auto", "--dist", "loadfile"),
    "-m",
    "not slow and not browser",
    *(
        "tests/program/test_main_job.py",
        "tests/program/test_guard.py",
        "tests/program/test_fidelity.py",
    ),
    *(
        "tests/program/test_smuggling.py",
        "tests/unit/token/test_keeper.py",
        "tests/unit/token/test_source.py",
    ),
    *(
        "tests/unit/settings/test_model.py",
        "tests/program/test_lifecycle.py",
        "tests/program/test_command_line.py",
    ),
]


def main() -> int:
    """Test with one after the other; return an exit code."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    failed = []
    for version in re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text):
        interpreter = find(version)
        if version == own or interpreter is None:
            print(f"{version}: " + ("step check" if version == own else "not on this machine"))
            continue
        print(f"{version}: {interpreter}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            command = [prepare(interpreter, Path(folder)), "-m", "pytest", "-q", *QUICK]
            if subprocess.run(command, cwd=ROOT).returncode:
                failed.append(version)
    print(f"failed with: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def find(version: str) -> str | None:
    """Return an interpreter of this version: on PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}"), *sorted(pyenv.glob(f"{version}.*/bin/python"))]
    for candidate in filter(None, candidates):
        said = subprocess.run([candidate, "-V"], capture_output=True, text=True).stdout
        if said.startswith(f"Python {version}."):
            return str(candidate)
    return None


def prepare(interpreter: str, folder: Path) -> str:
    """Make an environment with the locked dependencies and what the tests need."""
    subprocess.run([interpreter, "-m", "venv", folder], check=True)
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "install", "-q"]
    subprocess.run([*pip, "--require-hashes", "-r", "requirements.lock"], cwd=ROOT, check=True)
    subprocess.run([*pip, "pip>=25.1"], cwd=ROOT, check=True)
    subprocess.run([*pip, "--group", "test"], cwd=ROOT, check=True)
    subprocess.run([*pip, "--no-deps", "-e", "."], cwd=ROOT, check=True)
    return python


if __name__ == "__main__":
    sys.exit(main())
