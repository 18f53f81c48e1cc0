"""The country's EMV string, read as leniently as wallets do, whichever network made it."""

import re
from collections.abc import Mapping
from decimal import Decimal

from simulator.models.qrcodes import DecodedQrCode, Merchant
from simulator.models.shapes import DECIMAL2, AnyKey
from simulator.qr import emv, standard

Tags = Mapping[str, str]
_LABEL = re.compile(r"CO\.COM\.(\w+)\.([A-Z]+)(.*)", re.IGNORECASE)


def read(customer_id: str, text: str, *, strict: bool = False) -> DecodedQrCode:
    """Read an EMV string; for a wrong one raise ValueError with the reason in words.

    Lenient, it insists on what EMV itself makes mandatory and on somebody to be paid;
    ``strict`` is the whole standard.
    """
    tags = emv.opened(text)
    _insist(tags, standard.EMV_NEEDS | (standard.STANDARD_NEEDS if strict else {}))
    details = emv.unpack(tags.get("62", ""), "62")
    if strict:
        _insist(details, {"07": "the terminal", "08": "the purpose"}, " of tag 62")
    amount = _amount(tags.get("54", "0"), "tag 54")
    return DecodedQrCode.model_validate(
        {
            "customer_id": customer_id,
            "status": "ACTIVE",
            "type": _type(tags),
            "channel": _member(tags, "CANAL"),
            "qr_code_data": text,
            "key": _key(tags),
            "merchant": _merchant(tags),
            "acquirer_network_identifier": _network(tags),
            "amount": amount and {"value": amount, "currency": "COP"},
            "qr_code_reference": _reference(tags),
            "additional_info": _info(details),
            "vat": _vat(tags),
            "inc": _inc(tags),
            "tip": _tip(tags),
        }
    )


def _insist(tags: Tags, needed: Mapping[str, str], place: str = "") -> None:
    for tag, meaning in sorted(needed.items()):
        if tag not in tags:
            raise ValueError(f"tag {tag}{place} ({meaning}) is missing")


def _type(tags: Tags) -> str:
    for tag, wanted, meaning in (
        ("53", standard.PESO, "Colombian pesos"),
        ("58", standard.COUNTRY, "Colombia"),
    ):
        if tags[tag].upper() != wanted:
            raise ValueError(f"tag {tag} says {tags[tag]!r}: it must be {wanted}, {meaning}")
    method = tags.get("01", standard.STATIC)
    if method not in {standard.STATIC, standard.DYNAMIC}:
        raise ValueError(f"tag 01 says {method!r}: it must be 11 (static) or 12 (dynamic)")
    return "STATIC" if method == standard.STATIC else "DYNAMIC"


def _template(tags: Tags, field: str) -> dict[str, str]:
    """Find a template by its tag, or else by its label in another tag of the same range."""
    tag = standard.TAGS[field]
    span = range(26, 52) if int(tag) < 52 else range(80, 100)
    for other in (tag, *(f"{number}" for number in span if f"{number}" != tag)):
        value = tags.get(other, "")
        if not value.startswith("00") and other != tag:
            continue
        members = _unpacked(value, other)
        found = _LABEL.fullmatch(members.get("00", ""))
        if found and found[2].upper() == field:
            # one example in the standard has the value behind the label, in the same member
            return {"01": found[3], **members} if found[3] else members
        if members and "00" not in members and other == tag:
            return members
    return {}


def _unpacked(value: str, tag: str) -> dict[str, str]:
    try:
        return emv.unpack(value, tag)
    except ValueError:
        if _LABEL.search(value):
            raise
        return {}  # somebody else's, and no template of this country


def _member(tags: Tags, field: str) -> str | None:
    return _template(tags, field).get("01")


def _key(tags: Tags) -> AnyKey:
    """Read whom to pay: the key first, then the merchant's code."""
    members = _template(tags, "LLA")
    for kind, member in standard.KEYS.items():
        if member in members:
            return AnyKey(key_type=kind, key_value=members[member])
    code = _member(tags, "CU")
    if code is None:
        raise ValueError("it has no receiver: no key in tag 26, no merchant in tag 50")
    return AnyKey(key_type="BCODE", key_value=code)


def _network(tags: Tags) -> str | None:
    """Read the network's name, or take it from any label."""
    told = _member(tags, "RED")
    labels = (_LABEL.search(value) for value in tags.values())
    return told or next((label[1] for label in labels if label and label[1] != "RED"), None)


def _reference(tags: Tags) -> str | None:
    told = _member(tags, "TRXID") or ""
    return told if told.strip("0") else None


def _merchant(tags: Tags) -> Merchant:
    return Merchant(
        merchant_category_code=tags["52"],
        merchant_country=tags["58"],
        merchant_name=tags["59"],
        merchant_city=tags["60"],
        merchant_post_code=tags.get("61", ""),
    )


def _info(details: Tags) -> dict[str, str] | None:
    told = dict(details)
    terminal = told.get("07")
    if terminal in {standard.NO_TERMINAL, standard.NO_DETAILS}:
        del told["07"]
    if terminal == standard.NO_DETAILS:
        told.pop("08", None)
    info = {name: told[tag] for name, tag in standard.DETAILS.items() if tag in told}
    purpose = info.get("transaction_purpose")
    if purpose is not None:
        info["transaction_purpose"] = standard.PURPOSES.get(purpose, purpose)
    return info or None


def _vat(tags: Tags) -> dict[str, str | None] | None:
    kind, value, base = (_member(tags, field) for field in ("CIVA", "IVA", "BASE"))
    base = _decimal(base) if base and base.strip("0.") else None
    tax = _tax("vat", kind, value)
    return tax and {**tax, "vat_base_value": base}


def _inc(tags: Tags) -> dict[str, str | None] | None:
    return _tax("inc", _member(tags, "CINC"), _member(tags, "INC"))


def _tax(name: str, condition: str | None, value: str | None) -> dict[str, str | None] | None:
    """Read a tax; a percentage of nought says that there is none."""
    if condition is None and value is None:
        return None
    kind = standard.CONDITIONS.get(condition or "02", condition)
    if kind == "PERCENTAGE" and not (value or "").strip("0."):
        return None
    return {f"{name}_type": kind, f"{name}_value": value and _decimal(value)}


def _tip(tags: Tags) -> dict[str, str] | None:
    code = tags.get("55")
    if code is None:
        return None
    if code not in standard.TIPS:
        raise ValueError(f"tag 55 says {code!r}: it must be 01, 02 or 03")
    tip = {"tip_type": standard.TIPS[code]}
    tag = standard.TIP_VALUES.get(code)
    if tag is not None:
        _insist(tags, {tag: "the tip's value"})
        tip["tip_value"] = _decimal(tags[tag])
    return tip


def _amount(text: str, place: str) -> str | None:
    """Read an amount of pesos; nought is none: the payer is to say it."""
    value = _decimal(text)
    if not re.fullmatch(DECIMAL2, value):
        raise ValueError(
            f"{place} says {text!r}, which is not an amount of pesos, such as 10000.00"
        )
    return value if value.strip("0.") else None


def _decimal(text: str) -> str:
    """Write a number as the API does, whole or with two decimals; leave alone what is none."""
    if re.fullmatch(DECIMAL2, text) or not re.fullmatch(r"[0-9]{0,13}\.[0-9]{0,2}", text):
        return text
    return f"{Decimal(text if text.strip('.') else '0'):.2f}"
