"""QR codes: what they say, and what they look like."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.sandbox import emv

NOBODY = "00000000-0000-4000-8000-000000000000"
VAT = {"vat_type": "PERCENTAGE", "vat_value": "19", "vat_base_value": "1000"}
INC = {"inc_type": "FIXED", "inc_value": "80.50"}
TIP = {"tip_type": "PERCENTAGE", "tip_value": "10"}
PESOS = {"value": "1190.00", "currency": "COP"}
DETAILS = (
    "terminal_label", "invoice_number", "mobile_phone_number", "store_label", "loyalty_label",
    "reference_label", "customer_label", "customer_info", "channel_presentation",
)  # fmt: skip


def _body(sandbox: Any, **changes: Any) -> dict[str, Any]:
    customer = sandbox.customer()
    key = sandbox.key(sandbox.account(customer))
    body = {"key_id": key, "customer_id": customer, "type": "STATIC", "channel": "MPOS"}
    return {**body, "vat": VAT, **changes}


def test_the_checksum_is_that_of_the_standard() -> None:
    """The check value of CRC-16/CCITT-FALSE."""
    assert emv.crc("123456789") == "29B1"


@given(
    st.dictionaries(st.from_regex(r"[0-9]{2}", fullmatch=True), st.text(min_size=1, max_size=99))
)
def test_what_is_packed_unpacks(pairs: dict[str, str]) -> None:
    assert emv.unpack(emv.pack(pairs.items())) == pairs


@pytest.mark.parametrize(
    "text", ["0", "00", "000", "0005abc", "xx01a", "00-1a", "0001a0001b", "0000"]
)
def test_what_does_not_add_up_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"tag"):
        emv.unpack(text)


@pytest.mark.parametrize("value", ["", "x" * 100])
def test_a_value_may_not_fit_a_tag(value: str) -> None:
    """EMV's lengths go from 01 to 99."""
    with pytest.raises(ValueError, match="tag 59 is not of 1 to 99"):
        emv.pack([("59", value)])


def test_a_wrong_checksum_is_refused() -> None:
    sealed = emv.seal([("00", "01")])
    assert emv.opened(sealed) == {"00": "01", "63": sealed[-4:]}
    with pytest.raises(ValueError, match="checksum"):
        emv.opened(sealed[:-4] + "0000")


def test_a_static_code_needs_little(sandbox: Any) -> None:
    made = sandbox.post("/v1/qrcodes", **_body(sandbox, inc=INC, tip=TIP))
    assert made["qr_code_data"].startswith("000201010211")
    assert made["merchant"] == {
        "merchant_category_code": "5814", "merchant_country": "CO",
        "merchant_name": "Panaderia Nandu", "merchant_city": "Bogota",
        "merchant_post_code": "110111",
    }  # fmt: skip
    assert (made["status"], made["acquirer_network_identifier"]) == ("ACTIVE", "VISI")
    assert sandbox.get(f"/v1/qrcodes/{made['id']}") == made
    assert sandbox.get("/v1/qrcodes")["qr_codes"] == [made]


def test_the_picture_is_a_png(sandbox: Any) -> None:
    made = sandbox.post("/v1/qrcodes", **_body(sandbox))
    picture = base64.b64decode(made["qr_code_image"], validate=True)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")


def _decode(sandbox: Any, made: dict[str, Any]) -> dict[str, Any]:
    body = {"customer_id": made["customer_id"], "qr_code_data": made["qr_code_data"]}
    told: dict[str, Any] = sandbox.post("/v1/qrcodes/decode", **body)
    return told


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="static"),
        pytest.param({"inc": INC, "tip": TIP}, id="taxes"),
        pytest.param({"amount": PESOS}, id="hybrid"),
        pytest.param({"amount": {**PESOS, "value": "9999999999.99"}}, id="largest-amount"),
        pytest.param({"type": "DYNAMIC", "amount": PESOS, "qr_code_reference": "ABC123"},
                     id="dynamic"),
        pytest.param({"vat": {"vat_type": "FIXED", "vat_value": "5"}}, id="vat-without-base"),
        pytest.param({"additional_info": dict.fromkeys(DETAILS, "ñ" * 25)}, id="all-details"),
    ],
)  # fmt: skip
def test_a_code_decodes_to_what_was_asked_for(sandbox: Any, changes: dict[str, Any]) -> None:
    body = _body(sandbox, **changes)
    made = sandbox.post("/v1/qrcodes", **body)
    told = _decode(sandbox, made)
    assert not told.keys() & {"id", "qr_code_image", "key_id"}
    assert told.items() <= made.items()
    wanted = {name: value for name, value in body.items() if name != "key_id"}
    assert wanted.items() <= told.items()


