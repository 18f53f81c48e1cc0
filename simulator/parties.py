"""The two ends of a payment, in the words of the API."""

from simulator.directory import ELSEWHERE, HERE, owner_of
from simulator.models.payments import Party, PartyOwner
from simulator.models.recipients import Recipient
from simulator.models.resolutions import BankAccount, Owner, Participant, Resolution
from simulator.models.shapes import AnyKey
from simulator.world import World


def party(
    account: BankAccount, participant: Participant, owner: Owner, key: AnyKey | None = None
) -> Party:
    """Describe one end of a payment."""
    return Party(
        account=account,
        key=key,
        participant=participant,
        owner=PartyOwner(
            type=owner.type,
            name=owner.name,
            identification_type=owner.identification_type,
            identification_number=owner.identification_number,
        ),
    )


def sender_of(world: World, account_id: str) -> Party:
    """Describe the account here that pays."""
    account = world.accounts[account_id]
    number = BankAccount(account_number=account.number, account_type=account.type)
    return party(number, HERE, owner_of(world, account.customer_id))


def receiver_of(resolution: Resolution) -> Party:
    """Describe the owner of a resolved key."""
    return party(resolution.account, resolution.participant, resolution.owner, resolution.key)


def bank_party(recipient: Recipient) -> Party:
    """Describe the owner of an ACH recipient's account."""
    account, owner = recipient.account, recipient.owner
    if account is None or owner is None:
        raise ValueError("only ACH recipients have an account and an owner")
    bank = Participant(name=account.bank_name, identification_number="")
    number = BankAccount(account_number=account.account_number, account_type=account.account_type)
    return party(number, bank, owner)


def stranger() -> Party:
    """Describe a payer at another institution who pays into an account here."""
    owner = Owner(type="INDIVIDUAL", identification_type="CC", identification_number="1020304059",
                  first_name="Valentina", first_last_name="Ospina")  # fmt: skip
    number = BankAccount(account_number="301020304059", account_type="SAVINGS")
    return party(number, ELSEWHERE, owner)
