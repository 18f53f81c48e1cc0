"""The service as the package installs it, under a real systemd on a machine without Python."""

import re
import subprocess
import sys
import time
from collections.abc import Generator

import pytest

from tests.containers.machine import Machine, packages
from tests.containers.manifests import ROOT

URL = "http://127.0.0.1:8080/v1/accounts"
SETTINGS = "BREB_BASE_URL=http://127.0.0.1:9090\n"
SECRET = "sandbox-secret"
DYNAMIC = range(61184, 65520)  # the numbers that systemd gives to DynamicUser=
# New connections one after the other: each must be taken and answered.
LOAD = """
import http.client, sys, time
end, asked, failed = time.monotonic() + float(sys.argv[1]), 0, []
while time.monotonic() < end:
    caller = http.client.HTTPConnection("127.0.0.1", 8080, timeout=30)
    try:
        caller.request("GET", "/v1/accounts")
        status = caller.getresponse().status
        if status != 200:
            failed.append(status)
    except OSError as error:
        failed.append(repr(error))
    caller.close()
    asked += 1
print(asked, failed)
"""


@pytest.fixture(scope="module")
def machine() -> Generator[Machine]:
    """A machine with the package, the simulator, and credentials; the service is not started."""
    with Machine() as made:
        made.install(packages("deb")[-1])
        made.run("systemd-run -q --unit simulator breb-proxy sandbox")
        made.until(lambda: made.ask("http://127.0.0.1:9090/")["status"] != 0)
        write(made)
        yield made


@pytest.fixture(autouse=True)
def _as_at_the_start(machine: Machine) -> Generator[None]:
    yield
    machine.try_(
        "systemctl stop 'breb-proxy*.socket' breb-proxy 'breb-proxy@*';"
        " systemctl reset-failed; rm -rf /etc/systemd/system/breb-proxy*"
        " /etc/systemd/system/*.wants/breb-proxy@*; systemctl daemon-reload"
    )
    write(machine)


def write(machine: Machine, secret: str = SECRET, settings: str = SETTINGS) -> None:
    """Put settings and credentials where an administrator does."""
    for path, text in (
        ("settings.env", settings),
        ("credentials/BREB_CLIENT_ID", "sandbox-client"),
        ("credentials/BREB_CLIENT_SECRET", secret),
    ):
        machine.run(f"umask 077; cat > /etc/breb-proxy/{path}", given=text)


def start(machine: Machine, unit: str = "breb-proxy") -> None:
    """Start a unit and wait for its token."""
    machine.run(f"systemctl start {unit}")
    machine.until(lambda: "token usable for" in machine.show("StatusText", unit))


def test_the_units_are_without_fault_and_well_shut_off(machine: Machine) -> None:
    units = (
        "breb-proxy.service breb-proxy@sandbox.service breb-proxy.socket breb-proxy-admin.socket"
        " breb-proxy@sandbox.socket breb-proxy-admin@sandbox.socket"
    )
    assert machine.run(f"systemd-analyze verify --man=no {units} 2>&1") == ""
    for unit in ("breb-proxy.service", "breb-proxy@sandbox.service"):
        said = machine.run(f"systemd-analyze security --no-pager {unit} | tail -1")
        score = re.search(r"([\d.]+) \w+", said)
        assert score
        assert float(score[1]) <= 1.5


def test_it_serves_and_says_how_the_token_is_and_writes_to_the_journal(machine: Machine) -> None:
    start(machine)
    assert machine.ask(URL)["status"] == 200
    assert machine.show("StatusText").startswith("forwarding to http://127.0.0.1:9090 (local); ")
    assert '"event":"exchange"' in machine.journal()


def test_it_runs_as_a_user_of_its_own_whose_environment_holds_no_secret(machine: Machine) -> None:
    start(machine)
    pid = machine.show("MainPID")
    assert int(machine.run(f"stat -c %u /proc/{pid}")) in DYNAMIC
    seen = machine.run(f"cat /proc/{pid}/environ /proc/{pid}/cmdline; systemctl show breb-proxy")
    assert SECRET not in seen
    assert machine.run(f"cat /proc/{pid}/comm") == "breb-proxy"
    assert machine.run("stat -c '%a %U' /etc/breb-proxy/settings.env") == "640 root"


def test_a_secret_that_lies_encrypted_is_read_as_the_page_says(machine: Machine) -> None:
    """The recipe of docs/secret-managers.md, with the machine's own key; it has no TPM."""
    page = (ROOT / "docs" / "secret-managers.md").read_text()
    drop_in = page.partition("```ini\n")[2].partition("```")[0]
    (encrypt,) = re.findall(r"^(systemd-creds encrypt .+?) +#", page, re.MULTILINE)
    machine.run(encrypt.replace("encrypt", "encrypt --with-key=host"), given=SECRET)
    machine.run("rm /etc/breb-proxy/credentials/BREB_CLIENT_SECRET")
    machine.run(
        "mkdir -p /etc/systemd/system/breb-proxy.service.d;"
        " cat > /etc/systemd/system/breb-proxy.service.d/secret.conf; systemctl daemon-reload",
        given=drop_in,
    )
    start(machine)
    assert SECRET not in machine.run("cat /etc/breb-proxy/client-secret.cred")


def test_it_starts_with_the_machine_with_or_without_an_upstream(machine: Machine) -> None:
    """Nobody has started the simulator then."""
    machine.run("systemctl enable -q breb-proxy")
    machine.restart()
    machine.until(lambda: machine.show("ActiveState") == "active")
    machine.until(lambda: "refused the connection" in machine.show("StatusText"))
    machine.run("systemctl disable -q breb-proxy")
    machine.run("systemd-run -q --unit simulator breb-proxy sandbox")
    machine.until(lambda: machine.ask(URL)["status"] == 200)


