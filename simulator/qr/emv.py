"""EMV merchant-presented strings: tag, length, value, and a checksum at the end.

Lengths count characters; the checksum is taken over the text's UTF-8 bytes.
"""

import binascii
import re
from collections.abc import Iterable, Mapping

LONGEST = 99
_START = "000201"
_AROUND = " \t\r\n\x00\ufeff"  # what scanners and forms put around a code


def crc(text: str) -> str:
    """Compute the checksum: CRC-16 with polynomial 0x1021 from 0xFFFF, in hexadecimal."""
    return f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"


def pack(pairs: Iterable[tuple[str, str]]) -> str:
    """Write pairs of tag and value; raise ValueError where a value is empty or too long."""
    written = []
    for tag, value in pairs:
        if not 1 <= len(value) <= LONGEST:
            raise ValueError(f"the value of tag {tag} is not of 1 to {LONGEST} characters")
        written.append(f"{tag}{len(value):02d}{value}")
    return "".join(written)


def unpack(text: str, inside: str = "") -> dict[str, str]:
    """Read pairs of tag and value; raise ValueError where they do not add up.

    ``inside`` names the template that the text is of. Empty values are passed over: EMV has
    none, and wallets do not mind them.
    """
    place = f" of tag {inside}" if inside else ""
    pairs: dict[str, str] = {}
    at = 0
    while at < len(text):
        head = text[at : at + 4]
        if not re.fullmatch(r"[0-9]{4}", head, re.ASCII):
            raise ValueError(
                f"at position {at + 1}{place} there is {head!r} instead of a tag and its length"
            )
        tag, length = head[:2], int(head[2:])
        value = text[at + 4 : at + 4 + length]
        if len(value) != length:
            raise ValueError(
                f"tag {tag}{place} has the length {length}, but only {len(value)} characters are"
                " left"
            )
        if tag in pairs:
            raise ValueError(f"tag {tag}{place} is there twice")
        if value:
            pairs[tag] = value
        at += 4 + length
    return pairs


def seal(pairs: Iterable[tuple[str, str]]) -> str:
    """Write pairs and put the checksum behind them."""
    text = pack(pairs) + "6304"
    return text + crc(text)


def opened(text: str) -> dict[str, str]:
    """Read a sealed string; for a wrong one raise ValueError with the reason.

    As wallets do, it takes a checksum in lower case, and blanks and line ends around.
    """
    text = text.strip(_AROUND)
    if not text.startswith(_START):
        raise ValueError(f"it does not start with {_START}, as every EMV code does")
    if text[-8:-4] != "6304" or not re.fullmatch(r"[0-9A-Fa-f]{4}", text[-4:]):
        raise ValueError("it does not end in a checksum: 6304 and four hexadecimal digits")
    right = crc(text[:-4])
    if right != text[-4:].upper():
        raise ValueError(
            f"the checksum is {text[-4:]}, but it must be {right}: characters were changed or lost"
        )
    return unpack(text)


def template(label: str, members: Mapping[str, str]) -> str:
    """Write a template: whose it is, then its members."""
    return pack([("00", label), *members.items()])
