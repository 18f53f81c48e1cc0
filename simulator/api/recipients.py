"""Recipients: store, list, show, resolve."""

from collections.abc import Iterable

from simulator.api.customers import OLD_PATH as CUSTOMERS
from simulator.api.customers import known as known_customer
from simulator.api.resolutions import resolve
from simulator.config import SandboxConfig
from simulator.lists import page
from simulator.models.keys import OLD_TYPES
from simulator.models.recipients import (
    CreateAchRecipient,
    CreateRecipient,
    OldCreateRecipient,
    OldRecipient,
    Recipient,
    RecipientList,
    RecipientQuery,
    ResolvedRecipient,
)
from simulator.models.resolutions import Owner
from simulator.models.shapes import AnyKey
from simulator.operations import Call, Operation, Reply
from simulator.refusal import Refusal
from simulator.world import World

PATH = "/v1/recipients"
OLD_PATHS = {"": CUSTOMERS + "/recipients/breb", "Curl": CUSTOMERS + "/breb/recipients"}
SCOPE = "paas.core.breb_recipients"
_NEW_TYPES = {new: old for old, new in OLD_TYPES.items()}


def operations(config: SandboxConfig) -> Iterable[Operation]:
    """Name the recipient endpoints of both generations."""
    yield from _current(config)
    yield from _first_generation(config)


def _current(_config: SandboxConfig) -> Iterable[Operation]:
    yield Operation(
        name="createRecipient", method="POST", path=PATH + "/breb",
        summary="Store a Bre-B recipient", answer=create, body=CreateRecipient,
        returns=Recipient, scope=SCOPE + ".post",
    )  # fmt: skip
    yield Operation(
        name="createAchRecipient", method="POST", path=PATH + "/ach",
        summary="Store an ACH recipient", answer=create_ach, body=CreateAchRecipient,
        returns=Recipient, scope=SCOPE + ".post",
    )  # fmt: skip
    yield Operation(
        name="listRecipients", method="GET", path=PATH, summary="List recipients",
        answer=show_all, query=RecipientQuery, returns=RecipientList, scope=SCOPE + ".list.get",
    )  # fmt: skip
    yield Operation(
        name="getRecipient", method="GET", path=PATH + "/{recipient_id}",
        summary="Show a recipient", answer=show, returns=Recipient, scope=SCOPE + ".get",
    )  # fmt: skip
    yield Operation(
        name="resolveRecipient", method="POST", path=PATH + "/{recipient_id}/resolve",
        summary="Resolve a stored recipient", answer=resolve_stored, returns=ResolvedRecipient,
        refusals=(409,), scope=SCOPE + ".get",
    )  # fmt: skip


def _first_generation(_config: SandboxConfig) -> Iterable[Operation]:
    for suffix, path in OLD_PATHS.items():
        yield Operation(
            name="oldCreateRecipient" + suffix, method="POST", path=path,
            summary="Store a Bre-B recipient", answer=old_create, body=OldCreateRecipient,
            returns=OldRecipient, scope=SCOPE + ".post",
            tag="first generation",
        )  # fmt: skip
        yield Operation(
            name="oldGetRecipient" + suffix, method="GET", path=path + "/{recipient_id}",
            summary="Show a Bre-B recipient", answer=old_show, returns=OldRecipient,
            scope=SCOPE + ".get", tag="first generation",
        )  # fmt: skip


def _store(world: World, customer_id: str, **members: object) -> Recipient:
    known_customer(world, customer_id)
    stamp = world.stamp()
    recipient = Recipient.model_validate(
        {
            "id": world.new_id(),
            "customer_id": customer_id,
            "created_at": stamp,
            "updated_at": stamp,
            **members,
        }
    )
    world.recipients[recipient.id] = recipient
    return recipient


def known(world: World, recipient_id: str, kind: str | None = None) -> Recipient:
    """Find a recipient, of a kind if one is named, or refuse."""
    recipient = world.recipients.get(recipient_id)
    if recipient is None or kind not in {None, recipient.type}:
        raise Refusal(404, "no such recipient")
    return recipient


def create(call: Call) -> Reply:
    """Store a recipient by key."""
    asked = call.body(CreateRecipient)
    key = AnyKey(key_type=asked.key.key_type, key_value=asked.key.key_value)
    made = _store(call.world, asked.customer_id, type="BREB", key=key, alias=asked.alias)
    return Reply(content=made)


def create_ach(call: Call) -> Reply:
    """Store a recipient by bank account."""
    asked = call.body(CreateAchRecipient)
    owner = Owner.model_validate(asked.owner.model_dump(exclude_none=True))
    members = {"type": "ACH", "owner": owner, "account": asked.account, "alias": asked.alias}
    return Reply(content=_store(call.world, asked.customer_id, **members))


def show_all(call: Call) -> Reply:
    """List recipients of both kinds."""
    query, recipients = call.asked(RecipientQuery), call.world.recipients.values()
    chosen, info = page(call.world, query, recipients, documented=200)
    return Reply(content=RecipientList(recipients=chosen, pagination_info=info))


def show(call: Call) -> Reply:
    """Show a recipient."""
    return Reply(content=known(call.world, call.path["recipient_id"]))


def resolve_stored(call: Call) -> Reply:
    """Resolve the key of a stored recipient."""
    recipient = known(call.world, call.path["recipient_id"])
    if recipient.key is None:
        raise Refusal(409, "an ACH recipient has no key to resolve")
    key = recipient.key
    resolution = resolve(call.world, recipient.customer_id, key.key_type, key.key_value).shown
    told = {
        **dict(resolution),
        "id": recipient.id,
        "resolution_id": resolution.id,
        "type": "BREB",
        "created_at": recipient.created_at,
        "updated_at": recipient.updated_at,
    }
    return Reply(content=ResolvedRecipient.model_validate(told))


def old_create(call: Call) -> Reply:
    """Store a recipient the old way."""
    asked = call.body(OldCreateRecipient)
    key = AnyKey(key_type=OLD_TYPES[asked.key_type], key_value=asked.key_value)
    customer = asked.entity_customer_id
    made = _store(call.world, customer, type="BREB", key=key, alias=asked.alias)
    return Reply(content=_old_shown(made))


def old_show(call: Call) -> Reply:
    """Show a recipient the old way."""
    return Reply(content=_old_shown(known(call.world, call.path["recipient_id"], "BREB")))


def _old_shown(recipient: Recipient) -> OldRecipient:
    key = recipient.key or AnyKey(key_type="", key_value="")
    return OldRecipient(
        id=recipient.id,
        entity_customer_id=recipient.customer_id,
        key_type=_NEW_TYPES.get(key.key_type, key.key_type),
        key_value=key.key_value,
        alias=recipient.alias,
        created_at=recipient.created_at,
        updated_at=recipient.updated_at,
    )
