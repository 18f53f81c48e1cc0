"""The table of the API, the simulator and the Postman collection have the same operations."""

import re

import pytest

from proxy.passport.operation import Operation
from proxy.passport.operations import OPERATIONS
from simulator.app import operations
from simulator.config import SandboxConfig
from tools import postman

# What one of them has and another has not, each with its reason. There is none.
NOT_SIMULATED: dict[tuple[str, str], str] = {}
NOT_IN_POSTMAN: dict[tuple[str, str], str] = {}

TABLE = [(each.method, each.path) for each in OPERATIONS]


def test_no_operation_is_there_twice() -> None:
    assert len(TABLE) == len(set(TABLE))


def test_the_simulator_has_the_operations_of_the_table() -> None:
    simulated = {(each.method, each.path) for each in operations(SandboxConfig())}
    assert simulated == set(TABLE) - set(NOT_SIMULATED)


def test_the_postman_collection_has_the_operations_of_the_table() -> None:
    steps = [step for steps in postman.STEPS.values() for step in steps]
    sent = {(step.method, re.sub(r"{{\w+}}", "{}", step.path.partition("?")[0])) for step in steps}
    table = {(method, re.sub(r"{\w+}", "{}", path)) for method, path in TABLE}
    assert sent == table - set(NOT_IN_POSTMAN)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_a_row_is_whole(operation: Operation) -> None:
    """What changes something says what it does; where it is looked up is in the table, too."""
    assert bool(operation.action) is (operation.method != "GET")
    for other in (operation.shown_by, operation.listed_by):
        assert other is None or (other in OPERATIONS and other.method == "GET")
    assert operation.listed_by is None or operation.listed_by.holds
    assert not operation.only_reads or operation.method == "POST"
    if operation.states or operation.deletes:
        assert operation.changes_one
    if operation.money:
        assert {f"{operation.money}.value", f"{operation.money}.currency"} <= {*operation.members}
