"""A TLS certificate's own words, and the reason why it is not trusted."""

import ssl
import time
from dataclasses import dataclass
from typing import Any, cast

from proxy.addresses import Url
from proxy.errors import UpstreamError
from proxy.upstream import Connector, EgressProxy, Pool, PoolLimits
from proxy.upstream.tls import (
    EXPIRED,
    NOT_YET_VALID,
    UNKNOWN_ISSUER,
    WRONG_NAME,
    ResumingContext,
    issuer_name,
)
from proxy.words import Phrase, Said, phrase

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which Python does not name


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate's own words: its names, its issuer, and the days that it has left."""

    names: tuple[str, ...]
    issuer: str
    days: float
    version: str

    @classmethod
    def of(cls, tls: ssl.SSLObject) -> "Certificate":
        """Read the certificate that the peer of a verified connection showed."""
        found: dict[str, Any] = tls.getpeercert() or {}
        ends = ssl.cert_time_to_seconds(found["notAfter"])
        names = tuple(str(value) for _, value in found.get("subjectAltName", ()))
        days = (ends - time.time()) / 86_400
        return cls(names, issuer_name(found.get("issuer", ())), days, tls.version() or "")


async def handshake(
    origin: Url, within: float, context: ResumingContext, egress: EgressProxy | None
) -> ssl.SSLObject:
    """Shake hands as the proxy does and hang up, all ``within`` seconds; raise UpstreamError."""
    limits = PoolLimits(1, within, within, within, within)
    pool = Pool(Connector(origin, within, context, egress), limits)
    try:
        connection = await pool.acquire()
        tls = cast("ssl.SSLObject", connection.tls)
        pool.release(connection)
    finally:
        await pool.aclose()
    return tls


async def shown(origin: Url, within: float, egress: EgressProxy | None) -> Certificate | None:
    """Return a server's certificate, though it is not trusted; send nothing else.

    It takes two handshakes: the first accepts any certificate, the second trusts only that one,
    because Python reads only verified certificates.
    """
    blind = _context()
    blind.verify_mode = ssl.CERT_NONE
    try:
        encoded = (await handshake(origin, within, blind, egress)).getpeercert(binary_form=True)
        naming = _context()
        naming.load_verify_locations(cadata=encoded or b"")
        naming.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
        return Certificate.of(await handshake(origin, within, naming, egress))
    except (UpstreamError, ssl.SSLError, ValueError):
        return None


def _context() -> ResumingContext:
    context = ResumingContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sessions = {}
    context.check_hostname = False
    return context


def advice(error: UpstreamError, certificate: Certificate | None, setting: str) -> Phrase:
    """Advise about a certificate that is not trusted."""
    cause = error.__cause__
    code = cause.verify_code if isinstance(cause, ssl.SSLCertVerificationError) else 0
    if code in (EXPIRED, NOT_YET_VALID):
        return phrase("check.see-date")
    if code in WRONG_NAME:
        names: Said = phrase("check.another-host")
        if certificate is not None:
            names = ", ".join(certificate.names[:3])
        return phrase("check.other-name", names=names, setting=setting)
    return phrase("check.trust") if code in UNKNOWN_ISSUER else phrase("check.distrust")
