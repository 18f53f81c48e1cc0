"""The order of the examination: which steps need others, and which run at the same time."""

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proxy.addresses import ListenAddress, Url
from proxy.doctor import settings_check
from proxy.doctor.calls import REVOKE_LIMIT, Calls, proxy_in_small
from proxy.doctor.listeners_check import LONGEST, door
from proxy.doctor.network_check import NetworkCheck
from proxy.doctor.settings_check import FoundSettings
from proxy.doctor.steps import SWALLOWED, Chart, Outcome, Step, Topic
from proxy.server.outward import egress_proxy
from proxy.settings import environment_proxy
from proxy.settings.credentials import CredentialsReader
from proxy.settings.model import Settings
from proxy.settings.sources import Sources
from proxy.upstream.tls import tls_context
from proxy.words import Language, phrase

if TYPE_CHECKING:  # imported only where there is a database
    from proxy.doctor.database_check import DatabaseCheck

ANSWER_LIMIT = 10.0  # seconds of READ_TIMEOUT, for one small answer
_DATABASE_LIMIT = 6.0  # seconds
_COLLECTOR_LIMIT = 6.0  # seconds
_EGRESS = "egress_proxy"
_ROLES = {
    _EGRESS: phrase("check.egress"),
    "upstream": phrase("check.upstream"),
    "token_endpoint": phrase("check.endpoint"),
}
# Advice for a step that does not end in time.
_SILENT = phrase("check.silent")


def look_at_settings(chart: Chart, found: FoundSettings) -> bool:
    """Take the steps that need no network; report whether the others can follow."""
    topic = Topic(phrase("check.settings"))
    values = chart.add(topic, "settings", phrase("check.of-values"))
    whole = chart.settle(values, settings_check.whole(found))
    chart.settle(chart.add(topic, "names", phrase("check.of-names")), settings_check.names(found))
    if (slips := settings_check.file(found)) is not None:
        chart.settle(chart.add(topic, "file", phrase("check.of-file")), slips)
    credentials = chart.add(topic, "credentials", phrase("check.of-credentials"))
    chart.settle(credentials, settings_check.credentials(found))
    return whole


