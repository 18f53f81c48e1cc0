"""The program as one folder that needs nothing of the machine: no Python, no OpenSSL, no glibc.

It holds an interpreter, the part of its standard library that serves, the locked dependencies, and
each shared library that any of them asks for, down to the C library and its loader, which the
launcher starts by name. So it runs on any Linux of its architecture, whatever the machine's glibc,
and on musl. Freezers (PyInstaller) leave the C library out, and would tie it to the builder's.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Not needed by the program: 30 of 50 MB. readline and gdbm are left out for their licence as well.
UNUSED = re.compile(
    r"__pycache__|config-.*|_pyrepl|test|tests|idlelib|tkinter|turtledemo|turtle\.py|lib2to3|ensurepip"
    r"|pydoc_data|venv|distutils|sitecustomize\.py|EXTERNALLY-MANAGED|dist-packages|site-packages"
    r"|_?(curses(_panel)?|dbm|gdbm|tkinter|test|ctypes_test|xxtestfuzz|crypt|nis)\b.*"
    r"|_test.*|xx.*|readline\..*|ossaudiodev.*|_lsprof.*|.*\.a"
)
# Nobody names it, and glibc asks for it when a thread ends early.
ASKED_FOR_LATE = ("libgcc_s.so.1",)
ENTRY = "import sys\n\nfrom proxy.__main__ import main\n\nsys.exit(main())\n"


class CannotBundle(Exception):
    """Something that has to be in the folder is not on this machine."""


def make(python: str, target: Path) -> None:
    """Fill ``target`` with the program as ``python`` runs it; raise CannotBundle."""
    shutil.rmtree(target, ignore_errors=True)
    facts = _facts(python)
    library = target / "lib" / Path(facts["stdlib"]).name
    shutil.copytree(facts["stdlib"], library, ignore=_unused, symlinks=False)
    (target / "bin").mkdir()
    shutil.copy2(facts["executable"], target / "bin" / "python3")
    app = target / "lib" / "app"
    _install(python, app)
    _compile(python, target)
    _strip(target)
    copied = _share(target, facts["executable"])
    _licences(target, facts["stdlib"], copied)
    launcher = target / "bin" / "breb-proxy"
    shutil.copy2(ROOT / "docker" / "packages" / "launcher.sh", launcher)
    launcher.chmod(0o755)


def _facts(python: str) -> dict[str, str]:
    """Ask the interpreter where its parts are."""
    asked = "import os, sys, sysconfig; print(os.path.realpath(sys._base_executable))"
    asked += "; print(sysconfig.get_path('stdlib'))"
    said = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True)
    executable, stdlib = said.stdout.split("\n")[:2]
    return {"executable": executable, "stdlib": stdlib}


def _unused(_: str, names: list[str]) -> list[str]:
    return [name for name in names if UNUSED.fullmatch(name)]


def _install(python: str, app: Path) -> None:
    pip = [sys.executable, "-m", "pip"]
    into = [*pip, "--python", python, "install", "-q", "--no-compile", "--target", str(app)]
    into += ["--disable-pip-version-check", "--root-user-action", "ignore"]
    with tempfile.TemporaryDirectory() as folder:
        ours = wheel(folder)
        locked: list[str | Path] = ["--require-hashes", "--only-binary", ":all:"]
        for lock in ("requirements.lock", "requirements-postgres.lock"):
            locked += ["-r", ROOT / lock]
        for what in (locked, ["--no-deps", ours]):
            subprocess.run([*into, *what], check=True)
            shutil.rmtree(app / "bin", ignore_errors=True)  # scripts that name the builder's Python
    (app / "__main__.py").write_text(ENTRY, encoding="utf-8")


def wheel(folder: str) -> Path:
    """Build our own into a folder, by what locks/build.lock has put here: pip would fetch tools."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--disable-pip-version-check", "-w", folder, ROOT], check=True)
    (made,) = Path(folder).glob("*.whl")
    return made


