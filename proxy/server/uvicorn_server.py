"""uvicorn's server without uvicorn's command line.

Its package imports that, and with it click, multiprocessing and reloaders: 5 % of a start and
1.6 MiB. Here a stand-in takes the place of the command line until somebody calls it.
"""

import sys
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

_COMMAND_LINE = "uvicorn.main"
_LATER = ("main", "run")


def _named(name: str) -> Any:  # noqa: ANN401  what a module holds
    """Return what the package imports from its command line."""
    if name in _LATER:
        return partial(_call, name)
    return getattr(import_module("uvicorn.server"), name)


def _call(name: str, *arguments: object, **more: object) -> object:
    return getattr(import_module(_COMMAND_LINE), name)(*arguments, **more)


def _import() -> None:
    if "uvicorn" in sys.modules:
        return
    stand_in = ModuleType(_COMMAND_LINE)
    vars(stand_in)["__getattr__"] = _named
    sys.modules[_COMMAND_LINE] = stand_in
    try:
        import_module("uvicorn")
    finally:
        del sys.modules[_COMMAND_LINE]


_import()

from uvicorn.config import Config  # noqa: E402  after the package
from uvicorn.server import Server  # noqa: E402  after the package

__all__ = ["Config", "Server"]
