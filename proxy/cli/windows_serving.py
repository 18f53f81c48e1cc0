"""Serves as a service of Windows, until the service control manager (SCM) wants an end.

Settings that are wrong stay wrong until somebody changes them: the SCM is told the exit code, and
tries no more. Anything else may pass, such as a port or a ledger that another process has: that is
a crash, after which it tries again.
"""

import ctypes
import logging
import os
import sys

from proxy.cli import serve as serving
from proxy.errors import SettingsError
from proxy.ledger.trouble import LedgerInUse
from proxy.server.sockets import AddressTaken
from proxy.telemetry.log_format import TextFormatter
from proxy.terminal.arguments import OK, USAGE, say, say_wrong
from proxy.terminal.language import worded
from proxy.windows.event_log import EventLog
from proxy.windows.instance import Instance
from proxy.windows.log_file import LogFile
from proxy.windows.service import Service, crash


def serve(one: Instance, log: LogFile, service: Service, events: EventLog) -> int:
    """Serve to the end, and tell it; return the exit code."""
    try:
        code = _served(one, log, service, events)
    except BaseException as error:
        if isinstance(error, AddressTaken):
            say(error.what)
            events.error(worded(error.what))
        elif isinstance(error, LedgerInUse):
            _tell(error, events)
        else:
            logging.getLogger("proxy.server").critical("crashed", exc_info=True)
        sys.stderr.flush()
        crash(events)
        raise
    events.settle()
    service.ended(code)
    return code


def _served(one: Instance, log: LogFile, service: Service, events: EventLog) -> int:
    log.take()
    # Without a console, its end and other people's log-off are no affair of ours.
    ctypes.WinDLL("kernel32").FreeConsole()
    events.setFormatter(TextFormatter(colour=False, terminal=False))
    logging.getLogger("proxy").addHandler(events)
    os.chdir(one.data)
    os.environ["RUNTIME_DIRECTORY"] = str(one.data / "run")
    try:
        serving.serve(
            ["--env-file", str(one.settings), "--secrets-dir", str(one.credentials)], service
        )
    except LedgerInUse:
        raise
    except SettingsError as error:
        _tell(error, events)
        return USAGE
    return OK


def _tell(error: SettingsError, events: EventLog) -> None:
    say_wrong(error)
    problems = (*error.problems, *error.hints)
    events.error("\n".join(map(worded, problems)))