def test_an_empty_detail_is_none(sandbox: Any) -> None:
    details = {"store_label": "", "invoice_number": "7", "customer_info": ""}
    made = sandbox.post("/v1/qrcodes", **_body(sandbox, additional_info=details))
    assert made["additional_info"] == {"invoice_number": "7"}
    assert _decode(sandbox, made)["additional_info"] == {"invoice_number": "7"}
    tags = emv.opened(made["qr_code_data"])
    assert emv.unpack(tags["62"]) == {"01": "7"}


def test_a_purpose_comes_back_as_a_word(sandbox: Any) -> None:
    for purpose in ("00", "PURCHASE"):
        body = _body(sandbox, additional_info={"transaction_purpose": purpose})
        told = _decode(sandbox, sandbox.post("/v1/qrcodes", **body))
        assert told["additional_info"] == {"transaction_purpose": "PURCHASE"}
        sandbox.control("reset", keep_tokens=True)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("EMAIL", "x" * 30 + "@" + "y" * 61), ("PHONE", "3009998877"), ("ID", "A1"),
        ("BCODE", "0099999999"),
    ],
)  # fmt: skip
def test_every_kind_of_key_fits_into_a_code(sandbox: Any, kind: str, value: str) -> None:
    customer = sandbox.customer()
    key = sandbox.key(sandbox.account(customer), value, kind)
    body = {"key_id": key, "customer_id": customer, "type": "STATIC", "channel": "APP"}
    made = sandbox.post("/v1/qrcodes", vat=VAT, **body)
    assert _decode(sandbox, made)["key"] == {"key_type": kind, "key_value": value}


def test_a_customer_without_an_address_gets_a_code_too(sandbox: Any) -> None:
    body = {
        "type": "BUSINESS", "business_name": "店", "email": "a@b.co",
        "mobile_phone_number": "3001112233", "identification_type": "NIT",
        "identification_number": "900123456",
    }  # fmt: skip
    customer = sandbox.post("/v1/paas/entities/customers", **body)["id"]
    key = sandbox.key(sandbox.account(customer))
    body = {"key_id": key, "customer_id": customer, "type": "STATIC", "channel": "APP"}
    made = sandbox.post("/v1/paas/entities/customers/qrcodes", vat=VAT, **body)
    assert made["merchant"]["merchant_name"] == "COMERCIO"
    assert _decode(sandbox, made)["merchant"] == made["merchant"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"vat": None}, id="no-vat"),
        pytest.param({"type": "OTHER"}, id="type"),
        pytest.param({"type": "DYNAMIC"}, id="dynamic-without-amount"),
        pytest.param({"channel": "FAX"}, id="channel"),
        pytest.param({"amount": {**PESOS, "value": "10000000000.00"}}, id="amount-of-14-signs"),
        pytest.param({"additional_info": {"store_label": 0}}, id="detail-as-number"),
        pytest.param({"qr_code_reference": "A" * 18}, id="long-reference"),
        pytest.param({"qr_code_reference": "APB"}, id="reference-with-p"),
        pytest.param({"qr_code_reference": "A-B"}, id="reference-with-sign"),
        pytest.param({"vat": {**VAT, "vat_type": "SOME"}}, id="vat-type"),
        pytest.param({"vat": {"vat_type": "FIXED"}}, id="vat-value"),
        pytest.param({"inc": {"inc_type": "FIXED", "inc_value": "x"}}, id="inc"),
        pytest.param({"tip": {"tip_value": "1"}}, id="tip"),
        pytest.param({"additional_info": {"transaction_purpose": "01"}}, id="purpose"),
        *(pytest.param({"additional_info": {name: "x" * 26}}, id=name) for name in DETAILS),
    ],
)
def test_a_code_is_checked(sandbox: Any, changes: dict[str, Any]) -> None:
    sandbox.post("/v1/qrcodes", 400, **_body(sandbox, **changes))


