"""What ``service`` does on Windows."""

import sys
from collections.abc import Callable

from proxy.terminal.arguments import FAILED, OK, USAGE, say
from proxy.terminal.language import worded
from proxy.windows import event_log, scm
from proxy.windows.instance import Instance, LeadsElsewhere, Refused
from proxy.windows.log_file import LogFile
from proxy.words import Phrase, Said, phrase

_ABOUT = "Puts an access token on requests to Passport's Bre-B API."
_STATES = {
    scm.STOPPED: phrase("service.stopped"),
    scm.STARTING: phrase("service.starting"),
    scm.STOPPING: phrase("service.stopping"),
    scm.RUNNING: phrase("service.running"),
}
_DENIED = 5  # ERROR_ACCESS_DENIED


def run(verb: str, name: str) -> int:
    """Run one of the service commands; return the exit code."""
    one = Instance.of(name)
    try:
        return _VERBS[verb](one)
    except Refused as error:
        say(why(error))
    except OSError as error:
        told = scm.words(error.winerror or 0)
        if error.winerror == _DENIED:
            say(phrase("service.denied", verb=verb, name=one.name, why=told))
        else:
            say(phrase("service.refused", verb=verb, name=one.name, why=told))
    return FAILED


def why(error: Refused) -> Phrase:
    """Say what cannot be trusted."""
    path = str(error.path)
    if isinstance(error, LeadsElsewhere):
        return phrase("service.elsewhere", path=path)
    return phrase("service.of-others", path=path)


def install(one: Instance) -> int:
    """Make its folders and the service; one that exists gets this program and its rights anew."""
    one.make()
    missing = scm.install(one.name, one.title, _ABOUT, one.command, one.account)
    event_log.register(one.name)
    if missing:
        say(phrase("service.not-taken", parts=str(missing)))
    _tell(phrase("service.installed", name=one.name))
    _tell(phrase("service.settings", file=str(one.settings)))
    _tell(phrase("service.log", file=str(one.log)))
    _tell(phrase("service.next", name=one.name))
    return OK


def uninstall(one: Instance) -> int:
    """Let the service drain, and remove it; its folders stay."""
    scm.stop(one.name)
    scm.remove(one.name)
    event_log.unregister(one.name)
    _tell(phrase("service.uninstalled", name=one.name, folder=str(one.data)))
    return OK


def _start(one: Instance) -> int:
    state = scm.start(one.name)
    if state.number != scm.RUNNING:
        line = LogFile(one.log).last_line()
        say(phrase("service.no-start", code=str(state.code), line=line))
        return FAILED
    _tell(_STATES[state.number])
    return OK


def _stop(one: Instance) -> int:
    state = scm.stop(one.name)
    _tell(_STATES[state.number])
    return OK if state.number == scm.STOPPED else FAILED


def _status(one: Instance) -> int:
    state = scm.state(one.name)
    told: Said = _STATES.get(state.number, str(state.number))
    if state.process:
        told = phrase("service.process", state=told, number=str(state.process))
    if state.number == scm.STOPPED and state.code:
        told = phrase("service.exit-code", state=told, code=str(state.code))
    _tell(told)
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
        say(phrase("service.by-windows", name=one.name))
        return USAGE
    from proxy.cli import windows_serving  # the rest of the program

    return windows_serving.serve(one, log, service, events)


def _tell(what: Said) -> None:
    sys.stdout.write(f"{worded(what)}\n")


_VERBS: dict[str, Callable[[Instance], int]] = {
    "install": install,
    "uninstall": uninstall,
    "start": _start,
    "stop": _stop,
    "status": _status,
    "run": _run,
}
