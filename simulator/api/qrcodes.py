"""QR codes: make, list, show, cancel, decode."""

import base64
import io
import unicodedata
from collections.abc import Iterable

from simulator.api.customers import OLD_PATH as CUSTOMERS
from simulator.api.customers import known as known_customer
from simulator.api.keys import known as known_key
from simulator.config import SandboxConfig
from simulator.lists import page
from simulator.models.customers import Customer
from simulator.models.qrcodes import (
    CreateQrCode,
    DecodedQrCode,
    DecodeQrCode,
    Merchant,
    QrCode,
    QrCodeList,
    QrCodeQuery,
    create_qr_code,
)
from simulator.operations import Call, Operation, Reply
from simulator.qr import standard
from simulator.qr.life import new_reference
from simulator.qr.reading import read
from simulator.qr.writing import Maker, write
from simulator.refusal import Refusal
from simulator.world import World

PATH = "/v1/qrcodes"
SCOPE = "paas.core.qrcodes"


def operations(config: SandboxConfig) -> Iterable[Operation]:
    """Name the QR code endpoints."""
    body = create_qr_code(vat=config.vat_required, dynamic_amount=config.dynamic_amount_required)
    for name, path in {"createQrCode": PATH, "oldCreateQrCode": CUSTOMERS + "/qrcodes"}.items():
        yield Operation(
            name=name, method="POST", path=path, summary="Make a QR code", answer=create,
            body=body, returns=QrCode, refusals=(409,), scope=SCOPE + ".post",
            tag="" if path == PATH else "first generation",
        )  # fmt: skip
    yield Operation(
        name="listQrCodes", method="GET", path=PATH, summary="List QR codes",
        answer=show_all, query=QrCodeQuery, returns=QrCodeList, scope=SCOPE + ".list.get",
    )  # fmt: skip
    yield Operation(
        name="getQrCode", method="GET", path=PATH + "/{qr_code_id}", summary="Show a QR code",
        answer=show, returns=QrCode, scope=SCOPE + ".get",
    )  # fmt: skip
    yield Operation(
        name="cancelQrCode", method="DELETE", path=PATH + "/{qr_code_id}",
        summary="Cancel a QR code", answer=cancel, scope=SCOPE + ".delete",
        status=config.deleted(204),
    )  # fmt: skip
    yield Operation(
        name="decodeQrCode", method="POST", path=PATH + "/decode", summary="Decode an EMV string",
        answer=decode, body=DecodeQrCode, returns=DecodedQrCode, scope=SCOPE + ".get",
    )  # fmt: skip


def create(call: Call) -> Reply:
    """Make a QR code that pays a key."""
    asked, world = call.body(CreateQrCode).root, call.world
    customer, key = known_customer(world, asked.customer_id), known_key(world, asked.key_id)
    if world.accounts[key.account_id].customer_id != customer.id:
        raise Refusal(409, "the key belongs to another customer")
    reference = asked.qr_code_reference or ""
    if asked.type == "DYNAMIC":
        reference = reference or new_reference(world)
    merchant = _merchant(customer)
    maker = Maker(key.key, merchant, customer.identification_number, reference)
    try:
        text = write(asked, asked.type, maker)
    except ValueError as error:
        message = f"the QR code cannot be made: {error}"
        raise Refusal(400, message, code="INVALID_FIELD") from error
    made = QrCode.model_validate(
        {
            **asked.model_dump(exclude_none=True),
            "id": world.new_id(),
            "status": "ACTIVE",
            "key": key.key,
            "merchant": merchant,
            "acquirer_network_identifier": standard.NETWORK,
            "additional_info": read(customer.id, text).additional_info,
            "qr_code_reference": reference or None,
            "qr_code_data": text,
            "qr_code_image": _picture(text),
            "is_paid": False,
            "created_at": world.stamp(),
        }
    )
    world.qr_codes[made.id] = made
    return Reply(content=made)


def _merchant(customer: Customer) -> Merchant:
    place = customer.address
    return Merchant(
        merchant_category_code=customer.merchant_category_code or "0000",
        merchant_country="CO",
        merchant_name=_plain(customer.business_name, 25) or "COMERCIO",
        merchant_city=(_plain(place.city, 15) if place else "") or "BOGOTA",
        merchant_post_code=(_plain(place.post_code, 10) if place else "") or "110111",
    )


def _plain(text: str, longest: int) -> str:
    """Reduce a text to what every scanner can show."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(sign for sign in ascii_only if sign.isprintable())[:longest].strip()


def _picture(text: str) -> str:
    import segno  # only who makes QR codes pays for it

    picture = io.BytesIO()
    code = segno.make_qr(text, error="m", encoding="utf-8", boost_error=False)
    code.save(picture, kind="png", scale=4)
    return base64.b64encode(picture.getvalue()).decode()


def known(world: World, qr_code_id: str) -> QrCode:
    """Find a QR code or refuse."""
    code = world.qr_codes.get(qr_code_id)
    if code is None:
        raise Refusal(404, "no such QR code")
    return code


def show_all(call: Call) -> Reply:
    """List QR codes."""
    query, codes = call.asked(QrCodeQuery), call.world.qr_codes.values()
    chosen, info = page(call.world, query, codes, documented=404)
    return Reply(content=QrCodeList(qr_codes=chosen, pagination_info=info))


def show(call: Call) -> Reply:
    """Show a QR code."""
    return Reply(content=known(call.world, call.path["qr_code_id"]))


def cancel(call: Call) -> Reply:
    """Remove a QR code."""
    known(call.world, call.path["qr_code_id"])
    del call.world.qr_codes[call.path["qr_code_id"]]
    return Reply(status=call.world.config.deleted(204))


def decode(call: Call) -> Reply:
    """Read an EMV string."""
    asked = call.body(DecodeQrCode)
    known_customer(call.world, asked.customer_id)
    strict = call.world.config.qr_reading == "strict"
    try:
        return Reply(content=read(asked.customer_id, asked.qr_code_data, strict=strict))
    except ValueError as error:
        message = f"Field 'qr_code_data' cannot be decoded: {error}"
        refusal = Refusal(400, message, code="INVALID_FIELD", member="qr_code_data")
        raise refusal from error
