"""Colombia's layout of an EMV code: the networks' industry standard, version 1.4 of 2025.

Each of its templates starts with a label such as ``CO.COM.VISI.LLA``: the network that made
it and the field that it is.
"""

NETWORK = "VISI"
COUNTRY, PESO = "CO", "170"
STATIC, DYNAMIC = "11", "12"

# label's last part -> tag
TAGS = {
    "LLA": "26",  # the key
    "RED": "49",  # the acquirer's network
    "CU": "50",  # the merchant's code
    "CA": "51",  # the aggregator's
    "CANAL": "80",
    "CIVA": "81",  # how VAT comes about
    "IVA": "82",
    "BASE": "83",  # what VAT is taken of
    "CINC": "84",  # how the consumption tax comes about
    "INC": "85",
    "TRXID": "90",
    "SEC": "91",  # a hash
}
KEYS = {"ID": "01", "PHONE": "02", "EMAIL": "03", "ALPHA": "04", "BCODE": "05"}
DETAILS = {
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
TAX_ID = "10"
PURPOSES = {
    "00": "PURCHASE",
    "01": "VOID",
    "02": "VOID",
    "03": "TRANSFER",
    "04": "WITHDRAWAL",
    "05": "COLLECTION",
    "06": "TOP_UP",
    "07": "DEPOSIT",
}
# of a tax: reckoned by the wallet, given by the merchant, a percentage for the wallet
CONDITIONS = {"01": "WALLET", "02": "FIXED", "03": "PERCENTAGE"}
# of a tip: asked of the payer, fixed in tag 56, a percentage in tag 57
TIPS = {"01": "PROMPT", "02": "FIXED", "03": "PERCENTAGE"}
TIP_VALUES = {"02": "56", "03": "57"}
NO_TRANSACTION = "000000"
# A terminal is mandatory and not always told: these say that none was, and that no detail was.
NO_TERMINAL, NO_DETAILS = "0000", "00000000"

EMV_NEEDS = {
    "52": "the merchant's category",
    "53": "the currency",
    "58": "the country",
    "59": "the merchant's name",
    "60": "the city",
}
STANDARD_NEEDS = {
    "01": "static or dynamic",
    "49": "the acquirer's network",
    "61": "the postal code",
    "62": "the terminal and the purpose",
    "80": "the channel",
    "81": "how VAT is calculated",
    "82": "VAT",
    "83": "the base of VAT",
    "84": "how the consumption tax is calculated",
    "85": "the consumption tax",
    "90": "the transaction's id",
    "91": "the hash",
}


def label(field: str) -> str:
    """Name a template of ours."""
    return f"CO.COM.{NETWORK}.{field}"
