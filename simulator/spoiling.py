"""Carry a fault out: before the request is processed, after it, or on its answer."""

import anyio
from starlette.types import Receive, Scope, Send

from simulator.answers import send_bytes, send_refusal
from simulator.bodies import CHANGED, MADE, Changed, Trickle, made
from simulator.cutting import Cut, Kept, Noted, close, hang, reset
from simulator.faults import Fault
from simulator.namespaces import Namespace
from simulator.refusal import Refusal


async def spoil(
    namespace: Namespace, fault: Fault, scope: Scope, receive: Receive, send: Noted
) -> None:
    """Answer a request as its fault has it, or not at all."""
    kept = Kept()
    if fault.processed:
        await namespace.api(scope, receive, kept)
    await anyio.sleep(fault.delay)
    if fault.reset:
        await reset(receive, send.inner)
    elif fault.hang is not None:
        await hang(receive, send.inner, fault.hang)
    elif fault.body in MADE:
        status, body, fields = made(fault.body, fault.status)
        await send_bytes(send, status, body, [*fields, *_retry_after(fault)])
    elif fault.status is not None:
        await send_refusal(namespace.world, _made_up(fault), scope, send)
    elif fault.processed:
        await kept.release(_spoiled(fault, send))
        if fault.cut_body is not None:
            await close(receive, send.inner)
    else:
        await namespace.api(scope, receive, send)


def _spoiled(fault: Fault, send: Send) -> Send:
    """Put what spoils an answer before the way out."""
    if fault.cut_body is not None:
        return Cut(send, fault.cut_body)
    if fault.body in CHANGED:
        return Changed(send, fault.body)
    if fault.trickle is not None:
        return Trickle(send, fault.trickle)
    return send


def _retry_after(fault: Fault) -> list[tuple[bytes, bytes]]:
    seconds = fault.retry_after
    return [] if seconds is None else [(b"retry-after", str(seconds).encode())]


def _made_up(fault: Fault) -> Refusal:
    fields = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return Refusal(fault.status or 503, "as was asked for", code="FAULT", fields=fields)
