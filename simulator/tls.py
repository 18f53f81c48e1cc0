"""TLS of its own: a certificate of the caller's choice, or one made for this start."""

import ssl
from pathlib import Path

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def given(certificate: Path, key: Path) -> ssl.SSLContext:
    """Use a certificate and its key; raise OSError (ssl.SSLError is one) where they are none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def made(names: tuple[str, ...], authority_file: Path) -> ssl.SSLContext:
    """Make an authority and a certificate, and write the authority's own where clients find it.

    Its key is kept nowhere. Raises ImportError where the extra sandbox-tls is not installed.
    """
    import trustme

    authority = trustme.CA(organization_name="Bre-B simulator")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*dict.fromkeys((*_LOOPBACK, *names))).configure_cert(context)
    authority.cert_pem.write_to_path(authority_file)
    return context
