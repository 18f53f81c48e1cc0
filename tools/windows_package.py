"""Make the files for Windows: ``python -m tools.windows_package [PYTHON]``; both hold one folder.

A zip and an installer (.msi) in dist/, made on Linux. PYTHON is the embeddable package of CPython,
as its makers publish it; locks/windows-python.txt has its hash. Without it, the interpreter is the
one that the tests use, which nobody keeps up to date: what is made then is called a trial, and
there is none of a commit that is a release.

WINDOWS_SIGN names a program that signs the file it is given: first breb-proxy.exe, then the .msi.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from proxy import __version__
from tools import release, windows_msi, windows_python, wine
from tools.bundle import ROOT, CannotBundle, licences_of_packages, size, wheel
from tools.locks import WINDOWS_PYTHON
from tools.packages import BUILD, DIST, epoch

FOLDER = BUILD / "windows" / "breb-proxy"
RECIPES = ROOT / "docker" / "windows"
_UNUSED = ("python.exe", "pythonw.exe", "winsound.pyd")
_DLL = f"python{WINDOWS_PYTHON.replace('.', '')}.dll"
_TOOLS = {
    "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64-win32",
    "wixl": "wixl",
    "msibuild": "msitools",
}
_EARLIEST = 315_532_800  # a zip begins in 1980


def main(arguments: list[str]) -> int:
    """Make the packages, and print what was made; return an exit code."""
    python = Path(arguments[0]) if arguments else None
    try:
        check(python)
        made = make(python)
    except CannotBundle as error:
        print(f"nothing for Windows: {error}", file=sys.stderr)
        return 1 if arguments else 0  # what Linux gets does not wait for it
    print(f"{size(FOLDER) / 1e6:.0f} MB unpacked")
    for file in made:
        print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}"
              f"  {file.stat().st_size / 1e6:.1f} MB")  # fmt: skip
    return 0


def check(python: Path | None) -> None:
    """See that the packages can be made, and may be; raise CannotBundle."""
    check_tools()
    if python is not None:
        windows_python.check(python)
    elif release.tagged():
        raise CannotBundle(
            f"this commit is the release {__version__}, which takes a package of Python that"
            f" {windows_python.KNOWN} knows: make packages WINDOWS_PYTHON=FILE"
        )


def check_tools() -> None:
    """See that the tools that make them are there; raise CannotBundle."""
    if missing := [package for tool, package in _TOOLS.items() if shutil.which(tool) is None]:
        command = f"apt-get install --no-install-recommends {' '.join(missing)}"
        raise CannotBundle(f"as root on Debian: {command}")
    if shutil.which(f"python{WINDOWS_PYTHON}") is None:
        raise CannotBundle(f"python{WINDOWS_PYTHON} is needed, which writes its bytecode")


def make(python: Path | None) -> list[Path]:
    """Make zip and installer; raise CannotBundle."""
    fill(python)
    launcher(__version__)
    DIST.mkdir(exist_ok=True)
    name = f"breb-proxy-{__version__}-windows-amd64{'' if python else '-trial'}"
    made = installer(__version__)
    return [_zip(DIST / f"{name}.zip"), made.replace(DIST / f"{name}.msi")]


def fill(python: Path | None) -> None:
    """Make the folder, all but what says its version; raise CannotBundle."""
    shutil.rmtree(FOLDER.parent, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    _interpreter(python)
    _library()


def _interpreter(python: Path | None) -> None:
    folder = FOLDER / "python"
    if python is None:
        wine.interpreter(folder)
    else:
        with zipfile.ZipFile(python) as pack:
            pack.extractall(folder)
    for name in _UNUSED:
        (folder / name).unlink(missing_ok=True)
    if not (folder / _DLL).exists():
        raise CannotBundle(f"the interpreter has no {_DLL}")
    way = [f"{_DLL.removesuffix('.dll')}.zip", ".", r"..\lib"]
    (folder / f"{_DLL.removesuffix('.dll')}._pth").write_text("\r\n".join(way) + "\r\n")


def _library() -> None:
    """Put what is locked and ourselves into the library, compile it, and gather the licences."""
    library, licences = FOLDER / "lib", FOLDER / "licenses"
    wine.packages(library, "locks/windows.lock")
    for each in ("bin", "share"):
        shutil.rmtree(library / each, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel(folder)) as pack:
        pack.extractall(library)
    # The folder is read-only for the service: without these, each start would compile anew.
    command = [f"python{WINDOWS_PYTHON}", "-m", "compileall", "-q", "-s", FOLDER, library]
    subprocess.run([*command, "--invalidation-mode", "unchecked-hash"], check=True)
    licences.mkdir()
    shutil.copy2(FOLDER / "python" / "LICENSE.txt", licences / "python")
    licences_of_packages(library, licences)
    shutil.copy2(ROOT / "LICENSE", FOLDER / "LICENSE.txt")


def launcher(version: str) -> None:
    """Compile the program that says this version."""
    numbers = ",".join([*version.split("."), "0"])
    told = [f"-DVERSION_NUMBERS={numbers}", f'-DVERSION_TEXT=\\"{version}\\"']
    resources = FOLDER.parent / "resources.o"
    windres = ["x86_64-w64-mingw32-windres", *told, "breb-proxy.rc", resources]
    subprocess.run(windres, cwd=RECIPES, check=True)
    compiler = ["x86_64-w64-mingw32-gcc", "-O2", "-s", "-municode", "-Wall", "-Wextra", "-Werror"]
    compiler += ["-D__USE_MINGW_ANSI_STDIO=0", f'-DPYTHON_DLL=L"{_DLL}"', "-static-libgcc"]
    compiler += ["-Wl,--no-insert-timestamp,--dynamicbase,--nxcompat,--high-entropy-va"]
    target = FOLDER / "breb-proxy.exe"
    subprocess.run([*compiler, "-o", target, "breb-proxy.c", resources], cwd=RECIPES, check=True)
    _sign(target)


def installer(version: str) -> Path:
    """Make the installer of the folder, beside it."""
    moment = _moment()
    for each in (FOLDER, *FOLDER.rglob("*")):  # no file tells when it was made here
        os.utime(each, (moment, moment))
    told = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(moment))
    made = windows_msi.make(FOLDER, version, FOLDER.parent / f"{version}.msi", told)
    _sign(made)
    return made


def _sign(file: Path) -> None:
    if program := os.environ.get("WINDOWS_SIGN"):
        subprocess.run([program, file], check=True)


def _zip(target: Path) -> Path:
    moment = time.gmtime(_moment())[:6]
    with zipfile.ZipFile(target, "w") as pack:
        for each in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
            place = f"breb-proxy/{each.relative_to(FOLDER).as_posix()}"
            entry = zipfile.ZipInfo(place, moment)
            pack.writestr(entry, each.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return target


def _moment() -> int:
    return max(int(epoch()), _EARLIEST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
