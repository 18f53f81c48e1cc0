"""Serves as a service of Windows, until the service control manager (SCM) wants an end.

Settings that are wrong stay wrong until somebody changes them: the SCM is told the exit code, and
tries no more. Anything else may pass, such as a port, a file or a ledger that another process has:
that is a crash, after which it tries again.
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
from proxy.windows import holders
from proxy.windows.event_log import EventLog
from proxy.windows.holders import Held
from proxy.windows.instance import Instance
from proxy.windows.log_file import LogFile
from proxy.windows.service import Service, crash
from proxy.words import Said, phrase


def serve(one: Instance, log: LogFile, service: Service, events: EventLog) -> int:
    """Serve to the end, and tell it; return the exit code."""
    try:
        code = _served(one, log, service, events)
    except BaseException as error:
        if isinstance(error, AddressTaken):
            _say(error.what, events)
        elif isinstance(error, Held):
            _say(phrase("file.wrong", path=str(error.path), what=phrase("file.held")), events)
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
    events.setFormatter(TextFormatter(colour=False, terminal=False))
    logging.getLogger("proxy").addHandler(events)
    log.take()
    # Without a console, its end and other people's log-off are no affair of ours.
    ctypes.WinDLL("kernel32").FreeConsole()
    os.chdir(one.data)
    os.environ["RUNTIME_DIRECTORY"] = str(one.data / "run")
    holders.wait_for(one.files())
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


def _say(what: Said, events: EventLog) -> None:
    say(what)
    events.error(worded(what))


def _tell(error: SettingsError, events: EventLog) -> None:
    say_wrong(error)
    problems = (*error.problems, *error.hints)
    events.error("\n".join(map(worded, problems)))
