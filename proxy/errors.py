"""Everything that can go wrong, as one tree, each class with its status and its RFC 9209 error.

* ProxyError
  + SettingsError                a setting is missing or wrong         (at start)
  x RequestRefused               the guard or the parser says no       4xx, 501, 505
  + Draining                     the process is about to end           503
  + LedgerUnavailable            the ledger cannot be written          503
  x TokenError                   no access token can be had            503
    + TokenEndpointUnavailable   network, 5xx, 429
      + TokenReplyUnusable       nonsense, a redirect, 404: perhaps no token endpoint
    + CredentialsRefused         the authorization server said no
    + CredentialsMissing         the source of the credentials is empty
  x UpstreamError                the upstream cannot be reached        502
    + NameNotResolved            DNS
    + ConnectionRefused          nothing listens there
    + ConnectionFailed           no route, network down, and the like
    + EgressFailed               the corporate proxy gives no way to the upstream
      + EgressLogin              it asks for other credentials
    + CertificateRefused         TLS: the certificate is not trusted
    + TlsFailed                  TLS: anything else
      + TlsAlerted               the upstream refused our side of it
    + ConnectionBroken           closed or reset before the answer was whole
      + ConnectionStale          a kept-alive connection was closed before a byte of the answer
    + ResponseInvalid            not HTTP/1.1
      + ResponseHeadTooLarge
    + PoolFull                   no connection became free in time     503
    x UpstreamTimeout            the upstream is too slow              504
      + ConnectTimeout
        + NameTimeout            DNS gave no answer
      + ReadTimeout
      + WriteTimeout

``kind`` is the error type of RFC 9209 section 2.3, ``reason`` our own word where several errors
share a type, ``next_step`` what the reader of the problem document can do. Messages are lower case,
without full stop, and never hold a secret or a body.
"""

from proxy.invocation import COMMAND

# A refusal's text may repeat what the caller sent: into a field, a body and a log line.
_TEXT_LIMIT = 500


class ProxyError(Exception):
    """Base of all errors of this program."""

    status = 500
    kind = "proxy_internal_error"
    reason = ""
    title = "Internal error of the proxy"
    next_step = "report this with the exchange id and the log lines around it"
    retry_after: float | None = None


class SettingsError(ProxyError):
    """Some settings are missing or wrong; ``problems`` has one line for each.

    ``hint`` is how to learn more, if there is more to learn.
    """

    kind = "proxy_configuration_error"

    def __init__(self, problems: list[str], hint: str = "") -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
        self.hint = hint


