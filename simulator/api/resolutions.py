"""Resolving keys, under the current name of the endpoint and both older ones."""

from collections.abc import Iterable

from simulator.api.customers import known as known_customer
from simulator.config import SandboxConfig
from simulator.directory import NODE, find
from simulator.models.resolutions import Resolution, ResolveKey, ResolveUntypedKey
from simulator.models.shapes import timestamp
from simulator.operations import Call, Operation, Reply
from simulator.records import Resolved
from simulator.refusal import Refusal
from simulator.world import World

_PATHS = {
    "resolveKey": "/v1/resolve-key",
    "keyResolution": "/v1/key-resolution",
    "keyresolution": "/v1/keyresolution",
}


def operations(config: SandboxConfig) -> Iterable[Operation]:
    """Name the resolution endpoint under each of its names."""
    for name, path in _PATHS.items():
        yield Operation(
            name=name, method="POST", path=path, summary="Resolve a key",
            answer=answer, returns=Resolution,
            body=ResolveKey if config.resolve_key_type_required else ResolveUntypedKey,
        )  # fmt: skip


def resolve(world: World, customer_id: str, kind: str | None, value: str) -> Resolved:
    """Find who stands behind a key and remember it under a new id."""
    known_customer(world, customer_id)
    entry = find(world, kind, value)
    if entry is None:
        raise Refusal(404, "no such key")
    now = world.now()
    expires_at = now + world.config.resolution_lifetime
    resolution = Resolution(
        id=world.new_id(),
        customer_id=customer_id,
        key=entry.key,
        owner=entry.owner,
        participant=entry.participant,
        account=entry.account,
        receptor_node=NODE,
        resolved_at=timestamp(now),
        expires_at=timestamp(expires_at),
    )
    resolved = Resolved(resolution, expires_at, entry.account_id)
    world.resolutions[resolution.id] = resolved
    return resolved


def answer(call: Call) -> Reply:
    """Resolve a key for a customer."""
    if call.world.config.resolve_key_type_required:
        asked = call.body(ResolveKey)
        kind, value = asked.key.key_type, asked.key.key_value
        return Reply(content=resolve(call.world, asked.customer_id, kind, value).shown)
    loose = call.body(ResolveUntypedKey)
    found = resolve(call.world, loose.customer_id, loose.key.key_type, loose.key.key_value)
    return Reply(content=found.shown)
