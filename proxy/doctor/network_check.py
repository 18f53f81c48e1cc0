"""The way to one origin: name, connection, TLS; each step uses the result of the last one."""

import asyncio
import socket
import threading

import aiohappyeyeballs

from proxy.addresses import Url
from proxy.doctor import certificate
from proxy.doctor.steps import Finding, Outcome, doubtful, failed, fine
from proxy.errors import CertificateRefused, ConnectTimeout, UpstreamError
from proxy.upstream import EgressProxy
from proxy.upstream.connector import refused
from proxy.upstream.tls import ResumingContext
from proxy.words import Said, phrase

Infos = list[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]]
FEW_DAYS = 14  # days until a certificate ends


class NetworkCheck:
    """The steps to ``origin``; ``setting`` is the one to blame, ``timeout`` is in seconds.

    ``suspect`` names the likely cause if the network itself does not let us through.
    """

    def __init__(
        self,
        origin: Url,
        setting: str,
        timeout: float,
        context: ResumingContext,
        egress: EgressProxy | None = None,
        suspect: Said = "",
    ) -> None:
        self._origin = origin
        self._setting = setting
        self._timeout = timeout
        self._context = context
        self._egress = egress
        self._suspect = suspect
        self._infos: Infos = []

    def first(self, advice: Said) -> tuple[Said, ...]:
        """Return what to do about the network, beginning with the first suspect."""
        return (self._suspect, advice) if self._suspect else (advice,)

    @property
    def silent(self) -> tuple[Said, ...]:
        """Advice for a connection on which nobody answers the handshake."""
        if self._egress is not None:
            return (phrase("check.no-way", host=self._origin.host),)
        return self.first(phrase("check.not-tls", setting=self._setting))

    async def name(self) -> Finding:
        """Resolve the host."""
        host = self._origin.host
        try:
            self._infos = await _resolve(host, self._origin.port)
        except (OSError, UnicodeError) as error:
            why: Said = phrase("check.not-a-name")
            if isinstance(error, OSError):
                why = str(error.strerror)
            advice = self.first(phrase("check.see-host", setting=self._setting))
            return failed(phrase("check.no-address", host=host, why=why), *advice)
        addresses = list(dict.fromkeys(str(where[0]) for *_, where in self._infos))
        some, more = ", ".join(addresses[:3]), len(addresses) - 3
        says = phrase("check.name", host=host, addresses=some)
        if more > 0:
            says = phrase("check.name-more", host=host, addresses=some, more=more)
        return fine(says, addresses=addresses)

    async def connection(self) -> Finding:
        """Open a TCP connection to one of the addresses, and close it."""
        host, port = self._origin.host, self._origin.port
        try:
            sock = await aiohappyeyeballs.start_connection(
                self._infos, happy_eyeballs_delay=0.25, loop=asyncio.get_running_loop()
            )
        except OSError as error:
            if refused(error):
                advice = self.first(phrase("check.see-port", setting=self._setting))
                return failed(phrase("check.refuses", host=host, port=port), *advice)
            why = error.strerror or type(error).__name__
            says = phrase("check.unreached", host=host, port=port, why=why)
            return failed(says, *self.first(phrase("check.see-network")))
        with sock:
            address = str(sock.getpeername()[0])
            return fine(phrase("check.connected", address=address, port=port))

    async def tls(self) -> Finding:
        """Shake hands with the context that the proxy uses, through the egress proxy if any."""
        if self._origin.scheme == "http":
            return self._plain()
        origin = self._origin
        try:
            tls = await certificate.handshake(origin, self._timeout, self._context, self._egress)
        except CertificateRefused as error:
            return await self._untrusted(error)
        except ConnectTimeout as error:
            raise TimeoutError from error
        except UpstreamError as error:
            return failed(error.detail, *self.first(error.next_step.about(self._setting)))
        return _trusted(certificate.Certificate.of(tls))

    def _plain(self) -> Finding:
        if self._origin.loopback:
            return fine(phrase("check.plain-here"), encrypted=False)
        advice = phrase("check.use-https", setting=self._setting)
        return doubtful(phrase("check.plain"), advice, encrypted=False)

    async def _untrusted(self, error: CertificateRefused) -> Finding:
        found = await certificate.shown(self._origin, self._timeout, self._egress)
        advice = certificate.advice(error, found, self._setting)
        if found is None:
            return failed(error.detail, advice)
        names: Said = ", ".join(found.names[:5]) or phrase("check.none")
        rows = ((phrase("check.issuer"), found.issuer), (phrase("check.host-names"), names))
        return Finding(Outcome.FAILED, error.detail, (advice,), rows, _facts(found))


def _trusted(found: certificate.Certificate) -> Finding:
    days = round(found.days)
    says = phrase("check.certificate", version=found.version, issuer=found.issuer, days=days)
    if found.days < FEW_DAYS:
        return doubtful(says, phrase("check.renew"), **_facts(found))
    return fine(says, **_facts(found))


def _facts(found: certificate.Certificate) -> dict[str, object]:
    return {
        "issuer": found.issuer,
        "names": list(found.names),
        "days_left": round(found.days, 1),
        "version": found.version,
    }


async def _resolve(host: str, port: int) -> Infos:
    """Ask the resolver in a thread that nobody waits for: it may take longer than our limit."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Infos] = loop.create_future()

    def settle(infos: Infos, error: OSError | UnicodeError | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(infos)
        else:
            answer.set_exception(error)

    def look_up() -> None:
        infos: Infos = []
        problem: OSError | UnicodeError | None = None
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)  # type: ignore[assignment]  # wide in typeshed
        except (OSError, UnicodeError) as error:
            problem = error
        try:
            loop.call_soon_threadsafe(settle, infos, problem)
        except RuntimeError:  # pragma: no cover  the examination ended before the answer came
            return

    threading.Thread(target=look_up, daemon=True).start()
    return await answer
