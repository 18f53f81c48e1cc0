"""What a QR code says, as an EMV string and back."""

from collections.abc import Mapping

from proxy.sandbox import emv
from proxy.sandbox.models.qrcodes import (
    PURPOSES,
    AdditionalInfo,
    DecodedQrCode,
    Merchant,
    NewQrCode,
)
from proxy.sandbox.models.shapes import AnyKey

NETWORK = "VISI"
_KEY_TAGS = {"ID": "01", "PHONE": "02", "EMAIL": "03", "ALPHA": "04", "BCODE": "05"}
_INFO_TAGS = {
    "invoice_number": "01",
    "mobile_phone_number": "02",
    "store_label": "03",
    "loyalty_label": "04",
    "reference_label": "05",
    "customer_label": "06",
    "terminal_label": "07",
    "transaction_purpose": "08",
    "customer_info": "09",
    "channel_presentation": "11",
}
_MORE_INFO = ("85", "86", "87", "88", "89", "90")
_ROOM = 92
_SHARES = {"FIXED": "F", "PERCENTAGE": "P"}
_PURPOSE_CODES = {word: code for code, word in PURPOSES.items()}
_KINDS = {letter: word for word, letter in _SHARES.items()}
_TAXES = {"81": "vat", "82": "inc", "83": "tip"}


def write(asked: NewQrCode, kind: str, key: AnyKey, merchant: Merchant) -> str:
    """Write the EMV string; an e-mail key may take two templates."""
    tag, value = _KEY_TAGS[key.key_type], key.key_value
    pairs = [("00", "01"), ("01", "11" if kind == "STATIC" else "12")]
    pairs.append(("26", emv.template("SBX.KEY", {tag: value[:80]})))
    if value[80:]:
        pairs.append(("27", emv.template("SBX.KEY", {tag: value[80:]})))
    pairs += [("52", merchant.merchant_category_code), ("53", "170")]
    if asked.amount is not None:
        pairs.append(("54", asked.amount.value))
    pairs += [
        ("58", merchant.merchant_country),
        ("59", merchant.merchant_name),
        ("60", merchant.merchant_city),
    ]
    if merchant.merchant_post_code:
        pairs.append(("61", merchant.merchant_post_code))
    pairs += _network(asked) + _taxes(asked) + _info(asked.additional_info)
    return emv.seal(pairs)


def _network(asked: NewQrCode) -> list[tuple[str, str]]:
    members = {"01": NETWORK, "02": asked.channel}
    if asked.qr_code_reference is not None:
        members["03"] = asked.qr_code_reference
    return [("80", emv.template("SBX.NET", members))]


def _taxes(asked: NewQrCode) -> list[tuple[str, str]]:
    pairs = []
    for tag, name in _TAXES.items():
        tax = getattr(asked, name)
        if tax is not None:
            kind, *values = tax.model_dump(exclude_none=True).values()
            members = {"01": _SHARES[kind], **dict(zip(("02", "03"), values, strict=False))}
            pairs.append((tag, emv.template(f"SBX.{name.upper()}", members)))
    return pairs


def _info(info: AdditionalInfo | None) -> list[tuple[str, str]]:
    """Fill tag 62, and templates of ours with what no longer fits into it."""
    members = {} if info is None else info.model_dump(exclude_none=True)
    if "transaction_purpose" in members:
        purpose = members["transaction_purpose"]
        members["transaction_purpose"] = _PURPOSE_CODES.get(purpose, purpose)
    contents = [""]
    for name, value in members.items():
        packed = emv.pack([(_INFO_TAGS[name], value)])
        if len(contents[-1] + packed) > _ROOM:
            contents.append(emv.template("SBX.INFO", {}))
        contents[-1] += packed
    return [pair for pair in zip(("62", *_MORE_INFO), contents, strict=False) if pair[1]]


def read(customer_id: str, text: str) -> DecodedQrCode:
    """Read an EMV string made here; raise ValueError where it is none."""
    tags = emv.opened(text)
    try:
        network, key = emv.unpack(tags["80"]), _key(tags)
        return DecodedQrCode.model_validate(
            {
                "customer_id": customer_id,
                "status": "ACTIVE",
                "type": {"11": "STATIC", "12": "DYNAMIC"}[tags["01"]],
                "channel": network["02"],
                "qr_code_data": text,
                "key": key,
                "merchant": _merchant(tags),
                "acquirer_network_identifier": network["01"],
                "amount": {"value": tags["54"], "currency": "COP"} if "54" in tags else None,
                "qr_code_reference": network.get("03"),
                "additional_info": _read_info(tags),
                **_read_taxes(tags),
            }
        )
    except KeyError as error:
        raise ValueError(f"tag {error.args[0]} is missing") from error


def _key(tags: Mapping[str, str]) -> AnyKey:
    first = emv.unpack(tags["26"])
    rest = emv.unpack(tags["27"]) if "27" in tags else {}
    for kind, tag in _KEY_TAGS.items():
        if tag in first:
            return AnyKey(key_type=kind, key_value=first[tag] + rest.get(tag, ""))
    raise ValueError("tag 26 holds no key")


def _merchant(tags: Mapping[str, str]) -> Merchant:
    return Merchant(
        merchant_category_code=tags["52"],
        merchant_country=tags["58"],
        merchant_name=tags["59"],
        merchant_city=tags["60"],
        merchant_post_code=tags.get("61", ""),
    )


def _read_info(tags: Mapping[str, str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for tag in ("62", *_MORE_INFO):
        found.update(emv.unpack(tags.get(tag, "")))
    info = {name: found[tag] for name, tag in _INFO_TAGS.items() if tag in found}
    if "transaction_purpose" in info:
        info["transaction_purpose"] = PURPOSES[info["transaction_purpose"]]
    return info or None


def _read_taxes(tags: Mapping[str, str]) -> dict[str, dict[str, str]]:
    taxes = {}
    for tag, name in _TAXES.items():
        if tag in tags:
            told = emv.unpack(tags[tag])
            taxes[name] = {f"{name}_type": _KINDS[told["01"]], f"{name}_value": told["02"]}
            if "03" in told:
                taxes[name][f"{name}_base_value"] = told["03"]
    return taxes
