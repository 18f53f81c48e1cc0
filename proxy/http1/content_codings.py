"""The content codings (RFC 9110 section 8.4.1) that we decode, each up to a limit."""

import zlib

CODINGS = frozenset(("gzip", "x-gzip", "deflate"))


def decoded(data: bytes, coding: str, limit: int) -> tuple[bytes, bool]:
    """Decode the first member, at most ``limit`` bytes; report whether that was all.

    Raises zlib.error.
    """
    try:
        decoder = zlib.decompressobj(47)
        part = decoder.decompress(data, limit)
    except zlib.error:
        if coding != "deflate":
            raise
        decoder = zlib.decompressobj(-15)  # deflate without the zlib frame, which some send
        part = decoder.decompress(data, limit)
    return part, decoder.eof and not (decoder.unconsumed_tail or decoder.unused_data)
