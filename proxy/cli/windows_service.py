"""What ``service`` does on Windows."""

import sys
from collections.abc import Callable

from proxy.terminal.arguments import FAILED, OK, USAGE, say
from proxy.windows import event_log, scm
from proxy.windows.instance import Instance, Refused
from proxy.windows.log_file import LogFile

_ABOUT = "Puts an access token on requests to Passport's Bre-B API."
_STATES = {
    scm.STOPPED: "stopped",
    scm.STARTING: "starting",
    scm.STOPPING: "stopping",
    scm.RUNNING: "running",
}
_DENIED = 5  # ERROR_ACCESS_DENIED


def run(verb: str, name: str) -> int:
    """Do what is asked; return the exit code."""
    one = Instance.of(name)
    try:
        return _VERBS[verb](one)
    except Refused as error:
        say(str(error))
    except OSError as error:
        hint = "\nopen the command prompt as administrator" if error.winerror == _DENIED else ""
        say(f"{verb} {one.name}: {scm.words(error.winerror or 0)}{hint}")
    return FAILED


def install(one: Instance) -> int:
    """Make its folders and the service; one that exists gets this program and its rights anew."""
    one.make()
    missing = scm.install(one.name, one.title, _ABOUT, one.command, one.account)
    event_log.register(one.name)
    if missing:
        say(f"this Windows does not take parts of its configuration: {missing}")
    _tell(f"installed: {one.name}")
    _tell(f"settings:  {one.settings}")
    _tell(f"log:       {one.log}")
    _tell(f"next: client id and secret into the settings, then: net start {one.name}")
    return OK


def uninstall(one: Instance) -> int:
    """Let it drain, and remove the service; its folders stay."""
    scm.stop(one.name)
    scm.remove(one.name)
    event_log.unregister(one.name)
    _tell(f"uninstalled: {one.name}; {one.data} stays")
    return OK


def _start(one: Instance) -> int:
    state = scm.start(one.name)
    if state.number != scm.RUNNING:
        say(f"did not start (exit code {state.code}): {LogFile(one.log).last_line()}")
        return FAILED
    _tell(_STATES[state.number])
    return OK


def _stop(one: Instance) -> int:
    state = scm.stop(one.name)
    _tell(_STATES[state.number])
    return OK if state.number == scm.STOPPED else FAILED


def _status(one: Instance) -> int:
    state = scm.state(one.name)
    process = f", process {state.process}" if state.process else ""
    code = f", exit code {state.code}" if state.number == scm.STOPPED and state.code else ""
    _tell(f"{_STATES.get(state.number, state.number)}{process}{code}")
    return OK if state.number == scm.RUNNING else FAILED


def _run(one: Instance) -> int:
    """Be the service; the SCM has started us, and gives us seconds to say so."""
    from proxy.windows.service import Service

    log, events = LogFile(one.log), event_log.EventLog(one.name)
    service = Service(one.name, log.turn, events)
    try:
        service.connect()
    except OSError:
        events.settle()
        say(f"only Windows starts a service: net start {one.name}")
        return USAGE
    from proxy.cli import windows_serving  # the rest of the program

    return windows_serving.serve(one, log, service, events)


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")


_VERBS: dict[str, Callable[[Instance], int]] = {
    "install": install,
    "uninstall": uninstall,
    "start": _start,
    "stop": _stop,
    "status": _status,
    "run": _run,
}
