"""The life of a QR code after it was made: it is paid, a dynamic one once."""

from simulator.models.qrcodes import QrCode
from simulator.world import World


def with_reference(world: World, reference: str) -> QrCode | None:
    """Find the code of a reference: one that is unpaid rather than one that is paid."""
    found = [code for code in world.qr_codes.values() if code.qr_code_reference == reference]
    return next((code for code in found if not code.is_paid), found[0] if found else None)


def spent(code: QrCode | None) -> bool:
    """Report whether a code cannot be paid again."""
    return code is not None and code.type == "DYNAMIC" and code.is_paid


def pay(world: World, code: QrCode) -> None:
    """Note that a code has been paid."""
    world.qr_codes[code.id] = code.model_copy(update={"is_paid": True})


def new_reference(world: World) -> str:
    """Make a transaction id as the network's: a P and nine digits."""
    while True:
        reference = f"P{world.random.randrange(10**9):09d}"
        if with_reference(world, reference) is None:
            return reference