class RequestRefused(ProxyError):
    """The caller's request is not let in; ``reason`` is a fixed word for logs and metrics."""

    kind = "http_request_denied"
    title = "Request refused by the proxy"

    def __init__(
        self,
        status: int,
        reason: str,
        detail: str,
        next_step: str,
        fields: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(detail if len(detail) <= _TEXT_LIMIT else f"{detail[:_TEXT_LIMIT]}...")
        self.status = status
        self.reason = reason
        self.next_step = next_step
        self.fields = fields
        if status == 400:
            self.kind = "http_request_error"


class Draining(ProxyError):
    """The process has been told to end and takes no new exchanges."""

    status = 503
    kind = "connection_terminated"
    title = "The proxy is shutting down"
    next_step = (
        "send the request again in a moment: to this proxy after its restart, or to"
        " another instance"
    )
    retry_after = 1.0


class LedgerUnavailable(ProxyError):
    """The request may change something, and cannot be written down before it is sent."""

    status = 503
    kind = "proxy_internal_error"
    title = "The ledger cannot be written"
    next_step = (
        "free disk space, or give the proxy the right to write the file of BREB_LEDGER;"
        " nothing was sent to the upstream"
    )
    retry_after = 1.0
    reason = "ledger"

    def __init__(self, why: str) -> None:
        super().__init__(f"the ledger cannot be written: {why}")


class TokenError(ProxyError):
    """No access token can be had right now."""

    status = 503
    kind = "destination_unavailable"
    reason = "no-token"
    title = "No access token"
    next_step = f"see /readyz?verbose on the admin listener, or run: {COMMAND} check"
    suspicion = ""
    """What may be the reason, for the log."""


class TokenEndpointUnavailable(TokenError):
    """The token endpoint did not answer, or not with a usable token: worth another try."""

    title = "No access token: the token endpoint did not give one"
    next_step = f"the proxy keeps trying; if the error stays, run: {COMMAND} check"


class TokenReplyUnusable(TokenEndpointUnavailable):
    """What answered does not answer as a token endpoint does."""

    next_step = f"check that BREB_TOKEN_URL is the token endpoint; to test it, run: {COMMAND} check"


# The same where BREB_TOKEN_URL is not set: nobody should look for what nobody wrote.
FOLLOWS_FROM_BASE_URL = (
    "check BREB_BASE_URL: the token endpoint follows from it, as long as BREB_TOKEN_URL is not set;"
    f" to test it, run: {COMMAND} check"
)


class CredentialsRefused(TokenError):
    """The authorization server refused the credentials (400, 401 or 403)."""

    kind = "proxy_configuration_error"
    reason = "credentials-refused"
    title = "No access token: the client credentials are refused"
    next_step = (
        "correct BREB_CLIENT_ID and BREB_CLIENT_SECRET; the proxy tries again as soon as they"
        f" change ({COMMAND} help no-token)"
    )


class CredentialsMissing(CredentialsRefused):
    """The source of the credentials is empty or cannot be read."""

    reason = "credentials-missing"
    title = "No access token: the client credentials cannot be read"


class UpstreamError(ProxyError):
    """The upstream cannot be reached or does not speak HTTP.

    ``sent`` says whether any byte of the request may have reached the upstream.
    """

    status = 502
    kind = "destination_unavailable"
    title = "The upstream cannot be reached"
    next_step = f"check BREB_BASE_URL and the network; to test them, run: {COMMAND} check"
    sent = False


def beyond(cause: UpstreamError, text: str) -> TokenEndpointUnavailable:
    """Return the failure of a token request as what its cause, on the way there, makes of it."""
    error = TokenEndpointUnavailable(text)
    error.kind = cause.kind
    if not cause.sent:  # what is advised of answers is advised to callers
        error.next_step = cause.next_step.replace(
            "BREB_BASE_URL", "BREB_BASE_URL (or BREB_TOKEN_URL)"
        )
    return error


class NameNotResolved(UpstreamError):
    """The upstream's host name has no address."""

    kind = "dns_error"
    next_step = "check the host name in BREB_BASE_URL and the machine's DNS"


class ConnectionRefused(UpstreamError):
    """Nothing accepts connections at the upstream's address."""

    kind = "connection_refused"
    next_step = "check the host and port in BREB_BASE_URL, and whether the upstream is running"


class ConnectionFailed(UpstreamError):
    """The network did not let a connection through."""

    kind = "destination_ip_unroutable"
    next_step = (
        f"check the network between this machine and the upstream; to test it, run: {COMMAND} check"
    )


class EgressFailed(UpstreamError):
    """The proxy of EGRESS_PROXY gives no way to the upstream."""

    title = "The egress proxy did not connect to the upstream"
    next_step = "check BREB_EGRESS_PROXY, and whether that proxy allows connections to the upstream"

    def __init__(self, text: str, next_step: str = "") -> None:
        super().__init__(text)
        if next_step:
            self.next_step = next_step


class EgressLogin(EgressFailed):
    """The proxy of EGRESS_PROXY does not take our credentials, or wants some."""

    kind = "proxy_configuration_error"
    title = "The egress proxy needs other credentials"


class CertificateRefused(UpstreamError):
    """The upstream's certificate is not trusted here."""

    kind = "tls_certificate_error"
    title = "The upstream's certificate is not trusted"
    next_step = (
        "if the certificate is from your own certificate authority, set BREB_CA_BUNDLE to the"
        " PEM file of that authority; otherwise do not trust this network"
    )


class TlsFailed(UpstreamError):
    """The TLS handshake failed for another reason than the certificate."""

    kind = "tls_protocol_error"
    title = "No TLS connection to the upstream"
    next_step = "check that the server at the host and port of BREB_BASE_URL uses TLS"


class TlsAlerted(TlsFailed):
    """The upstream ended TLS with an alert, which names the reason."""

    kind = "tls_alert_received"
    title = "The upstream refused the TLS connection"
    next_step = (
        "if the upstream needs a client certificate, check BREB_CLIENT_CERT; otherwise check the"
        " host in BREB_BASE_URL"
    )


class ConnectionBroken(UpstreamError):
    """The upstream closed or reset the connection before its answer was whole."""

    kind = "connection_terminated"
    title = "The upstream closed the connection too early"
    next_step = "send the request again only if it is safe to repeat"


class ConnectionStale(ConnectionBroken):
    """A kept-alive connection turned out closed before any byte of an answer."""


class ResponseInvalid(UpstreamError):
    """The upstream's answer is not HTTP/1.1."""

    kind = "http_protocol_error"
    title = "The upstream's response is not valid HTTP"
    next_step = "check that the server at BREB_BASE_URL uses HTTP/1.1"


class ResponseHeadTooLarge(ResponseInvalid):
    """The head of the upstream's answer is larger than we take."""

    kind = "http_response_header_section_size"


class PoolFull(UpstreamError):
    """All connections to the upstream stayed busy for QUEUE_TIMEOUT."""

    status = 503
    kind = "connection_limit_reached"
    title = "All connections to the upstream are busy"
    next_step = "try again later, or raise BREB_MAX_CONNECTIONS or BREB_QUEUE_TIMEOUT"
    retry_after = 1.0


class UpstreamTimeout(UpstreamError):
    """The upstream is too slow."""

    status = 504
    kind = "http_response_timeout"
    title = "The upstream is too slow"


class ConnectTimeout(UpstreamTimeout):
    """No connection within CONNECT_TIMEOUT."""

    kind = "connection_timeout"
    next_step = "check the network, or raise BREB_CONNECT_TIMEOUT"


class NameTimeout(ConnectTimeout):
    """DNS said nothing about the upstream's host name within CONNECT_TIMEOUT."""

    kind = "dns_timeout"
    next_step = "check the machine's DNS, or raise BREB_CONNECT_TIMEOUT"


class ReadTimeout(UpstreamTimeout):
    """No byte of the answer for READ_TIMEOUT."""

    kind = "connection_read_timeout"
    next_step = (
        "send the request again only if it is safe to repeat; if the upstream needs more"
        " time, raise BREB_READ_TIMEOUT"
    )


class WriteTimeout(UpstreamTimeout):
    """The upstream took no byte of the request for WRITE_TIMEOUT."""

    kind = "connection_write_timeout"
    next_step = (
        "send the request again only if it is safe to repeat; if the upstream needs more"
        " time, raise BREB_WRITE_TIMEOUT"
    )
