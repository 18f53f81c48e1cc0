"""Customers: link, list, show, update."""

from collections.abc import Iterable

from simulator.config import SandboxConfig
from simulator.lists import page
from simulator.models.customers import (
    Customer,
    CustomerList,
    CustomerQuery,
    LinkCustomer,
    OldCreateCustomer,
    UntypedLinkCustomer,
    UpdateCustomer,
)
from simulator.models.shapes import Shape
from simulator.operations import Call, Operation, Reply
from simulator.refusal import Refusal
from simulator.world import World

PATH = "/v1/customers"
OLD_PATH = "/v1/paas/entities/customers"
SCOPE = "paas.core.entity_customers"


def operations(config: SandboxConfig) -> Iterable[Operation]:
    """Name the customer endpoints."""
    yield Operation(
        name="linkCustomer", method="POST", path=PATH + "/business/link",
        summary="Link a merchant", answer=link,
        body=LinkCustomer if config.customer_type_required else UntypedLinkCustomer,
        returns=Customer, status=config.link_status, refusals=(409,), scope=SCOPE + ".post",
    )  # fmt: skip
    yield Operation(
        name="listCustomers", method="GET", path=PATH, summary="List customers",
        answer=show_all, query=CustomerQuery, returns=CustomerList, scope=SCOPE + ".list.get",
    )  # fmt: skip
    yield Operation(
        name="getCustomer", method="GET", path=PATH + "/{customer_id}", summary="Show a customer",
        answer=show, returns=Customer, scope=SCOPE + ".get",
    )  # fmt: skip
    yield Operation(
        name="updateCustomer", method="PATCH", path=PATH + "/{customer_id}",
        summary="Change a customer", answer=update, body=UpdateCustomer, returns=Customer,
        refusals=(409,), scope=SCOPE + ".patch",
    )  # fmt: skip
    yield Operation(
        name="oldCreateCustomer", method="POST", path=OLD_PATH, summary="Create a customer",
        answer=create, body=OldCreateCustomer, returns=Customer, refusals=(409,),
        scope=SCOPE + ".post", tag="first generation",
    )  # fmt: skip


def link(call: Call) -> Reply:
    """Link a merchant as a customer."""
    kind = LinkCustomer if call.world.config.customer_type_required else UntypedLinkCustomer
    return _store(call.world, call.body(kind), call.world.config.link_status)


def create(call: Call) -> Reply:
    """Create a customer the old way."""
    return _store(call.world, call.body(OldCreateCustomer), 200)


def _store(world: World, asked: Shape, status: int) -> Reply:
    stamp = world.stamp()
    told = {**dict(asked), "type": "BUSINESS"}
    customer = Customer(
        id=world.new_id(), status="ACTIVE", created_at=stamp, updated_at=stamp, **told
    )
    _refuse_duplicate(world, customer)
    world.customers[customer.id] = customer
    return Reply(status, customer)


def _refuse_duplicate(world: World, customer: Customer) -> None:
    if world.config.duplicate_customer != 409:
        return
    for other in world.customers.values():
        if other.id != customer.id and (
            other.email == customer.email
            or other.identification_number == customer.identification_number
        ):
            raise Refusal(409, "a customer with this e-mail or NIT exists", code="DUPLICATE")


def known(world: World, customer_id: str) -> Customer:
    """Find a customer or refuse."""
    customer = world.customers.get(customer_id)
    if customer is None:
        raise Refusal(404, "no such customer")
    return customer


def show_all(call: Call) -> Reply:
    """List customers."""
    query = call.asked(CustomerQuery)
    chosen, info = page(call.world, query, call.world.customers.values(), documented=404)
    return Reply(content=CustomerList(customers=chosen, pagination_info=info))


def show(call: Call) -> Reply:
    """Show a customer."""
    return Reply(content=known(call.world, call.path["customer_id"]))


def update(call: Call) -> Reply:
    """Change the members that were sent."""
    world = call.world
    customer = known(world, call.path["customer_id"])
    asked = call.body(UpdateCustomer)
    if asked.id not in {None, customer.id}:
        raise Refusal(409, "Field 'id' cannot be changed")
    changes = {**asked.model_dump(exclude_none=True), "updated_at": world.stamp()}
    changed = customer.model_copy(update=changes)
    _refuse_duplicate(world, changed)
    world.customers[customer.id] = changed
    return Reply(content=changed)
