"""Numbers of things, in words for people."""


def counted(number: int, noun: str) -> str:
    """Return ``1 entry``, ``2 entries`` or ``0 rows``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
