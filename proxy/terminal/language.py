"""Which of our two languages a person reads, as the environment tells it."""

import os
from collections.abc import Mapping


def spanish(environment: Mapping[str, str] = os.environ) -> bool:
    """Report whether it is Spanish; of LC_ALL, LC_MESSAGES and LANG the first that is set counts.

    POSIX, Environment Variables, section 8.2.
    """
    named = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next(filter(None, named), "").lower().startswith("es")
