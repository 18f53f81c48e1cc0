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

Infos = list[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]]
FEW_DAYS = 14


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
        suspect: str = "",
    ) -> None:
        self._origin = origin
        self._setting = setting
        self._timeout = timeout
        self._context = context
        self._egress = egress
        self._suspect = suspect
        self._infos: Infos = []

    def first(self, advice: str) -> str:
        """Return what to do about the network, beginning with the first suspect."""
        return f"{self._suspect}\n{advice}" if self._suspect else advice

    @property
    def silent(self) -> str:
        """Advice for a connection on which nobody answers the handshake."""
        if self._egress is not None:
            return (
                f"the egress proxy does not connect to {self._origin.host}: check"
                " BREB_EGRESS_PROXY, or ask its administrators"
            )
        return self.first(
            f"this port may not use TLS: check the scheme and port in {self._setting}"
        )

    async def name(self) -> Finding:
        """Resolve the host."""
        host = self._origin.host
        try:
            self._infos = await _resolve(host, self._origin.port)
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a host name"
            return failed(
                f"no address for {host} ({reason})",
                self.first(
                    f"check the host in {self._setting}, then this machine's DNS and network"
                ),
            )
        addresses = list(dict.fromkeys(str(where[0]) for *_, where in self._infos))
        more = f" and {len(addresses) - 3} more" if addresses[3:] else ""
        return fine(f"{host} is {', '.join(addresses[:3])}{more}", addresses=addresses)

    async def connection(self) -> Finding:
        """Open a TCP connection to one of the addresses, and close it."""
        at = f"{self._origin.host} port {self._origin.port}"
        try:
            sock = await aiohappyeyeballs.start_connection(
                self._infos, happy_eyeballs_delay=0.25, loop=asyncio.get_running_loop()
            )
        except OSError as error:
            if refused(error):
                return failed(
                    f"{at} refuses connections",
                    self.first(
                        f"check the host and port in {self._setting}, and whether the server is"
                        " running"
                    ),
                )
            return failed(
                f"cannot reach {at} ({error.strerror or type(error).__name__})",
                self.first(
                    "check the network, the VPN and the firewall; if your network needs an HTTP"
                    " proxy, set BREB_EGRESS_PROXY"
                ),
            )
        with sock:
            return fine(f"connected to {sock.getpeername()[0]}, port {self._origin.port}")

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
            advice = str(error.next_step.about(self._setting))
            return failed(str(error), self.first(advice))
        return _trusted(certificate.Certificate.of(tls))

    def _plain(self) -> Finding:
        if self._origin.loopback:
            return fine("plain http, on this machine only", encrypted=False)
        return doubtful(
            "plain http: others in the network can read the token",
            f"use https in {self._setting}",
            encrypted=False,
        )

    async def _untrusted(self, error: CertificateRefused) -> Finding:
        found = await certificate.shown(self._origin, self._timeout, self._egress)
        rows = () if found is None else (("issuer", found.issuer), ("names", _names(found)))
        facts = {} if found is None else _facts(found)
        advice = certificate.advice(error, found, self._setting)
        return Finding(Outcome.FAILED, str(error), advice, rows, facts)


def _trusted(found: certificate.Certificate) -> Finding:
    says = f"{found.version}, issued by {found.issuer}, {found.days:.0f} days left"
    if found.days < FEW_DAYS:
        advice = "ask the administrators of that server to renew its certificate"
        return doubtful(says, advice, **_facts(found))
    return fine(says, **_facts(found))


def _facts(found: certificate.Certificate) -> dict[str, object]:
    return {
        "issuer": found.issuer,
        "names": list(found.names),
        "days_left": round(found.days, 1),
        "version": found.version,
    }


def _names(found: certificate.Certificate) -> str:
    return ", ".join(found.names[:5]) or "none"


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
