"""Run quick tests in other surroundings than those of the steps check and rooms.

Without arguments: with every Python version that pyproject.toml declares and this machine has. Two
are left out: the one that runs this script, with which the step check runs everything, and the
distribution's, with which the step rooms does, as with the newest, that of Debian unstable. With
``--httpx2``: with httpx's kept successor in its place, so that the day on which httpx must be left
is cheap. With ``--here``: with the Python that runs this, on a machine of another system.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SPREAD = ("-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")
CHOSEN = "not slow and not thorough and not browser"  # the step check runs the others
# All that imports httpx: the request of check, the simulator's webhooks; and what is logged of it.
HTTPX = [
    *("tests/program/test_doctor.py", "tests/program/test_database_check.py"),
    *("tests/simulator/test_webhooks.py", "tests/unit/telemetry", "tests/program/test_secrets.py"),
]
QUICK = [
    *SPREAD,
    "-m",
    CHOSEN,
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
    """Test in one surrounding after the other; return an exit code."""
    if "--here" in sys.argv:
        return quick(sys.executable)
    return succeeded_httpx() if "--httpx2" in sys.argv else other_versions()


def quick(interpreter: str) -> int:
    """Run the quick tests with an interpreter; return an exit code."""
    with tempfile.TemporaryDirectory() as folder:
        command = [prepare(interpreter, Path(folder)), "-m", "pytest", "-q", *QUICK]
        return subprocess.run(command, cwd=ROOT).returncode


def succeeded_httpx() -> int:
    """Test with httpx2 under the name of httpx; return an exit code."""
    with tempfile.TemporaryDirectory() as folder:
        python = prepare(sys.executable, Path(folder))
        pip = [python, "-m", "pip", "-q"]
        subprocess.run([*pip, "uninstall", "-y", "httpx", "httpcore"], check=True)
        locked = ["--require-hashes", "--only-binary", ":all:", "-r", ".ci/httpx2.lock"]
        subprocess.run([*pip, "install", *locked], cwd=ROOT, check=True)
        (packages,) = Path(folder).glob("lib/python3*/site-packages")
        for name in ("httpx", "httpcore"):
            (packages / name).mkdir()
            text = f'import sys\n\nimport {name}2\n\nsys.modules["{name}"] = {name}2\n'
            (packages / name / "__init__.py").write_text(text)
        command = [python, "-m", "pytest", "-q", *SPREAD, "-m", CHOSEN, *HTTPX]
        return subprocess.run(command, cwd=ROOT).returncode


def other_versions() -> int:
    """Test with one version after the other; return an exit code."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    said = subprocess.run(["/usr/bin/python3", "-V"], capture_output=True, text=True).stdout
    distributions = ".".join(said.split()[-1].split(".")[:2])
    elsewhere = {distributions: "step rooms", own: "step check"}
    failed = []
    for version in re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text):
        interpreter = find(version)
        if version in elsewhere or interpreter is None:
            print(f"{version}: {elsewhere.get(version, 'not on this machine')}")
            continue
        print(f"{version}: {interpreter}", flush=True)
        if quick(interpreter):
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
    """Make an environment with what is locked for the program and for its tests."""
    setup = [interpreter, ROOT / "tools" / "setup.py", "--into", folder, "run", "dev"]
    subprocess.run(setup, check=True)
    return str(folder / "bin" / "python")


if __name__ == "__main__":
    sys.exit(main())
