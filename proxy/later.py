"""Stand-ins for modules that a library imports, and that a start does not need.

They are the greater part of what some libraries bring: command lines, configuration, plug-ins. What
a library takes from a stand-in are functions: with the first call, the module is imported.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from types import ModuleType


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> partial[object]:
        if name.startswith("__"):
            raise AttributeError(name)
        return partial(_call, self.__name__, name)


def _call(module: str, name: str, *arguments: object, **more: object) -> object:
    return getattr(import_module(module), name)(*arguments, **more)


@contextmanager
def standing_in(*names: str) -> Iterator[None]:
    """Have stand-ins for those of these modules that are not there, while a library is imported."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update({name: _StandIn(name) for name in absent})
    try:
        yield
    finally:
        for name in absent:
            stand_in = sys.modules.pop(name)
            package, _, module = name.rpartition(".")
            if package in sys.modules:  # which has its modules, as after any import
                vars(sys.modules[package]).setdefault(module, stand_in)