class Examination:
    """All steps beyond the settings, which are known to be usable."""

    def __init__(
        self,
        chart: Chart,
        settings: Settings,
        sources: Sources,
        language: Language,
        *,
        rivals: bool = False,
    ) -> None:
        self._chart = chart
        self._settings = settings
        self._sources = sources
        self._language = language
        self._context = tls_context(
            settings.ca_bundle, settings.client_cert, settings.client_cert_key
        )
        self._egress = egress_proxy(settings)
        other = environment_proxy.unused(settings)
        self._suspect = other.suspicion if other else ""
        self._ways = self._plan_ways()
        topic = Topic(phrase("check.token"), str(settings.token_endpoint_url))
        self._token = chart.add(topic, "token", phrase("check.of-token"), _SILENT)
        self._clock = chart.add(topic, "clock", phrase("check.of-clock"))
        topic = Topic(phrase("check.way"), phrase("check.way-of"))
        late = phrase("check.no-answer")
        self._request = chart.add(topic, "request", phrase("check.of-request"), late)
        self._revoke = chart.add(topic, "revoke", phrase("check.of-revocation"))
        self._rivals = self._plan_rivals() if rivals else None
        self._doors = self._plan_doors()
        self._database = self._plan_database()
        self._traces = self._plan_traces()
        answer = min(settings.read_timeout, ANSWER_LIMIT)
        self._answer_limit = answer
        chart.bound(max(settings.connect_timeout, settings.token_timeout, answer, LONGEST) + 1)

    # -- what there is to do ---------------------------------------------------------------

    def _plan_ways(self) -> dict[Url, list[tuple[Step, Any]]]:
        """Plan the steps to each host; behind an egress proxy, that proxy resolves the names."""
        settings, ways = self._settings, {}
        egress = settings.egress_proxy
        if egress is not None:
            ways[egress] = self._way(egress, _EGRESS, "BREB_EGRESS_PROXY", direct=True)
        upstream, endpoint = settings.base_url.origin, settings.token_endpoint_url.origin
        direct = egress is None
        ways[upstream] = self._way(upstream, "upstream", "BREB_BASE_URL", direct=direct)
        if endpoint != upstream:
            ways[endpoint] = self._way(endpoint, "token_endpoint", "BREB_TOKEN_URL", direct=direct)
        return ways

    def _way(self, origin: Url, name: str, setting: str, *, direct: bool) -> list[tuple[Step, Any]]:
        settings, add = self._settings, self._chart.add
        to_egress = name == _EGRESS
        check = NetworkCheck(
            origin,
            setting,
            settings.connect_timeout,
            # The client certificate is for the upstream alone.
            tls_context(settings.ca_bundle) if to_egress else self._context,
            None if direct else self._egress,
            self._suspect,
        )
        topic = Topic(_ROLES[name], str(origin))
        steps: list[tuple[Step, Any]] = []
        if direct:
            late = check.first(phrase("check.no-dns"))
            steps.append((add(topic, f"{name}.dns", phrase("check.of-name"), *late), check.name))
            late, tcp = check.first(SWALLOWED), phrase("check.of-connection")
            steps.append((add(topic, f"{name}.tcp", tcp, *late), check.connection))
        if not to_egress or origin.scheme == "https":
            late = check.silent
            steps.append((add(topic, f"{name}.tls", phrase("check.of-tls"), *late), check.tls))
        return steps

    def _plan_rivals(self) -> Step:
        topic = Topic(phrase("check.rivals"), phrase("check.rivals-of"))
        return self._chart.add(topic, "rivals", phrase("check.of-rivals"), _SILENT)

    def _plan_database(self) -> list[tuple[Step, Any]]:
        settings, add = self._settings, self._chart.add
        if settings.database_address is None:
            return []
        # Imported only here: it brings the database's client.
        from proxy.doctor.database_check import DatabaseCheck
        from proxy.server.database import database

        reader = CredentialsReader(self._sources, settings.base_url)
        check = DatabaseCheck(database(settings, reader))
        topic = Topic(phrase("check.database"), str(settings.database_address))
        return [
            (add(topic, "database.login", phrase("check.of-login")), check.login),
            (add(topic, "database.server", phrase("check.of-server")), check.server),
            *self._plan_tables(topic, check),
        ]

    def _plan_tables(self, topic: Topic, check: "DatabaseCheck") -> list[tuple[Step, Any]]:
        settings, add = self._settings, self._chart.add
        planned: list[tuple[Step, Any]] = []
        if settings.token_shared:
            step = add(topic, "database.tables", phrase("check.of-tables"))
            planned.append((step, check.tables))
        if not isinstance(settings.ledger, Path | None):
            step = add(topic, "database.ledger", phrase("check.of-ledger"))
            planned.append((step, check.ledger))
        return planned

    def _plan_traces(self) -> list[tuple[Step, Any]]:
        if not self._sources.any_of("OTEL_"):
            return []
        # Imported only here, as in a serving process.
        from proxy.doctor import tracing_check
        from proxy.settings.tracing import tracing

        listeners = (self._settings.listen, self._settings.admin_listen)
        options, warnings = tracing(self._sources, listeners)
        topic = Topic(phrase("check.traces"), "" if options is None else str(options.endpoint))
        steps: list[tuple[Step, Any]] = []
        if warnings:
            step = self._chart.add(topic, "traces.values", phrase("check.of-values"))
            steps.append((step, partial(tracing_check.variables, warnings)))
        if options is not None:
            step = self._chart.add(topic, "traces.collector", phrase("check.of-collector"))
            steps.append((step, partial(tracing_check.collector, options)))
        return steps

    def _plan_doors(self) -> list[tuple[Step, ListenAddress, str]]:
        settings, add = self._settings, self._chart.add
        topic = Topic(phrase("check.listeners"))
        doors = [
            ("listen", phrase("check.of-callers"), settings.listen, "BREB_LISTEN"),
            ("admin_listen", phrase("check.of-admin"), settings.admin_listen, "BREB_ADMIN_LISTEN"),
        ]
        planned = []
        for name, title, address, setting in doors:
            late = phrase("check.find-program", setting=setting)
            planned.append((add(topic, name, title, late), address, setting))
        return planned

    # -- doing it --------------------------------------------------------------------------

    async def run(self, path: str | None, *, credentials: bool) -> None:
        """Take every step that can be taken."""
        async with asyncio.TaskGroup() as tasks:
            for step, address, setting in self._doors:
                tasks.create_task(self._try_door(step, address, setting))
            tasks.create_task(self._go(self._database, _DATABASE_LIMIT))
            tasks.create_task(self._go(self._traces, _COLLECTOR_LIMIT))
            tasks.create_task(self._outward(path, credentials=credentials))

    async def _try_door(self, step: Step, address: ListenAddress, setting: str) -> None:
        admin = self._settings.admin_listen
        await self._chart.take(step, lambda: door(address, admin, setting), LONGEST)

    async def _outward(self, path: str | None, *, credentials: bool) -> None:
        open_ways = await self._walk()
        calls = [self._token, self._clock, self._request, self._revoke]
        if self._rivals is not None:
            calls.append(self._rivals)
        endpoint, upstream = (
            self._settings.token_endpoint_url.origin,
            self._settings.base_url.origin,
        )
        if not open_ways[endpoint]:
            self._chart.skip(*calls, why=phrase("check.no-endpoint"))
        elif not credentials:
            self._chart.skip(*calls, why=phrase("check.no-credentials"))
        else:
            async with proxy_in_small(self._settings, self._sources, self._language) as proxy:
                await self._call(proxy, path, upstream_open=open_ways[upstream])

    async def _walk(self) -> dict[Url, bool]:
        """Check all ways at once, but the way to an egress proxy before the others."""
        egress = self._settings.egress_proxy
        others = [origin for origin in self._ways if origin != egress]
        if egress is not None:
            found = await self._go_all([egress])
            if not found[egress]:
                steps = [step for origin in others for step, _ in self._ways[origin]]
                self._chart.skip(*steps, why=phrase("check.no-egress"))
                return dict.fromkeys(self._ways, False)
        return await self._go_all(others)

    async def _go_all(self, origins: list[Url]) -> dict[Url, bool]:
        async with asyncio.TaskGroup() as tasks:
            limit = self._settings.connect_timeout
            going = {
                origin: tasks.create_task(self._go(self._ways[origin], limit)) for origin in origins
            }
        return {origin: task.result() for origin, task in going.items()}

    async def _go(self, steps: list[tuple[Step, Any]], limit: float) -> bool:
        for index, (step, work) in enumerate(steps):
            if not await self._chart.take(step, work, limit):
                later = [each for each, _ in steps[index + 1 :]]
                self._chart.skip(*later, why=phrase("check.failed-above"))
                return False
        return True

    async def _call(self, proxy: Calls, path: str | None, *, upstream_open: bool) -> None:
        chart, settings = self._chart, self._settings
        got = await chart.take(self._token, proxy.token, settings.token_timeout)
        await chart.take(self._clock, proxy.clock, 1)
        if not got:
            steps = (self._request, self._revoke, self._rivals)
            chart.skip(*(step for step in steps if step), why=phrase("check.no-token"))
            return
        if upstream_open:
            await chart.take(self._request, lambda: proxy.request(path), self._answer_limit)
        else:
            chart.skip(self._request, why=phrase("check.no-upstream"))
        chart.bound(chart.seconds + REVOKE_LIMIT)
        await chart.take(self._revoke, proxy.give_back, REVOKE_LIMIT)
        if self._rivals is not None:
            limit = 2 * settings.token_timeout + REVOKE_LIMIT
            chart.bound(chart.seconds + limit)
            await chart.take(self._rivals, proxy.rivals, limit)


def exit_code(chart: Chart, *, usable: bool) -> int:
    """Return 0 if nothing failed, 1 if a step did, 2 if the settings cannot be used."""
    if not usable:
        return 2
    return int(any(s.finding and s.finding.outcome is Outcome.FAILED for s in chart.steps))
