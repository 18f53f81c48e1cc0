"""The client side of TLS: a verifying context, resumed sessions, refusals in words."""

import contextlib
import re
import ssl
import sys
from pathlib import Path
from typing import Any

from proxy import key_pair
from proxy.errors import CertificateRefused, TlsAlerted, TlsFailed, UpstreamError
from proxy.words import Said, phrase

# Codes of OpenSSL's X509_verify_cert_error_string(3).
NOT_YET_VALID = 9
EXPIRED = 10
UNKNOWN_ISSUER = (2, 18, 19, 20, 21)
WRONG_NAME = (62, 64)
NO_TLS = "WRONG_VERSION_NUMBER"  # its error for bytes that are no TLS
# OpenSSL's names for received alerts; no other error begins like this.
_ODD = re.compile(r"[^ !#-\[\]-~]")
_ALERT = re.compile(r"(?:SSLV3|TLSV13?)_(?:ALERT_)?(?P<name>[A-Z_]+)")


class _NamingIssuer(ssl.SSLObject):
    """Adds the issuer to the error about a certificate that is not trusted."""

    def do_handshake(self) -> None:
        """Shake hands."""
        try:
            super().do_handshake()
        except ssl.SSLCertVerificationError as error:
            # Python shows a verified certificate, or bytes that it cannot parse.
            with contextlib.suppress(AttributeError, LookupError, TypeError, ssl.SSLError):
                shown: dict[str, Any] = self._sslobj.get_unverified_chain()[0].get_info()  # type: ignore[attr-defined]
                error.add_note(issuer_name(shown.get("issuer", ())))
            raise


def issuer_name(parts: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    """Return the names by which people know an issuer, from Python's form of a name."""
    known = {key: value for part in parts for key, value in part}
    names = (known.get(key) for key in ("commonName", "organizationName"))
    return ", ".join(dict.fromkeys(filter(None, names))) or "an issuer without a name"


class ResumingContext(ssl.SSLContext):
    """A client context that offers a host's last session again, so that handshakes are short."""

    sessions: dict[str, ssl.SSLSession | None]
    sslobject_class = _NamingIssuer

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Make the TLS object that asyncio asks for, with the session it cannot name."""
        last = self.sessions.get(str(server_hostname))
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session or last)


def tls_context(
    ca_bundle: Path | None = None, cert: Path | None = None, key: Path | None = None
) -> ResumingContext:
    """Return a verifying client context: the system's authorities, or those of ``ca_bundle``."""
    context = ResumingContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sessions = {}
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if ca_bundle:
        context.load_verify_locations(ca_bundle)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        # Windows fetches an authority when it first needs it: on a new server ours may be missing.
        empty = not context.cert_store_stats()["x509_ca"] and not _system_directory()
        if empty or sys.platform == "win32":
            import certifi

            context.load_verify_locations(certifi.where())
    if cert:
        key_pair.load(context, cert, key)
    return context


def _system_directory() -> bool:
    capath = ssl.get_default_verify_paths().capath
    return bool(capath) and any(Path(capath).glob("*.0"))


def certificate_refused(error: ssl.SSLCertVerificationError, peer: Said) -> UpstreamError:
    """Word the error in the certificate of ``peer``, with the advice."""
    words = (error.verify_message or "not trusted").rstrip(".")
    reason: Said = words
    if error.verify_code in UNKNOWN_ISSUER:
        # An attacker on the path can write any text there.
        for note in getattr(error, "__notes__", ()):
            reason = phrase("issued-by", reason=reason, issuer=_ODD.sub("?", note)[:80])
    if "key usage" in words.lower() or "extension" in words.lower():
        # Python 3.13 checks RFC 5280 strictly, which home-made authorities often fail.
        reason = phrase("key-usage", reason=reason)
    refused = CertificateRefused(phrase("certificate", peer=peer, reason=reason))
    if error.verify_code == EXPIRED:
        refused.next_step = phrase("step.expired")
    elif error.verify_code == NOT_YET_VALID:
        refused.next_step = phrase("step.clock")
    elif error.verify_code in WRONG_NAME:
        refused.next_step = phrase("step.other-name", setting="BREB_BASE_URL")
    return refused


def tls_failed(error: ssl.SSLError, peer: Said) -> UpstreamError:
    """Word the reason why there is no TLS with ``peer``."""
    alert = _alert(error)
    if alert:
        return TlsAlerted(phrase("tls-alert", peer=peer, alert=alert))
    failed = TlsFailed(phrase("tls-failed", peer=peer, reason=_reason(error)))
    if error.reason == NO_TLS:
        failed.next_step = phrase("step.no-tls", setting="BREB_BASE_URL")
    return failed


def tls_ended(error: ssl.SSLError) -> UpstreamError:
    """Word the reason why TLS ended."""
    alert = _alert(error)
    if alert:
        return TlsAlerted(phrase("tls-ended-by-alert", alert=alert))
    return TlsFailed(phrase("tls-ended", reason=_reason(error)))


def _alert(error: ssl.SSLError) -> str:
    """Return the name of the alert that came, empty if none did."""
    alert = _ALERT.fullmatch(error.reason or "")
    return alert["name"].replace("_", " ").lower() if alert else ""


def _reason(error: ssl.SSLError) -> Said:
    return error.reason or phrase("no-reason")
