"""The URL at which a caller on this machine reaches the callers' listener."""

import shlex
from dataclasses import dataclass

from proxy.addresses import bracketed
from proxy.settings.model import Settings


@dataclass(frozen=True, slots=True)
class CallerUrl:
    """``url`` stands before each target; ``socket`` is the path if callers use a Unix socket.

    ``keyed`` says that callers must send a key.
    """

    url: str
    socket: str
    keyed: bool
    production: bool

    @classmethod
    def of(cls, settings: Settings) -> "CallerUrl":
        """Derive the URL from the settings."""
        listen = settings.listen
        name = "localhost" if listen.path else bracketed(listen.connectable.host)
        scheme = "https" if settings.tls_cert else "http"
        return cls(
            url=f"{scheme}://{name}" + ("" if listen.path else f":{listen.port}"),
            socket=listen.path,
            keyed=bool(settings.caller_key),
            production=settings.environment == "production",
        )

    def at(self, target: str) -> str:
        """Return the URL of a target; for one that is no path, such as ``*``, our own URL.

        Callers choose targets: after our address, ``@host`` or ``:x@host`` would name another host.
        """
        return self.url + target if target[:1] == "/" else self.url

    @property
    def example(self) -> str:
        """A first request for a POSIX shell."""
        words = ["curl"]
        if self.socket:
            words += ["--unix-socket", shlex.quote(self.socket)]
        if self.keyed:
            words += ["--header", '"X-Proxy-Key: $BREB_CALLER_KEY"']
        return " ".join([*words, self.at("/v1/customers")])

    @property
    def host(self) -> str:
        """The Host field's value."""
        return self.url.partition("://")[2]

    @property
    def host_and_port(self) -> tuple[str, str]:
        """The host, and the port if it is not the scheme's own."""
        host, _, port = self.host.rpartition(":") if self.host[-1] != "]" else (self.host, "", "")
        return (host, port) if host else (port, "")

    @property
    def scheme(self) -> str:
        """``http``, or ``https`` where callers speak TLS."""
        return self.url.partition("://")[0]
