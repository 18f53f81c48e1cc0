"""A check that our listeners' addresses are free; if not, it finds out who listens there."""

import asyncio
import os
import sys
from pathlib import Path

from proxy.addresses import ListenAddress
from proxy.admin.client import JsonObject, ask
from proxy.admin.connection import AnothersProxy, Unreached
from proxy.doctor.steps import Finding, doubtful, failed, fine
from proxy.server import sockets
from proxy.server.sockets import AddressTaken
from proxy.words import phrase

_ASK = 8.0  # seconds: a proxy answers at once, on a machine that is not busy
_BIND = 8.0 if sys.platform == "win32" else 0.0  # seconds: see proxy/windows/binding.py
LONGEST = _BIND + _ASK + 1  # seconds: with the time to say that nobody answered


async def door(address: ListenAddress, admin: ListenAddress, setting: str) -> Finding:
    """Try to listen on ``address``; ask at ``admin`` for a proxy that may already run."""
    try:
        taken = await asyncio.to_thread(sockets.bind, address)
    except AddressTaken as error:
        return await _taken(address, admin, setting, error)
    for sock in taken:
        sock.close()
    _remove(address)
    return fine(phrase("check.free", address=str(address)), free=True)


def _remove(address: ListenAddress) -> None:
    if address.path:
        Path(address.path).unlink(missing_ok=True)


async def _taken(
    address: ListenAddress, admin: ListenAddress, setting: str, error: AddressTaken
) -> Finding:
    if not error.in_use:
        step = error.step or phrase("step.own-address")
        return failed(error.says, phrase("check.step-of", step=step, setting=setting), free=False)
    try:
        running = await asyncio.to_thread(_running, admin)
    except AnothersProxy:
        return doubtful(
            phrase("check.another-user", address=str(address)),
            phrase("check.as-that-user", setting=setting),
            free=False,
        )
    if running is not None and str(address) in (str(admin), running.get("listen")):
        pid = running.get("pid")
        says = phrase("check.running", address=str(address), pid=str(pid))
        return fine(says, free=False, pid=pid)
    advice = phrase("check.find-program", setting=setting)
    if os.name == "posix" and not address.path:
        how = f"ss -ltnp | grep :{address.port}"
        advice = phrase("check.find-program-by", how=how, setting=setting)
    return failed(error.says, advice, free=False)


def _running(admin: ListenAddress) -> JsonObject | None:
    """Return the status of the proxy behind an admin listener, None if there is none."""
    try:
        document = ask(admin.connectable, "GET", "/status", _ASK).document
    except AnothersProxy:
        raise
    except Unreached:
        return None
    return document if "token" in document and "pid" in document else None
