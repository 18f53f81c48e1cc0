"""EMV merchant-presented strings: tag, length, value, and a checksum at the end.

The layout of tags 00 to 63 is EMVCo's; what the templates 26, 27 and from 80 on hold is
ours, since the network's own layout is not in the public documentation.
"""

from collections.abc import Iterable, Mapping

_LONGEST = 99


def crc(text: str) -> str:
    """Compute the checksum: CRC-16 with polynomial 0x1021 from 0xFFFF, in hexadecimal."""
    value = 0xFFFF
    for byte in text.encode():
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
        value &= 0xFFFF
    return f"{value:04X}"


def pack(pairs: Iterable[tuple[str, str]]) -> str:
    """Write pairs of tag and value; raise ValueError where a value is empty or too long."""
    written = []
    for tag, value in pairs:
        if not 1 <= len(value) <= _LONGEST:
            raise ValueError(f"the value of tag {tag} is not of 1 to {_LONGEST} characters")
        written.append(f"{tag}{len(value):02d}{value}")
    return "".join(written)


def unpack(text: str) -> dict[str, str]:
    """Read pairs of tag and value; raise ValueError where they do not add up."""
    pairs: dict[str, str] = {}
    at = 0
    while at < len(text):
        tag, length = text[at : at + 2], text[at + 2 : at + 4]
        if not (tag + length).isascii() or not (tag + length).isdigit() or len(length) != 2:
            raise ValueError(f"no tag and length at position {at}")
        value = text[at + 4 : at + 4 + int(length)]
        if not value or len(value) != int(length) or tag in pairs:
            raise ValueError(f"tag {tag} is empty, cut short or repeated")
        pairs[tag] = value
        at += 4 + int(length)
    return pairs


def seal(pairs: Iterable[tuple[str, str]]) -> str:
    """Write pairs and put the checksum behind them."""
    text = pack(pairs) + "6304"
    return text + crc(text)


def opened(text: str) -> dict[str, str]:
    """Read a sealed string; raise ValueError where the checksum is wrong."""
    if crc(text[:-4]) != text[-4:]:
        raise ValueError("the checksum is wrong")
    return unpack(text)


def template(label: str, members: Mapping[str, str]) -> str:
    """Write a template: whose it is, then its members."""
    return pack([("00", label), *members.items()])
