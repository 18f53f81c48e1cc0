"""An outcome that is planned for payments to come."""

from dataclasses import dataclass

from simulator.records import Outcome, PaymentRecord


@dataclass(slots=True)
class Rule:
    """An outcome for the payments that match, until it has been used ``times``; None: always."""

    outcome: Outcome
    times: int | None = 1
    account_id: str | None = None
    key_value: str | None = None
    amount: int | None = None
    used: int = 0

    @property
    def left(self) -> bool:
        """Report whether it is still to be used."""
        return self.times is None or self.used < self.times

    def meets(self, payment: PaymentRecord) -> bool:
        """Report whether it is for this payment."""
        key = payment.receiver.key
        return (
            self.left
            and self.account_id in {None, payment.account_id}
            and self.key_value in {None, key.key_value if key else ""}
            and self.amount in {None, payment.amount}
        )
