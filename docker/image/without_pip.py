"""Take pip and what installs it out of the base's Python, which runs this.

The base's own layer still has the files: they cannot be run, and cost what they cost.
"""

import os
import shutil
import site
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

INSTALLERS = (
    "pip",
    "pip-*",
    "setuptools*",
    "pkg_resources",
    "_distutils_hack*",
    "wheel",
    "wheel-*",
)
SCRIPTS = ("pip", "pip3*", "wheel", "wheel3", "easy_install*")


def main() -> int:
    """Remove them; it is an error if pip can be imported afterwards."""
    for path in found():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    sys.path_importer_cache.clear()
    import importlib.util

    return 1 if importlib.util.find_spec("pip") else 0


def found() -> Iterator[Path]:
    """Yield packages, scripts and the standard library's installer of pip, with its wheels."""
    for folder in {*site.getsitepackages(), sysconfig.get_path("purelib")}:
        for name in INSTALLERS:
            yield from list(Path(folder).glob(name))
    for folder in {*os.get_exec_path(), "/usr/bin", "/usr/local/bin"}:
        for name in SCRIPTS:
            yield from list(Path(folder).glob(name))
    for extra in (
        Path(sysconfig.get_path("stdlib"), "ensurepip"),
        Path("/usr/share/python-wheels"),
    ):
        if extra.exists():
            yield extra


if __name__ == "__main__":
    sys.exit(main())
