"""A check that our listeners' addresses are free; if not, it finds out who listens there."""

import asyncio
import os
from pathlib import Path

from proxy.addresses import ListenAddress
from proxy.admin.client import JsonObject, ask
from proxy.admin.connection import AnothersProxy, Unreached
from proxy.doctor.steps import Finding, doubtful, failed, fine
from proxy.server import sockets
from proxy.server.sockets import AddressTaken
from proxy.words import phrase

_ASK = 1.0  # seconds


async def door(address: ListenAddress, admin: ListenAddress, setting: str) -> Finding:
    """Try to listen on ``address``; ask at ``admin`` for a proxy that may already run."""
    try:
        taken = sockets.bind(address)
    except AddressTaken as error:
        return await _taken(address, admin, setting, error)
    for sock in taken:
        sock.close()
    _remove(address)
    return fine(f"{address} is free", free=True)


def _remove(address: ListenAddress) -> None:
    if address.path:
        Path(address.path).unlink(missing_ok=True)


async def _taken(
    address: ListenAddress, admin: ListenAddress, setting: str, error: AddressTaken
) -> Finding:
    says = str(error.says)
    if not error.in_use:
        step = error.step or phrase("step.own-address")
        return failed(says, f"{step}: {setting}", free=False)
    try:
        running = await asyncio.to_thread(_running, admin)
    except AnothersProxy:
        return doubtful(
            f"{address} is in use, perhaps by a breb-proxy of another user",
            f"to be sure, check as the user who runs it; or choose another {setting}",
            free=False,
        )
    if running is not None and str(address) in (str(admin), running.get("listen")):
        pid = running.get("pid")
        return fine(
            f"{address} is in use by a running breb-proxy (process {pid})", free=False, pid=pid
        )
    who = "" if address.path or os.name != "posix" else f" (ss -ltnp | grep :{address.port})"
    return failed(
        says, f"find the program that uses it{who}, or choose another {setting}", free=False
    )


def _running(admin: ListenAddress) -> JsonObject | None:
    """Return the status of the proxy behind an admin listener, None if there is none."""
    try:
        document = ask(admin.connectable, "GET", "/status", _ASK).document
    except AnothersProxy:
        raise
    except Unreached:
        return None
    return document if "token" in document and "pid" in document else None
