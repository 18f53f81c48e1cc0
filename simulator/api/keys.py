"""Keys: register, list, show, suspend, activate, delete."""

from collections.abc import Iterable

from simulator.api.accounts import OLD_PATH as ACCOUNTS
from simulator.api.accounts import known as known_account
from simulator.config import SandboxConfig
from simulator.directory import elsewhere
from simulator.lists import page
from simulator.models.keys import (
    OLD_TYPES,
    AccountKey,
    CreateKey,
    Identified,
    KeyList,
    KeyQuery,
    OldAccountKey,
    OldCreateKey,
    OldKeyStatus,
)
from simulator.models.shapes import AnyKey
from simulator.operations import Call, Operation, Reply
from simulator.refusal import Refusal
from simulator.world import World

PATH = "/v1/keys"
OLD_PATH = ACCOUNTS + "/keys"
SCOPE = "paas.core.account_keys"


def operations(config: SandboxConfig) -> Iterable[Operation]:
    """Name the key endpoints of both generations."""
    yield from _current(config)
    yield from _first_generation(config)


def _current(config: SandboxConfig) -> Iterable[Operation]:
    yield Operation(
        name="createKey", method="POST", path=PATH, summary="Register a key",
        answer=create, body=CreateKey, returns=AccountKey, refusals=(409,),
        scope=SCOPE + ".post",
    )  # fmt: skip
    yield Operation(
        name="listKeys", method="GET", path=PATH, summary="List keys",
        answer=show_all, query=KeyQuery, returns=KeyList, scope=SCOPE + ".list.get",
    )  # fmt: skip
    yield Operation(
        name="getKey", method="GET", path=PATH + "/{key_id}", summary="Show a key",
        answer=show, returns=AccountKey, scope=SCOPE + ".get",
    )  # fmt: skip
    yield Operation(
        name="suspendKey", method="PATCH", path=PATH + "/{key_id}/suspend",
        summary="Suspend a key", answer=suspend, returns=AccountKey, scope=SCOPE + ".patch",
    )  # fmt: skip
    yield Operation(
        name="activateKey", method="PATCH", path=PATH + "/{key_id}/activate",
        summary="Activate a key", answer=activate, returns=AccountKey, scope=SCOPE + ".patch",
    )  # fmt: skip
    yield Operation(
        name="deleteKey", method="DELETE", path=PATH + "/{key_id}", summary="Delete a key",
        answer=delete, scope=SCOPE + ".delete",
        status=config.deleted(204),
    )  # fmt: skip


def _first_generation(config: SandboxConfig) -> Iterable[Operation]:
    yield Operation(
        name="oldCreateKey", method="POST", path=OLD_PATH, summary="Register a key",
        answer=old_create, body=OldCreateKey, returns=OldAccountKey, refusals=(409,),
        scope=SCOPE + ".post", tag="first generation",
    )  # fmt: skip
    yield Operation(
        name="oldSuspendKey", method="PATCH", path=OLD_PATH + "/suspend", summary="Suspend a key",
        answer=old_suspend, body=Identified, returns=OldKeyStatus,
        scope=SCOPE + ".patch", tag="first generation",
    )  # fmt: skip
    yield Operation(
        name="oldCancelKey", method="DELETE", path=OLD_PATH + "/{key_id}", summary="Cancel a key",
        answer=old_delete, body=Identified, body_optional=not config.require_delete_body,
        status=config.deleted(200),
        scope=SCOPE + ".delete", tag="first generation",
    )  # fmt: skip


def _register(world: World, account_id: str, key: AnyKey, display_name: str | None) -> AccountKey:
    known_account(world, account_id)
    status = world.config.duplicate_key
    if status != "allow" and any(other.key == key for other in world.keys.values()):
        raise Refusal(status, "the key is registered already", code="DUPLICATE_KEY")
    status = world.config.foreign_key
    if status != "allow" and elsewhere(world, key.key_type, key.key_value):
        message = "the key is registered at another institution: it can be moved, not doubled"
        raise Refusal(status, message, code="KEY_AT_ANOTHER_INSTITUTION")
    stamp = world.stamp()
    registered = AccountKey(
        id=world.new_id(),
        status="ACTIVE",
        key=key,
        account_id=account_id,
        display_name=display_name,
        created_at=stamp,
        updated_at=stamp,
    )
    world.keys[registered.id] = registered
    return registered


def known(world: World, key_id: str) -> AccountKey:
    """Find a key or refuse."""
    key = world.keys.get(key_id)
    if key is None:
        raise Refusal(404, "no such key")
    return key


def create(call: Call) -> Reply:
    """Register a key for an account."""
    asked = call.body(CreateKey)
    key = AnyKey(key_type=asked.key.key_type, key_value=asked.key.key_value)
    return Reply(content=_register(call.world, asked.account_id, key, asked.display_name))


def show_all(call: Call) -> Reply:
    """List keys."""
    query, keys = call.asked(KeyQuery), call.world.keys.values()
    chosen, info = page(call.world, query, keys, documented=200)
    return Reply(content=KeyList(keys=chosen, pagination_info=info))


def show(call: Call) -> Reply:
    """Show a key."""
    return Reply(content=known(call.world, call.path["key_id"]))


def _turn(world: World, key_id: str, status: str) -> AccountKey:
    changes = {"status": status, "updated_at": world.stamp()}
    world.keys[key_id] = known(world, key_id).model_copy(update=changes)
    return world.keys[key_id]


def suspend(call: Call) -> Reply:
    """Stop a key from being resolved."""
    return Reply(content=_turn(call.world, call.path["key_id"], "SUSPENDED"))


def activate(call: Call) -> Reply:
    """Let a key be resolved again."""
    return Reply(content=_turn(call.world, call.path["key_id"], "ACTIVE"))


def delete(call: Call) -> Reply:
    """Remove a key for good; its value is free again."""
    known(call.world, call.path["key_id"])
    del call.world.keys[call.path["key_id"]]
    return Reply(status=call.world.config.deleted(204))


def old_create(call: Call) -> Reply:
    """Register a key the old way."""
    asked = call.body(OldCreateKey).root
    key = AnyKey(key_type=OLD_TYPES[asked.key_type], key_value=asked.key_value)
    made = _register(call.world, asked.account_id, key, None)
    shown = {"key_type": asked.key_type, "key_value": asked.key_value}
    return Reply(content=OldAccountKey(id=made.id, account_id=made.account_id, **shown))


def old_suspend(call: Call) -> Reply:
    """Suspend a key the old way."""
    _turn(call.world, call.body(Identified).id, "SUSPENDED")
    return Reply(content=OldKeyStatus(key_status="SUSP"))


def old_delete(call: Call) -> Reply:
    """Remove a key the old way."""
    key = known(call.world, call.path["key_id"])
    if call.content is not None and call.body(Identified).id != key.id:
        raise Refusal(400, "Field 'id' differs from the path")
    del call.world.keys[key.id]
    return Reply(status=call.world.config.deleted(200))