def _compile(python: str, target: Path) -> None:
    """Compile everything; nothing in the folder changes, so no source is looked at again."""
    command = [python, "-m", "compileall", "-q", "-j", "0", "-s", target, "-p", "/"]
    command += ["--invalidation-mode", "unchecked-hash", target / "lib"]
    # The standard library holds files that are no Python on purpose.
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)


def _strip(target: Path) -> None:
    """Take debug symbols out: they are 14 of uvloop's 16 MB."""
    if strip := shutil.which("strip"):
        for file in target.rglob("*.so"):
            subprocess.run([strip, "--strip-debug", file], check=False, stderr=subprocess.DEVNULL)


def _share(target: Path, executable: str) -> dict[Path, Path]:
    """Copy each shared library that is asked for, and the loader; return copies and origins."""
    wanted: dict[str, Path] = {}
    for file in (Path(executable), *target.rglob("*.so")):
        wanted |= dict(_needs(file))
    folder = Path(wanted["libc.so.6"]).parent
    wanted |= {name: folder / name for name in ASKED_FOR_LATE if (folder / name).exists()}
    copied = {}
    for name, origin in wanted.items():
        if not origin.is_relative_to(target):
            # Named like the program, since that is what process lists show.
            copy = target / "lib" / ("breb-proxy" if name.startswith("ld-") else name)
            shutil.copy2(origin.resolve(), copy)
            copied[copy] = origin
    return copied


def _needs(file: Path) -> Iterator[tuple[str, Path]]:
    said = subprocess.run(["ldd", file], capture_output=True, text=True).stdout
    if missing := re.findall(r"(\S+) => not found", said):
        raise CannotBundle(f"{file.name} needs {', '.join(missing)}")
    for path in re.findall(r"(/\S+) \(0x", said):
        yield Path(path).name, Path(path)


def _licences(target: Path, stdlib: str, copied: dict[Path, Path]) -> None:
    """Put the licence of everything inside beside it; what comes from PyPI brings its own."""
    folder = target / "share" / "licenses"
    folder.mkdir(parents=True)
    shutil.copy2(ROOT / "LICENSE", folder / "breb-proxy")
    for package in sorted({_owner(origin) for origin in copied.values()}):
        shutil.copy2(_licence(package), folder / package.partition(":")[0])
    own = Path(stdlib) / "LICENSE.txt"
    shutil.copy2(
        own if own.exists() else _licence(_owner(Path(stdlib) / "os.py")), folder / "python"
    )
    licences_of_packages(target / "lib" / "app", folder)


def licences_of_packages(library: Path, folder: Path) -> None:
    """Copy what each package has brought into a folder of its name."""
    for metadata in sorted(library.glob("*.dist-info")):
        for file in (*metadata.glob("licenses/**/*"), *metadata.glob("LICEN[CS]E*")):
            if file.is_file():
                place = folder / metadata.name.partition("-")[0] / file.name
                place.parent.mkdir(exist_ok=True)
                shutil.copy2(file, place)


def _owner(file: Path) -> str:
    """Return the Debian package that a file is from."""
    for path in dict.fromkeys((file, file.resolve(), Path("/usr", *file.parts[1:]))):
        said = subprocess.run(["dpkg", "-S", path], capture_output=True, text=True)
        for line in said.stdout.splitlines():
            if not line.startswith("diversion "):
                return line.split(": ")[0].split(",")[0]
    raise CannotBundle(
        f"no package owns {file}, whose licence is needed: build on Debian or Ubuntu"
    )


def _licence(package: str) -> Path:
    name = package.partition(":")[0]
    file = Path("/usr/share/doc") / name / "copyright"
    if not file.exists():
        raise CannotBundle(f"{file} is missing: keep copyright files when packages are installed")
    return file.resolve()


def size(target: Path) -> int:
    """Return the bytes of all files."""
    return sum(os.lstat(file).st_size for file in target.rglob("*") if file.is_file())
