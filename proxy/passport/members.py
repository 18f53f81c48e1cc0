"""The members of bodies that name what an operation makes, moves or changes."""

from proxy.passport.operations import OPERATIONS

COMPARED = tuple(
    dict.fromkeys(name for each in OPERATIONS for name in each.members if name != "id")
)
"""Those that a thing of the API has at the same path as the request that made it."""

_ALL = dict.fromkeys(name for each in OPERATIONS for name in each.members)
NAMES = tuple(name for name in _ALL if not any(name.endswith(f".{other}") for other in _ALL))
"""All of them, as ends of paths: ``key_value`` is ``key.key_value`` too."""
