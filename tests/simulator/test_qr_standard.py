"""The country's EMV strings: written, read back, and read by a decoder that is not ours."""

from typing import Any

import cemacqr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.models.qrcodes import Merchant, StaticQrCode
from simulator.models.shapes import AnyKey
from simulator.qr import emv, standard
from simulator.qr.reading import read
from simulator.qr.writing import Maker, write

NOBODY = "00000000-0000-4000-8000-000000000000"


@given(
    st.dictionaries(st.from_regex(r"[0-9]{2}", fullmatch=True), st.text(min_size=1, max_size=99))
)
def test_what_is_packed_unpacks(pairs: dict[str, str]) -> None:
    assert emv.unpack(emv.pack(pairs.items())) == pairs


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("0", "at position 1 there is '0' instead of a tag and its length"),
        ("000", "instead of a tag"),
        ("0005abc", "tag 00 has the length 5, but only 3 characters are left"),
        ("xx01a", "at position 1 there is 'xx01'"),
        ("0001ax", "at position 6 there is 'x'"),
        ("0001a0001b", "tag 00 is there twice"),
        ("００0112", "at position 1"),
    ],
)
def test_what_does_not_add_up_is_refused_in_words(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        emv.unpack(text)


def test_an_empty_value_is_passed_over() -> None:
    assert emv.unpack("07000802XY") == {"08": "XY"}


@pytest.mark.parametrize("value", ["", "x" * 100])
def test_a_value_may_not_fit_a_tag(value: str) -> None:
    """EMV's lengths go from 01 to 99."""
    with pytest.raises(ValueError, match="tag 59 is not of 1 to 99"):
        emv.pack([("59", value)])


def _template(tag: str, field: str, value: str, member: str = "01", net: str = "VISI") -> Any:
    return tag, emv.template(f"CO.COM.{net}.{field}", {member: value})


# As a code of a merchant of this network was laid out; its numbers are made up.
REAL = {
    "00": "01", "01": "12",
    **dict([
        _template("26", "LLA", "3001112233", "02"), _template("49", "RED", "VISI"),
    ]),
    "52": "0412", "53": "170", "54": "10000.00", "58": "CO", "59": "TIENDA DE PRUEBA",
    "60": "CALI", "61": "760001",
    "62": emv.pack([("05", "abc"), ("06", "0001"), ("07", "01"), ("08", "02"), ("09", "EMAIL"),
                    ("10", "900123456"), ("11", "400")]),
    **dict([
        _template("80", "CANAL", "MPOS"), _template("81", "CIVA", "02"),
        _template("82", "IVA", "100.00"), _template("83", "BASE", "100.0"),
        _template("84", "CINC", "02"), _template("85", "INC", "10.00"),
        _template("90", "TRXID", "P123456789"), _template("91", "SEC", "0f" * 32),
    ]),
}  # fmt: skip


def _sealed(changes: dict[str, str | None]) -> str:
    tags = {**REAL, **changes}
    return emv.seal((tag, value) for tag, value in tags.items() if value is not None)


def test_a_code_as_the_network_makes_them_is_read() -> None:
    told = read(NOBODY, _sealed({})).model_dump(exclude_none=True)
    del told["qr_code_data"]
    assert told == {
        "customer_id": NOBODY, "status": "ACTIVE", "type": "DYNAMIC", "channel": "MPOS",
        "key": {"key_type": "PHONE", "key_value": "3001112233"},
        "merchant": {
            "merchant_category_code": "0412", "merchant_country": "CO",
            "merchant_name": "TIENDA DE PRUEBA", "merchant_city": "CALI",
            "merchant_post_code": "760001",
        },
        "acquirer_network_identifier": "VISI",
        "additional_info": {
            "reference_label": "abc", "customer_label": "0001", "terminal_label": "01",
            "transaction_purpose": "VOID", "customer_info": "EMAIL", "channel_presentation": "400",
        },
        "vat": {"vat_type": "FIXED", "vat_value": "100.00", "vat_base_value": "100.00"},
        "inc": {"inc_type": "FIXED", "inc_value": "10.00"},
        "amount": {"value": "10000.00", "currency": "COP"},
        "qr_code_reference": "P123456789",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "member", "wanted"),
    [
        pytest.param({"01": None}, "type", "STATIC", id="no-method"),
        pytest.param({"54": "0"}, "amount", None, id="amount-of-nought"),
        pytest.param({"54": None}, "amount", None, id="no-amount"),
        pytest.param({"54": "10000"}, "amount", {"value": "10000", "currency": "COP"}, id="whole"),
        pytest.param({"54": "7.5"}, "amount", {"value": "7.50", "currency": "COP"}, id="tenths"),
        pytest.param({"54": "7."}, "amount", {"value": "7.00", "currency": "COP"}, id="dot"),
        pytest.param({"80": None}, "channel", None, id="no-channel"),
        pytest.param({"62": None}, "additional_info", None, id="no-details"),
        pytest.param({"62": "0803XYZ"}, "additional_info", {"transaction_purpose": "XYZ"},
                     id="unknown-purpose"),
        pytest.param({"81": None, "82": None}, "vat", None, id="no-vat"),
        pytest.param(dict([_template("81", "CIVA", "03"), _template("82", "IVA", "0.00")]), "vat",
                     None, id="vat-not-supported"),
        pytest.param(dict([_template("81", "CIVA", "01")]), "vat",
                     {"vat_type": "WALLET", "vat_value": "100.00", "vat_base_value": "100.00"},
                     id="vat-by-the-wallet"),
        pytest.param({"55": "01"}, "tip", {"tip_type": "PROMPT"}, id="tip-asked"),
        pytest.param({"55": "02", "56": "500"}, "tip", {"tip_type": "FIXED", "tip_value": "500"},
                     id="tip-fixed"),
        pytest.param({"55": "03", "57": "10"}, "tip", {"tip_type": "PERCENTAGE", "tip_value": "10"},
                     id="tip-percentage"),
        pytest.param(dict([_template("90", "TRXID", "000000")]), "qr_code_reference", None,
                     id="static-number"),
        pytest.param({"90": emv.template("CO.COM.RED.TRXID1234567890", {})}, "qr_code_reference",
                     "1234567890", id="number-behind-the-label"),
        pytest.param({"26": None, **dict([_template("50", "CU", "0012345678", net="RBM")])}, "key",
                     {"key_type": "BCODE", "key_value": "0012345678"}, id="merchant-code"),
        pytest.param({"26": None, **dict([_template("28", "LLA", "@tienda01", "04", "CRB")])},
                     "key", {"key_type": "ALPHA", "key_value": "@tienda01"}, id="another-tag"),
        pytest.param({"26": emv.pack([("02", "3001112233")])}, "key",
                     {"key_type": "PHONE", "key_value": "3001112233"}, id="no-label"),
        pytest.param({"49": None}, "acquirer_network_identifier", "VISI", id="network-of-a-label"),
        pytest.param(dict([_template("49", "RED", "MCCA", net="MCCA")]),
                     "acquirer_network_identifier", "MCCA", id="mastercard"),
        pytest.param({"27": "nonsense", "99": "0002"}, "channel", "MPOS", id="strangers-tags"),
        pytest.param({"61": None}, "qr_code_reference", "P123456789", id="no-postal-code"),
    ],
)  # fmt: skip
def test_what_a_code_leaves_out_or_says_otherwise(
    changes: dict[str, str | None], member: str, wanted: object
) -> None:
    assert read(NOBODY, _sealed(changes)).model_dump(exclude_none=True).get(member) == wanted