def test_one_that_was_killed_is_started_again(machine: Machine) -> None:
    start(machine)
    machine.run("systemctl kill --signal KILL breb-proxy")
    machine.until(lambda: machine.show("NRestarts") == "1")
    machine.until(lambda: machine.ask(URL)["status"] == 200)


def test_one_that_hangs_is_started_again(machine: Machine) -> None:
    machine.run(
        "mkdir -p /etc/systemd/system/breb-proxy.service.d; cat >"
        " /etc/systemd/system/breb-proxy.service.d/soon.conf; systemctl daemon-reload",
        given="[Service]\nWatchdogSec=2s\nTimeoutAbortSec=1s\n",
    )
    start(machine)
    machine.run("systemctl kill --signal STOP breb-proxy")
    machine.until(lambda: machine.show("NRestarts") == "1")
    assert "Watchdog timeout" in machine.journal()
    machine.until(lambda: machine.ask(URL)["status"] == 200)


def test_wrong_settings_are_said_once_and_not_tried_again(machine: Machine) -> None:
    write(machine, settings=f"{SETTINGS}BREB_LISTEN=0.0.0.0:8080\n")
    machine.try_("systemctl start breb-proxy")
    machine.until(lambda: machine.show("ActiveState") == "failed")
    assert machine.show("ExecMainStatus") == "2"
    assert machine.show("NRestarts") == "0"
    assert "BREB_CALLER_KEY" in machine.journal()


def test_without_credentials_it_says_which_are_missing(machine: Machine) -> None:
    machine.run("rm /etc/breb-proxy/credentials/BREB_CLIENT_SECRET")
    machine.try_("systemctl start breb-proxy")
    assert machine.show("ExecMainStatus") == "2"
    assert "BREB_CLIENT_SECRET" in machine.journal()


@pytest.mark.parametrize("place", ["a file of its own", "the settings"])
def test_new_credentials_are_used_after_a_restart(machine: Machine, place: str) -> None:
    write(machine, secret="not-any-more")
    machine.run("systemctl start breb-proxy")
    machine.until(lambda: "refused the credentials" in machine.show("StatusText"))
    if place == "the settings":
        write(machine, "", f"{SETTINGS}BREB_CLIENT_SECRET={SECRET}\n")
    else:
        write(machine)
    machine.run("systemctl restart breb-proxy")
    machine.until(lambda: "token usable for" in machine.show("StatusText"))


def test_with_its_sockets_a_restart_under_load_refuses_no_connection(machine: Machine) -> None:
    machine.run("systemctl start breb-proxy.socket breb-proxy-admin.socket")
    start(machine)
    first = machine.show("MainPID")
    command = [*machine.inside(), sys.executable, "-c", LOAD, "10"]
    load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for _ in range(2):
        time.sleep(1)  # some load before, between and after
        machine.run("systemctl restart breb-proxy")
    output, _ = load.communicate(timeout=60)
    asked, _, failed = output.strip().partition(" ")
    assert machine.show("MainPID") != first
    assert failed == "[]"
    assert int(asked) > 20


def test_a_reload_renews_the_token(machine: Machine) -> None:
    start(machine)
    machine.run("systemctl reload breb-proxy")
    machine.until(lambda: "access token renewed (operator)" in machine.journal())
    assert machine.show("ActiveState") == "active"


def test_an_instance_has_settings_and_a_user_of_its_own(machine: Machine) -> None:
    machine.run("cp /etc/breb-proxy/credentials/* /etc/breb-proxy/sandbox/credentials/")
    machine.run(
        "cat > /etc/breb-proxy/sandbox/settings.env",
        given=f"{SETTINGS}BREB_LISTEN=127.0.0.1:8082\nBREB_ADMIN_LISTEN=127.0.0.1:8083\n",
    )
    start(machine, "breb-proxy@sandbox")
    start(machine)
    assert machine.ask("http://127.0.0.1:8082/v1/accounts")["status"] == 200
    pids = [machine.show("MainPID", unit) for unit in ("breb-proxy", "breb-proxy@sandbox")]
    users = {int(machine.run(f"stat -c %u /proc/{pid}")) for pid in pids}
    assert len(users) == 2
    assert users <= set(DYNAMIC)


def test_several_on_one_port_share_the_connections(machine: Machine) -> None:
    page = (ROOT / "docs" / "service.md").read_text()
    (script,) = re.findall(r"## More than one core.+?```sh\n(.+?)```", page, re.DOTALL)
    machine.run(script)
    for number in (1, 2):
        machine.until(
            lambda n=number: "token usable" in machine.show("StatusText", f"breb-proxy@{n}")
        )
    assert {machine.ask(URL)["status"] for _ in range(32)} == {200}
    for number in (1, 2):
        metrics = machine.ask(f"http://127.0.0.1:809{number}/metrics")["body"]
        served = re.findall(
            r'^breb_proxy_exchanges_total{.*status="2xx".*} (\d+)', metrics, re.MULTILINE
        )
        assert sum(map(int, served)) > 0, metrics


def test_production_does_not_start_until_it_is_allowed(machine: Machine) -> None:
    machine.run("cp /etc/breb-proxy/credentials/* /etc/breb-proxy/production/credentials/")
    machine.try_("systemctl start breb-proxy@production")
    assert machine.show("ExecMainStatus", "breb-proxy@production") == "2"
    assert "real money moves" in machine.journal("breb-proxy@production")
