"""Errors of values in words, for people who never wrote a regular expression."""

import re
from typing import TYPE_CHECKING

from simulator import config
from simulator.models import customers, qrcodes, shapes
from simulator.outcomes import CODE

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

RULES = {
    shapes.UUID: "must be a lower-case UUID, such as 5f0c1a52-7d3e-4b8a-9c61-2f4e8d7b9a10",
    shapes.DECIMAL2: "must be a decimal string, whole or with two decimals, such as 1500.50",
    shapes.ID_KEY: "must be 1 to 18 letters and digits",
    shapes.PHONE_KEY: "must be 10 digits and begin with 3",
    shapes.EMAIL_KEY: "must be an e-mail address, at most 30 characters before the @ and 61"
    " after it",
    shapes.ALPHA_KEY: "must be an @ and 5 to 20 letters and digits",
    shapes.MERCHANT_KEY: "must be 10 digits and begin with 00",
    customers.MOBILE: "must be a telephone number of at most 15 digits, with or without a +",
    customers.NIT: "must be the 9 digits of a NIT, without its check digit",
    qrcodes.REFERENCE: "must be 1 to 17 letters and digits, without P",
    qrcodes.PERCENTAGE: "must be a percentage from 0 to 100, whole or with two decimals",
    config.PESOS: "must be an amount of pesos, whole or with two decimals, such as 1500 or 1500.50",
    config.BALANCE: "must be an amount of pesos, whole or with two decimals, such as 1500",
    config.MAXIMUM: "must be law, none, or an amount of pesos such as 1500",
    config.FIELD_NAME: "must be the name of a header, such as X-Signature",
    config.MEDIA_TYPE: "must be a media type, such as application/json",
    config.URL: "must be a URL, such as http://127.0.0.1:5000/events",
    CODE: "must be a code, one or two letters and two to four digits, such as B105",
}
_KINDS = {
    "missing": "is required",
    "extra_forbidden": "is not known here",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "json_invalid": "is not JSON",
}


def words(error: "ErrorDetails") -> str:
    """Word the rule for a value; the sentence begins after its name."""
    if error["type"] == "string_pattern_mismatch":
        return RULES.get(str(error["ctx"]["pattern"]), "has a form that is not allowed")
    if error["type"] in _KINDS:
        return _KINDS[error["type"]]
    text = re.sub(r"^(Input|Value|String|List|Tuple) should ", "must ", error["msg"])
    return text.removeprefix("Value error, ")