@pytest.mark.parametrize("net", ["ACH", "BRC", "CRB", "MCCA", "RBM", "SVB", "VCSS", "VISI"])
def test_every_network_is_read(net: str) -> None:
    tags = dict(REAL)
    for tag in ("26", "49", "80", "81", "82", "83", "84", "85", "90", "91"):
        (_, label), (member, value) = emv.unpack(REAL[tag]).items()
        theirs = label.replace("VISI", net)
        tags[tag] = emv.template(theirs, {member: net if tag == "49" else value})
    told = read(NOBODY, emv.seal(tags.items())).model_dump(exclude={"qr_code_data"})
    ours = read(NOBODY, _sealed({})).model_dump(exclude={"qr_code_data"})
    assert told == {**ours, "acquirer_network_identifier": net}


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", " {} ", "\ufeff{}", "\t{}\x00"])
def test_what_stands_around_a_code_does_not_matter(around: str) -> None:
    assert read(NOBODY, around.format(_sealed({}))).channel == "MPOS"


def test_the_checksum_may_be_in_lower_case() -> None:
    texts = (_sealed({"61": f"{number}"}) for number in range(760001, 760100))
    text = next(text for text in texts if text[-4:] != text[-4:].lower())
    assert read(NOBODY, text[:-4] + text[-4:].lower()).channel == "MPOS"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("https://example.com/pay", "it does not start with 000201"),
        ("0002010102115802CO", "it does not end in a checksum"),
        (_sealed({})[:-4] + "0000", "the checksum is 0000, but "),
        (_sealed({}).replace("CALI", "CALY"), "characters were changed or lost"),
        (_sealed({"53": "840"}), "tag 53 says '840': it must be 170, Colombian pesos"),
        (_sealed({"58": "BR"}), "tag 58 says 'BR': it must be CO, Colombia"),
        (_sealed({"01": "13"}), "tag 01 says '13': it must be 11 .static. or 12 .dynamic."),
        (_sealed({"59": None}), "tag 59 .the merchant's name. is missing"),
        (_sealed({"54": "10000,00"}), "tag 54 says '10000,00', which is not an amount"),
        (_sealed({"55": "04"}), "tag 55 says '04': it must be 01, 02 or 03"),
        (_sealed({"55": "02"}), "tag 56 .the tip's value. is missing"),
        (_sealed({"26": None}), "no key in tag 26, no merchant in tag 50"),
        (_sealed({"26": "0015CO.COM.VISI.LLA0299300"}), "tag 02 of tag 26 has the length 99"),
        (_sealed({"62": "07"}), "at position 1 of tag 62 there is '07'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_code_is_said(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        read(NOBODY, text)


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    for one in (text, emv.seal([("00", "01")])[:-8] + text + "6304"):
        sealed = one + emv.crc(one)
        with pytest.raises(ValueError, match=r"\w"):
            read(NOBODY, sealed)


VALUE = st.from_regex(r"[1-9][0-9]{0,6}(\.[0-9]{2})?", fullmatch=True)
LABELS = st.text(st.characters(min_codepoint=33, max_codepoint=0x17F), min_size=1, max_size=9)
KEYS = {
    "ID": r"[A-Za-z0-9]{1,18}", "PHONE": "3[0-9]{9}", "ALPHA": "@[A-Za-z0-9]{5,20}",
    "EMAIL": r"[!-?A-~]{1,30}@[!-?A-~]{1,45}", "BCODE": "00[0-9]{8}",
}  # fmt: skip


@st.composite
def codes(draw: Any) -> tuple[StaticQrCode, Maker]:
    """Draw what a QR code is to say."""
    kind = draw(st.sampled_from(sorted(KEYS)))
    key = AnyKey(key_type=kind, key_value=draw(st.from_regex(KEYS[kind], fullmatch=True)))
    shares = st.sampled_from(["FIXED", "PERCENTAGE"])
    percents = st.from_regex("[1-9][0-9]?", fullmatch=True)
    info = draw(st.dictionaries(st.sampled_from(sorted(standard.DETAILS)), LABELS, max_size=4))
    if "transaction_purpose" in info:
        info["transaction_purpose"] = draw(st.sampled_from(sorted({*standard.PURPOSES.values()})))
    if info:
        info.setdefault("transaction_purpose", "PURCHASE")
    asked = StaticQrCode.model_validate(
        {
            "key_id": NOBODY, "customer_id": NOBODY, "type": "STATIC",
            "channel": draw(st.sampled_from(["IM", "POS", "APP", "ECOMM", "MPOS", "ATM"])),
            "amount": draw(st.none() | st.builds(lambda v: {"value": v, "currency": "COP"}, VALUE)),
            "vat": draw(st.none() | st.fixed_dictionaries(
                {"vat_type": shares, "vat_value": VALUE, "vat_base_value": st.none() | VALUE})),
            "inc": draw(st.none() | st.fixed_dictionaries(
                {"inc_type": shares, "inc_value": VALUE})),
            "tip": draw(st.none() | st.fixed_dictionaries(
                {"tip_type": shares, "tip_value": percents})),
            "additional_info": info or None,
            "qr_code_reference": draw(
                st.none() | st.from_regex("[1-9A-OQ-Z][0-9A-OQ-Za-oq-z]{0,16}", fullmatch=True)),
        }
    )  # fmt: skip
    name = draw(st.from_regex("[A-Z][A-Z ]{0,23}[A-Z]", fullmatch=True))
    shop = Merchant(
        merchant_category_code=draw(st.from_regex("[0-9]{4}", fullmatch=True)),
        merchant_country="CO", merchant_name=name, merchant_city="CALI",
        merchant_post_code="760001",
    )  # fmt: skip
    return asked, Maker(key, shop, "900123456", asked.qr_code_reference or "")


SAID = ("channel", "amount", "vat", "inc", "tip", "additional_info", "qr_code_reference")


@given(codes())
def test_reading_is_the_inverse_of_writing(drawn: tuple[StaticQrCode, Maker]) -> None:
    asked, maker = drawn
    text = write(asked, "STATIC", maker)
    told = read(NOBODY, text, strict=True).model_dump(exclude_none=True)
    wanted = asked.model_dump(exclude_none=True)
    assert {name: told.get(name) for name in SAID} == {name: wanted.get(name) for name in SAID}
    assert told["key"] == maker.key.model_dump()
    assert told["merchant"] == maker.merchant.model_dump()


@given(codes())
def test_another_decoder_reads_the_same(drawn: tuple[StaticQrCode, Maker]) -> None:
    asked, maker = drawn
    text = write(asked, "STATIC", maker)
    theirs = cemacqr.EmvQr.parse(text)
    assert theirs.crc_ok
    assert theirs.is_static
    assert (theirs.country_code, theirs.currency) == ("CO", "170")
    assert theirs.amount == (asked.amount and asked.amount.value)
    assert theirs.merchant_name == maker.merchant.merchant_name
    assert theirs.merchant_accounts["49"] == {"00": "CO.COM.VISI.RED", "01": "VISI"}
    assert maker.key.key_value in theirs.merchant_accounts["26"].values()
    ours = emv.opened(text)
    assert theirs.tags == [*ours]
    for tag in ("26", "62", "80", "81", "82", "83", "84", "85", "90", "91"):
        assert theirs.template(tag) == emv.unpack(ours[tag])
    assert theirs.template("80")["01"] == asked.channel
