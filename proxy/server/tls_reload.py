"""The certificate that callers see, loaded again when its files change."""

import asyncio
import contextlib
import logging
import ssl
from pathlib import Path
from typing import cast

from proxy import key_pair
from proxy.settings.model import Settings

log = logging.getLogger("proxy.server")

TLS_RELOAD = 2.0  # seconds between two looks at the files


def callers_tls(settings: Settings) -> ssl.SSLContext | None:
    """Return the context for the callers' listener, None if it speaks plain HTTP."""
    if not (settings.tls_cert and settings.tls_key):
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    key_pair.load(context, settings.tls_cert, settings.tls_key)
    return context


async def reload(settings: Settings, context: ssl.SSLContext) -> None:
    """Load the callers' certificate again when its files change; connections keep theirs."""
    files = (cast("Path", settings.tls_cert), cast("Path", settings.tls_key))
    seen = _versions(files)
    while True:
        await asyncio.sleep(TLS_RELOAD)
        now = _versions(files)
        if now == seen:
            continue
        try:
            # We load it first into an unused context: from a pair that does not match, as
            # between the replacements of its files, OpenSSL would keep the new certificate.
            key_pair.load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), *files)
            key_pair.load(context, *files)
        except key_pair.PairUnusable as error:
            log.warning(
                "the new TLS certificate cannot be used; the old one stays in use: %s", error
            )
        else:
            log.info("TLS certificate loaded again")
        seen = now


def _versions(files: tuple[Path, ...]) -> list[tuple[int, int]]:
    versions = []
    for file in files:
        with contextlib.suppress(OSError):
            state = file.stat()
            versions.append((state.st_mtime_ns, state.st_ino))
    return versions
