"""Money: whole centavos that are moved and never made.

Invariants: all balances and the outside sum up to zero at every moment; an account's holds
never exceed its balance.
"""

from collections import Counter


class Ledger:
    """Balances by account id, holds of payments under way, and the world outside."""

    def __init__(self) -> None:
        self.outside = 0
        self.balances: Counter[str] = Counter()
        self.held: Counter[str] = Counter()

    def bring_in(self, account: str, amount: int) -> None:
        """Move money from outside into an account."""
        self.outside -= amount
        self.balances[account] += amount

    def spendable(self, account: str) -> int:
        """Return an account's balance, less the money held for payments."""
        return self.balances[account] - self.held[account]

    def hold(self, account: str, amount: int) -> bool:
        """Set money aside for a payment; report whether there was enough."""
        if self.spendable(account) < amount:
            return False
        self.held[account] += amount
        return True

    def release(self, account: str, amount: int) -> None:
        """Give back the money that was set aside."""
        self.held[account] -= amount

    def settle(self, source: str, target: str | None, amount: int) -> None:
        """Carry out a held payment, to an account here or to the outside."""
        self.release(source, amount)
        self.balances[source] -= amount
        if target is None:
            self.outside += amount
        else:
            self.balances[target] += amount

    def here(self) -> int:
        """Return the sum of all accounts."""
        return sum(self.balances.values())
