"""Everything that can go wrong, as one tree, each class with its status and its RFC 9209 error.

* ProxyError
  + SettingsError                a setting is missing or wrong         (at start)
  x RequestRefused               the guard or the parser says no       4xx, 501, 505
  + Draining                     the process is about to end           503
  + LedgerUnavailable            the ledger cannot be written          503
  x Repeated                     a request of the same key came first
    + KeyReused                  and was another one                   422
    + RepeatUnderWay             and is not over                       409
    + RepeatInDoubt              and its outcome is unknown            409
    + RepeatKnown                and its answer is no longer kept      409
    + LikeInDoubt                not of a key: it looks the same       409
  x TokenError                   no access token can be had            503
    + TokenEndpointUnavailable   network, 5xx
      + TooManyTokenRequests     429
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
share a type, ``next_step`` what the reader of the problem document can do. What is said are
phrases, which never hold a secret or a body; ``proxy/words`` has the words, in each language.
"""

from collections.abc import Iterable

from proxy.words import Phrase, Said, phrase
from proxy.words.languages import DEFAULT, Language

_BASE_URL = "BREB_BASE_URL"


class ProxyError(Exception):
    """Base of all errors of this program."""

    status = 500
    kind = "proxy_internal_error"
    reason = ""
    title = phrase("title.internal")
    next_step = phrase("step.report")
    retry_after: float | None = None
    row: int | None = None
    """The ledger's row of the request that this one repeats."""
    outcome = ""
    """The outcome of that."""

    def __init__(self, detail: Said) -> None:
        super().__init__(detail)
        self.detail = detail


class BadValue(ValueError):
    """A text is no value of its kind; ``what`` is the reason."""

    def __init__(self, what: Phrase) -> None:
        super().__init__(str(what))
        self.what = what

    def of(self, name: str) -> Phrase:
        """Say the same of the setting, or the flag, that has the value."""
        return phrase("settings.wrong", names=name, what=self.what)


class DatabaseUnavailable(Exception):
    """The database that replicas share cannot be reached, or not be used; ``why`` is the reason.

    No caller meets it: whoever needs the database goes on without it, or says what fails.
    """

    def __init__(self, why: Phrase) -> None:
        super().__init__(str(why))
        self.why = why


class SettingsError(ProxyError):
    """Some settings are missing or wrong; ``problems`` has one line for each.

    ``hints`` are how to learn more, if there is more to learn.
    """

    kind = "proxy_configuration_error"

    def __init__(self, problems: Iterable[Said], hints: Iterable[Said] = ()) -> None:
        self.problems = list(problems)
        self.hints = list(hints)
        super().__init__("; ".join(map(str, self.problems)))


