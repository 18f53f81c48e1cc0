"""The country's QR codes: EMV strings with the tags that Colombia's networks agreed on."""
