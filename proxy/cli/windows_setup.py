"""What Windows Installer has done to the services while it changes our files.

It reads nothing that is printed, and undoes what it did if we fail: the Event Log says why.
"""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from proxy.cli import windows_service
from proxy.terminal.arguments import FAILED, OK
from proxy.terminal.language import worded
from proxy.windows import instance, scm
from proxy.windows.event_log import EventLog
from proxy.windows.instance import Instance, Refused
from proxy.words import phrase


class _NotDone(Exception):
    """Services do not do what they have to."""


def run(verb: str) -> int:
    """Run one of the installer's steps; return the exit code."""
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        try:
            _VERBS[verb]()
        except (Refused, _NotDone, OSError) as error:
            events = EventLog(instance.NAME)
            why = windows_service.why(error) if isinstance(error, Refused) else str(error)
            events.error(f"{verb}: {worded(why)}")
            events.settle()
            return FAILED
    return OK


def _after_install() -> None:
    """Make the default instance; the others are made by hand."""
    instance.remembered()  # of a removal long ago
    windows_service.install(Instance.of(""))


def _before_upgrade() -> None:
    """Remember which instances there are, and which run; let them drain."""
    there = instance.installed()
    running = [name for name in there if scm.state(name).number != scm.STOPPED]
    instance.remember(there, running)
    if slow := [name for name in running if scm.stop(name).number != scm.STOPPED]:
        raise _NotDone(worded(phrase("service.slow", names=", ".join(slow))))


def _after_upgrade() -> None:
    """Make and start them as they were; if one does not start, the version before is to come back.

    On Windows the services have stayed. Wine does not say that a removal is part of an upgrade.
    """
    there, ran = instance.remembered()
    for name in sorted({*there, *instance.installed()}):
        windows_service.install(Instance.of(name))
    if failed := [name for name in ran if scm.start(name).number != scm.RUNNING]:
        for name in ran:
            scm.stop(name)
        instance.remember(there, ran)
        raise _NotDone(worded(phrase("service.fails", names=", ".join(failed))))


def _before_removal() -> None:
    """Remove all services; their folders, which belong to their owner, stay."""
    for name in instance.installed():
        windows_service.uninstall(Instance.of(name))


_VERBS: dict[str, Callable[[], None]] = {
    "after-install": _after_install,
    "before-upgrade": _before_upgrade,
    "after-upgrade": _after_upgrade,
    "before-removal": _before_removal,
}