def test_the_missing_vat_is_named_as_was_observed(sandbox: Any) -> None:
    body = _body(sandbox)
    del body["vat"]
    assert sandbox.post("/v1/qrcodes", 400, **body)["message"] == "Field 'vat' is required"


def test_vat_and_the_amount_may_be_left_out_by_choice(start: Any) -> None:
    sandbox = start(vat_required=False, dynamic_amount_required=False)
    body = _body(sandbox, type="DYNAMIC")
    del body["vat"]
    made = sandbox.post("/v1/qrcodes", **body)
    assert _decode(sandbox, made)["type"] == "DYNAMIC"


def test_a_code_needs_a_key_of_its_customer(sandbox: Any) -> None:
    body = _body(sandbox)
    sandbox.post("/v1/qrcodes", 404, **{**body, "key_id": NOBODY})
    sandbox.post("/v1/qrcodes", 404, **{**body, "customer_id": NOBODY})
    sandbox.post("/v1/qrcodes", 409, **{**body, "customer_id": sandbox.customer()})


@pytest.mark.parametrize(("chosen", "status"), [("documented", 204), (200, 200), (204, 204)])
def test_a_cancelled_code_is_gone(start: Any, chosen: Any, status: int) -> None:
    sandbox = start(delete_status=chosen)
    path = f"/v1/qrcodes/{sandbox.post('/v1/qrcodes', **_body(sandbox))['id']}"
    assert sandbox.http.delete(path).status_code == status
    assert sandbox.http.delete(path).status_code == 404
    sandbox.get(path, 404)


def test_codes_are_filtered(sandbox: Any) -> None:
    body = _body(sandbox)
    one = sandbox.post("/v1/qrcodes", **body)["id"]
    other = sandbox.post("/v1/qrcodes", **{**body, "type": "DYNAMIC", "amount": PESOS})["id"]
    for asked, found in [
        ({"qr_code_id": one}, [one]),
        ({"type": "DYNAMIC"}, [other]),
        ({"customer_id": body["customer_id"], "key_id": body["key_id"]}, [one, other]),
        ({"key_value": "@panaderia", "key_type": "ALPHA"}, [one, other]),
    ]:
        listed = sandbox.get("/v1/qrcodes", **asked)["qr_codes"]
        assert [code["id"] for code in listed] == found


NETWORK = ("80", emv.template("SBX.NET", {"01": "VISI", "02": "POS"}))
KEY = ("26", emv.template("SBX.KEY", {"04": "@abcdef"}))
SHOP = [("52", "5814"), ("58", "CO"), ("59", "X"), ("60", "Y")]


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([("01", "11")], id="another-network"),
        pytest.param([("01", "11"), ("26", emv.template("X", {})), NETWORK, *SHOP], id="no-key"),
        pytest.param([("01", "13"), KEY, *SHOP, NETWORK], id="neither-static-nor-dynamic"),
        pytest.param([("01", "11"), KEY, *SHOP, ("54", "1.5"), NETWORK], id="odd-amount"),
    ],
)
def test_a_foreign_string_cannot_be_decoded(sandbox: Any, pairs: list[tuple[str, str]]) -> None:
    body = {"customer_id": sandbox.customer(), "qr_code_data": emv.seal([("00", "01"), *pairs])}
    told = sandbox.post("/v1/qrcodes/decode", 400, **body)
    assert told["message"].startswith("Field 'qr_code_data' cannot be decoded")


def test_a_string_that_is_none_cannot_be_decoded(sandbox: Any) -> None:
    customer = sandbox.customer()
    path = "/v1/qrcodes/decode"
    sandbox.post(path, 400, customer_id=customer, qr_code_data="nonsense")
    sandbox.post(path, 400, customer_id=customer, qr_code_data="00020163040000")
    sandbox.post(path, 404, customer_id=NOBODY, qr_code_data=emv.seal([("00", "01")]))
