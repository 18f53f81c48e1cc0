"""A QR code's members, written as the country's EMV string."""

import hashlib
import hmac
from dataclasses import dataclass

from simulator.models.qrcodes import AdditionalInfo, Inc, Merchant, NewQrCode, Tip, Vat
from simulator.models.shapes import AnyKey
from simulator.qr import emv, standard

_CONDITION_OF = {word: code for code, word in standard.CONDITIONS.items()}
_TIP_OF = {word: code for code, word in standard.TIPS.items()}
_PURPOSE_OF = {word: code for code, word in standard.PURPOSES.items()}
# No document tells what is hashed; a key of our own makes the value as opaque as a real one.
_HASH_KEY = b"the simulator's hash says nothing"

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Maker:
    """The facts in a code beside the requested ones: its merchant, and its number.

    ``reference`` is the transaction's id, "" for a static code that has none.
    """

    key: AnyKey
    merchant: Merchant
    tax_id: str
    reference: str


def write(asked: NewQrCode, kind: str, maker: Maker) -> str:
    """Write the EMV string; raise ValueError where the standard has no room for it."""
    merchant = maker.merchant
    pairs: Pairs = [("00", "01"), ("01", getattr(standard, kind)), *_whose(maker.key)]
    pairs += [("52", merchant.merchant_category_code), ("53", standard.PESO)]
    if asked.amount is not None:
        pairs.append(("54", asked.amount.value))
    pairs += _tip(asked.tip)
    pairs += [
        ("58", merchant.merchant_country),
        ("59", merchant.merchant_name),
        ("60", merchant.merchant_city),
        ("61", merchant.merchant_post_code),
        ("62", _details(asked.additional_info, maker.tax_id)),
        _template("CANAL", asked.channel),
        *_vat(asked.vat),
        *_inc(asked.inc),
        _template("TRXID", maker.reference or standard.NO_TRANSACTION),
    ]
    return emv.seal([*pairs, _template("SEC", _hash(pairs))])


def _template(field: str, value: str, member: str = "01") -> tuple[str, str]:
    return standard.TAGS[field], emv.template(standard.label(field), {member: value})


def _whose(key: AnyKey) -> Pairs:
    """Name the key and the network; a merchant's code stands in a tag of its own, too."""
    room = emv.LONGEST - len(emv.template(standard.label("LLA"), {})) - 4
    if len(key.key_value) > room:
        raise ValueError(
            f"its key is of {len(key.key_value)} characters, and a QR code can have at most {room}"
        )
    pairs = [
        _template("LLA", key.key_value, standard.KEYS[key.key_type]),
        _template("RED", standard.NETWORK),
    ]
    return [*pairs, _template("CU", key.key_value)] if key.key_type == "BCODE" else pairs


def _tip(tip: Tip | None) -> Pairs:
    if tip is None:
        return []
    code = _TIP_OF[tip.tip_type]
    return [("55", code), (standard.TIP_VALUES[code], tip.tip_value)]


def _details(info: AdditionalInfo | None, tax_id: str) -> str:
    """Fill tag 62: the requested members, the two mandatory details, the tax id if it fits."""
    members = {} if info is None else info.model_dump(exclude_none=True)
    told = {standard.DETAILS[name]: value for name, value in members.items()}
    purpose = told.get("08", "00")
    told["08"] = _PURPOSE_OF.get(purpose, purpose)
    told.setdefault("07", standard.NO_TERMINAL if members else standard.NO_DETAILS)
    text = emv.pack(sorted(told.items()))
    if len(text) > emv.LONGEST:
        raise ValueError(
            f"additional_info takes {len(text)} characters, and a QR code can have at most"
            f" {emv.LONGEST}, four of them for each detail's tag and length"
        )
    with_tax_id = emv.pack(sorted({**told, standard.TAX_ID: tax_id}.items())) if tax_id else text
    return with_tax_id if len(with_tax_id) <= emv.LONGEST else text


def _vat(vat: Vat | None) -> Pairs:
    """Write VAT; none is a percentage of nought, as the standard has it."""
    kind = "PERCENTAGE" if vat is None else vat.vat_type
    return [
        _template("CIVA", _CONDITION_OF[kind]),
        _template("IVA", "0" if vat is None else vat.vat_value),
        _template("BASE", (vat and vat.vat_base_value) or "0"),
    ]


def _inc(inc: Inc | None) -> Pairs:
    kind = "PERCENTAGE" if inc is None else inc.inc_type
    return [
        _template("CINC", _CONDITION_OF[kind]),
        _template("INC", "0" if inc is None else inc.inc_value),
    ]


def _hash(pairs: Pairs) -> str:
    return hmac.new(_HASH_KEY, emv.pack(pairs).encode(), hashlib.sha256).hexdigest()
