"""What a newcomer reads when the demo has started: where it listens, and what to try."""

import sys
from dataclasses import dataclass

from proxy.admin.access import Access
from proxy.cli.opening import opening
from proxy.invocation import COMMAND, curl
from proxy.server.sockets import BoundListener
from proxy.settings.model import Settings
from proxy.terminal.screen import Screen, is_terminal
from proxy.words import Phrase, phrase
from proxy.words.durations import Span
from proxy.words.languages import Language


@dataclass(frozen=True, slots=True)
class Greeting:
    """The greeting of one demo."""

    settings: Settings
    callers: BoundListener
    admin: BoundListener
    simulator: BoundListener
    access: Access
    screen: Screen
    language: Language

    def lines(self, renewal: Span) -> list[str]:
        """Return its lines; ``renewal`` is the time until the token is renewed."""
        say, shade = self._say, self.screen.shade
        url = self._url()
        # The most needed lines come last, so that they stay on a small screen.
        return [
            "",
            say(phrase("demo.title", name=shade("breb-proxy demo", "bold"))),
            "",
            *self._moved(),
            self._addresses(url),
            "",
            say(self._lead()),
            "",
            f"  {shade(f'{self._curl()} {url}/v1/accounts', 'bold')}",
            f"  {self._console()}",
            "",
            self._more(),
            "",
            say(phrase("demo.renewal", span=renewal)),
            say(phrase("demo.end")),
            "",
        ]

    def _moved(self) -> list[str]:
        listeners = (self.callers, self.admin, self.simulator)
        lines = [
            self._say(phrase("demo.moved", asked=str(one.asked), address=str(one.address)))
            for one in listeners
            if one.moved
        ]
        return [*lines, ""] if lines else []

    def _addresses(self, url: str) -> str:
        say = self._say
        here = self.screen.shade(url, "bold", "cyan")
        rows = [
            (say(phrase("demo.callers")), f"{here}  {say(phrase('demo.no-authorization'))}"),
            (say(phrase("demo.simulator")), f"http://{self.simulator.address}/_sandbox"),
            (say(phrase("demo.ledger")), str(self.settings.ledger)),
        ]
        return self.screen.rows(rows)

    def _lead(self) -> Phrase:
        if is_terminal(sys.stdout) or self.admin.address.path:
            return phrase("demo.run-and-open")
        return phrase("demo.run-both")

    def _console(self) -> str:
        admin = self.admin.address
        return str(admin) if admin.path else opening(admin, self.access, sys.stdout)

    def _more(self) -> str:
        watch, tour = self._say(phrase("demo.watch")), self._say(phrase("demo.tour"))
        rows = [(f"{COMMAND} demo --token-max-age 10", watch)]
        if not (self.callers.address.path or self.settings.tls_cert):
            listen = f" --listen {self.callers.address}" if self._elsewhere else ""
            rows.insert(0, (f"{COMMAND} tour{listen}", tour))
        return self.screen.rows(rows)

    @property
    def _elsewhere(self) -> bool:
        return str(self.callers.address) != "127.0.0.1:8080"

    def _url(self) -> str:
        listen = self.callers.address.connectable
        return "http://localhost" if listen.path else f"{self._scheme}://{listen}"

    @property
    def _scheme(self) -> str:
        return "https" if self.settings.tls_cert else "http"

    def _curl(self) -> str:
        listen = self.callers.address
        socket = f" --unix-socket {listen.path}" if listen.path else ""
        return f"{curl(listen.connectable.host)} -sS{socket}"

    def _say(self, what: Phrase) -> str:
        return what.said(self.language)
