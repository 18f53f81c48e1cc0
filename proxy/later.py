"""Stand-ins for modules that a library imports, and that a start does not need.

They are the greater part of what some libraries bring: command lines, configuration, plug-ins. What
a library takes from a stand-in is a class that has no instances: called, it imports the module, and
calls what has its name there.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


class _Later:
    def __new__(cls, *arguments: object, **more: object) -> object:  # type: ignore[misc]  # above
        return getattr(import_module(cls.__module__), cls.__name__)(*arguments, **more)


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (_Later,), {"__module__": self.__name__})


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