class RequestRefused(ProxyError):
    """The caller's request is not let in; ``reason`` is a fixed word for logs and metrics."""

    kind = "http_request_denied"
    title = phrase("title.refused")
    language: Language = DEFAULT
    """The caller's language, if the parser refused the request."""
    method = ""
    """Of a request that was refused before its exchange began, and its target."""
    target = b"-"

    def __init__(
        self,
        status: int,
        reason: str,
        detail: Phrase,
        next_step: Phrase,
        fields: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(detail)
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
    title = phrase("title.draining")
    next_step = phrase("step.after-restart")
    retry_after = 1.0


class LedgerUnavailable(ProxyError):
    """The request may change something, and cannot be written down before it is sent."""

    status = 503
    kind = "proxy_internal_error"
    title = phrase("title.ledger")
    next_step = phrase("step.ledger")
    retry_after = 1.0
    reason = "ledger"

    def __init__(self, why: Said) -> None:
        super().__init__(phrase("ledger-unwritable", why=why))


class Repeated(ProxyError):
    """The request repeats another one of the same key, and is not sent."""

    status = 409
    kind = "http_request_denied"
    title = phrase("title.repeated")

    def __init__(self, detail: Phrase, row: int | None, next_step: Phrase | None = None) -> None:
        super().__init__(detail)
        self.row = row
        if next_step is not None:
            self.next_step = next_step


class KeyReused(Repeated):
    """The key came before with another body, method or target."""

    status = 422
    reason = "key-reused"
    title = phrase("title.key-reused")
    next_step = phrase("step.new-key")


class RepeatUnderWay(Repeated):
    """The first is not over."""

    reason = "repeat-under-way"
    outcome = "unknown"
    next_step = phrase("step.repeat-soon")
    retry_after = 5.0


class RepeatInDoubt(Repeated):
    """Nobody knows what became of the first."""

    reason = "repeat-in-doubt"
    outcome = "unknown"
    retry_after = 30.0


class RepeatKnown(Repeated):
    """The first was answered, and its answer is not kept."""

    reason = "repeat-known"
    outcome = "answered"


class LikeInDoubt(Repeated):
    """The payment looks like one of another resolution or request, which is in doubt.

    The outcome is that one's: what the caller wants paid may have been paid.
    """

    reason = "like-in-doubt"
    outcome = "unknown"
    title = phrase("title.like-in-doubt")


class TokenError(ProxyError):
    """No access token can be had right now."""

    status = 503
    kind = "destination_unavailable"
    reason = "no-token"
    title = phrase("title.no-token")
    next_step = phrase("step.see-readyz")
    suspicion = ""
    """Probable reasons, for the log."""


class TokenEndpointUnavailable(TokenError):
    """The token endpoint did not answer, or not with a usable token: worth another try."""

    title = phrase("title.not-given")
    next_step = phrase("step.keeps-trying")


class TooManyTokenRequests(TokenEndpointUnavailable):
    """The token endpoint answered 429: it is asked too often, by us or by others."""

    next_step = phrase("step.too-many-token-requests")


class TokenReplyUnusable(TokenEndpointUnavailable):
    """The answer is not that of a token endpoint."""

    next_step = phrase("step.check-token-url")


FOLLOWS_FROM_BASE_URL = phrase("step.follows-from-base-url")


class CredentialsRefused(TokenError):
    """The authorization server refused the credentials (400, 401 or 403)."""

    kind = "proxy_configuration_error"
    reason = "credentials-refused"
    title = phrase("title.credentials-refused")
    next_step = phrase("step.correct-credentials")


class CredentialsMissing(CredentialsRefused):
    """The source of the credentials is empty or cannot be read."""

    reason = "credentials-missing"
    title = phrase("title.credentials-missing")


class UpstreamError(ProxyError):
    """The upstream cannot be reached or does not speak HTTP.

    ``sent`` says whether any byte of the request may have reached the upstream.
    """

    status = 502
    kind = "destination_unavailable"
    title = phrase("title.unreachable")
    next_step = phrase("step.check-network", setting=_BASE_URL)
    sent = False


def beyond(cause: UpstreamError) -> TokenEndpointUnavailable:
    """Return the failure of a token request whose ``cause`` lies on the way there."""
    error = TokenEndpointUnavailable(phrase("endpoint-unreached", why=cause.detail))
    error.kind = cause.kind
    if not cause.sent:  # advice about answers is for callers
        either = phrase("step.or", one=_BASE_URL, other="BREB_TOKEN_URL")
        error.next_step = cause.next_step.about(either)
    return error


class NameNotResolved(UpstreamError):
    """The upstream's host name has no address."""

    kind = "dns_error"
    next_step = phrase("step.check-name", setting=_BASE_URL)


class ConnectionRefused(UpstreamError):
    """Nothing accepts connections at the upstream's address."""

    kind = "connection_refused"
    next_step = phrase("step.check-port", setting=_BASE_URL)


class ConnectionFailed(UpstreamError):
    """The network did not let a connection through."""

    kind = "destination_ip_unroutable"
    next_step = phrase("step.check-route")


class EgressFailed(UpstreamError):
    """The proxy of EGRESS_PROXY gives no way to the upstream."""

    title = phrase("title.egress-failed")
    next_step = phrase("step.check-egress")

    def __init__(self, detail: Said, next_step: Phrase | None = None) -> None:
        super().__init__(detail)
        if next_step is not None:
            self.next_step = next_step


class EgressLogin(EgressFailed):
    """The proxy of EGRESS_PROXY does not take our credentials, or wants some."""

    kind = "proxy_configuration_error"
    title = phrase("title.egress-login")


class CertificateRefused(UpstreamError):
    """The upstream's certificate is not trusted here."""

    kind = "tls_certificate_error"
    title = phrase("title.certificate")
    next_step = phrase("step.ca-bundle")


class TlsFailed(UpstreamError):
    """The TLS handshake failed for another reason than the certificate."""

    kind = "tls_protocol_error"
    title = phrase("title.no-tls")
    next_step = phrase("step.uses-tls", setting=_BASE_URL)


class TlsAlerted(TlsFailed):
    """The upstream ended TLS with an alert, which names the reason."""

    kind = "tls_alert_received"
    title = phrase("title.tls-refused")
    next_step = phrase("step.client-certificate", setting=_BASE_URL)


class ConnectionBroken(UpstreamError):
    """The upstream closed or reset the connection before its answer was whole."""

    kind = "connection_terminated"
    title = phrase("title.closed-early")
    next_step = phrase("step.if-safe")


class ConnectionStale(ConnectionBroken):
    """A kept-alive connection turned out closed before any byte of an answer."""


class ResponseInvalid(UpstreamError):
    """The upstream's answer is not HTTP/1.1."""

    kind = "http_protocol_error"
    title = phrase("title.not-http")
    next_step = phrase("step.uses-http", setting=_BASE_URL)


class ResponseHeadTooLarge(ResponseInvalid):
    """The head of the upstream's answer is larger than we take."""

    kind = "http_response_header_section_size"


class PoolFull(UpstreamError):
    """All connections to the upstream stayed busy for QUEUE_TIMEOUT."""

    status = 503
    kind = "connection_limit_reached"
    title = phrase("title.busy")
    next_step = phrase("step.more-connections")
    retry_after = 1.0


class UpstreamTimeout(UpstreamError):
    """The upstream is too slow."""

    status = 504
    kind = "http_response_timeout"
    title = phrase("title.too-slow")


class ConnectTimeout(UpstreamTimeout):
    """No connection within CONNECT_TIMEOUT."""

    kind = "connection_timeout"
    next_step = phrase("step.connect-timeout")


class NameTimeout(ConnectTimeout):
    """DNS said nothing about the upstream's host name within CONNECT_TIMEOUT."""

    kind = "dns_timeout"
    next_step = phrase("step.dns-timeout")


class ReadTimeout(UpstreamTimeout):
    """No byte of the answer for READ_TIMEOUT."""

    kind = "connection_read_timeout"
    next_step = phrase("step.more-time", timeout="BREB_READ_TIMEOUT")


class WriteTimeout(UpstreamTimeout):
    """The upstream took no byte of the request for WRITE_TIMEOUT."""

    kind = "connection_write_timeout"
    next_step = phrase("step.more-time", timeout="BREB_WRITE_TIMEOUT")
