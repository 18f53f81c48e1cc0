"""Accounts: link, list, show."""

from collections.abc import Iterable

from simulator.api.customers import OLD_PATH as CUSTOMERS
from simulator.api.customers import known as known_customer
from simulator.config import SandboxConfig
from simulator.lists import page
from simulator.models.accounts import (
    Account,
    AccountList,
    AccountQuery,
    LinkAccount,
    OldAccount,
    OldAccountList,
    OldLinkAccount,
)
from simulator.models.shapes import Sum, centavos, money
from simulator.operations import Call, Operation, Reply
from simulator.records import AccountRecord
from simulator.refusal import Refusal
from simulator.world import World

PATH = "/v1/accounts"
OLD_PATH = CUSTOMERS + "/accounts"
SCOPE = "paas.core.accounts"


def operations(_config: SandboxConfig) -> Iterable[Operation]:
    """Name the account endpoints."""
    yield Operation(
        name="linkAccount", method="POST", path=PATH + "/link", summary="Link an account",
        answer=link, body=LinkAccount, returns=Account, scope=SCOPE + ".post",
    )  # fmt: skip
    yield Operation(
        name="listAccounts", method="GET", path=PATH, summary="List accounts",
        answer=show_all, query=AccountQuery, returns=AccountList, scope=SCOPE + ".list.get",
    )  # fmt: skip
    yield Operation(
        name="getAccount", method="GET", path=PATH + "/{account_id}", summary="Show an account",
        answer=show, returns=Account, scope=SCOPE + ".get",
    )  # fmt: skip
    yield Operation(
        name="oldLinkAccount", method="POST", path=OLD_PATH, summary="Link an account",
        answer=old_link, body=OldLinkAccount, returns=OldAccount,
        scope=SCOPE + ".post", tag="first generation",
    )  # fmt: skip
    yield Operation(
        name="oldListAccounts", method="GET", path=OLD_PATH, summary="List accounts",
        answer=old_show_all, returns=OldAccountList,
        scope=SCOPE + ".list.get", tag="first generation",
    )  # fmt: skip
    yield Operation(
        name="oldGetAccount", method="GET", path=OLD_PATH + "/{account_id}",
        summary="Show an account", answer=old_show, returns=OldAccount,
        scope=SCOPE + ".get", tag="first generation",
    )  # fmt: skip


def _open(world: World, customer_id: str, kind: str, number: str) -> AccountRecord:
    known_customer(world, customer_id)
    stamp = world.stamp()
    account = AccountRecord(world.new_id(), customer_id, number, kind, stamp, stamp)
    world.accounts[account.id] = account
    world.ledger.bring_in(account.id, centavos(world.config.opening_balance))
    return account


def known(world: World, account_id: str) -> AccountRecord:
    """Find an account or refuse."""
    account = world.accounts.get(account_id)
    if account is None:
        raise Refusal(404, "no such account")
    return account


def _balances(world: World, account: AccountRecord) -> dict[str, Sum]:
    at_once = world.config.balance_view == "at-once"
    book = world.ledger
    available = book.spendable(account.id) if at_once else book.balances[account.id]
    return {
        "available_balance": money(available),
        "pending_balance": money(book.held[account.id]),
    }


def _shown(world: World, account: AccountRecord) -> Account:
    return Account(
        id=account.id,
        customer_id=account.customer_id,
        account_number=account.number,
        account_type=account.type,
        status="ACTIVE",
        created_at=account.created_at,
        updated_at=account.updated_at,
        **_balances(world, account),
    )


def _old_shown(world: World, account: AccountRecord) -> OldAccount:
    return OldAccount(
        id=account.id,
        entity_customer_id=account.customer_id,
        number=account.number,
        type=account.type,
        **_balances(world, account),
    )


def link(call: Call) -> Reply:
    """Link an account to a customer."""
    asked = call.body(LinkAccount)
    account = _open(call.world, asked.customer_id, asked.account_type, asked.account_number)
    return Reply(content=_shown(call.world, account))


def show_all(call: Call) -> Reply:
    """List accounts."""
    shown = (_shown(call.world, account) for account in call.world.accounts.values())
    chosen, info = page(call.world, call.asked(AccountQuery), shown, documented=200)
    return Reply(content=AccountList(accounts=chosen, pagination_info=info))


def show(call: Call) -> Reply:
    """Show an account and what it holds."""
    return Reply(content=_shown(call.world, known(call.world, call.path["account_id"])))


def old_link(call: Call) -> Reply:
    """Link an account the old way."""
    asked = call.body(OldLinkAccount)
    account = _open(call.world, asked.entity_customer_id, asked.type, asked.account_number)
    return Reply(content=_old_shown(call.world, account))


def old_show_all(call: Call) -> Reply:
    """List all accounts, without pages."""
    accounts = [_old_shown(call.world, account) for account in call.world.accounts.values()]
    return Reply(content=OldAccountList(accounts=accounts))


def old_show(call: Call) -> Reply:
    """Show an account the old way."""
    return Reply(content=_old_shown(call.world, known(call.world, call.path["account_id"])))
