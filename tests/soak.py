"""Minutes of mixed load with faults: nothing lost, doubled, leaked or mixed up.

``python -m tests.soak [--seconds 180] [--callers 16]`` runs the simulator and the proxy as
processes. Callers pay, read, break off and send slowly, while answers are cut and reset, tokens
die, the token endpoint fails and the credentials' files are swapped. The simulator counts how
often each payment was executed; the callers know what they were told.
"""

import argparse
import contextlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support import Answer, Program, ask, free_port, read_answer
from tests.support.patience import PATIENCE
from tests.support.wire import connect

PAY_FAULTS = [
    *[""] * 6,
    "status=503",
    "status=500;when=after",
    "reset",
    "reset;when=after",
    "cut-body=50%;when=after",
    "delay=40ms",
]
CREDENTIALS = {"BREB_CLIENT_ID": "sandbox-client", "BREB_CLIENT_SECRET": "sandbox-secret"}
KEY = {"key_type": "PHONE", "key_value": "3001234567"}


@dataclass
class Told:
    """What callers were told about each payment, by resolution id, and everything else counted."""

    payments: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Secrets:
    """A secrets directory laid out as the kubelet does, swapped atomically."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._turn = 0
        self.write(CREDENTIALS)
        for name in CREDENTIALS:
            (folder / name).symlink_to(f"..data/{name}")

    def write(self, values: dict[str, str]) -> None:
        """Put new values in place, all at once."""
        self._turn += 1
        version = self.folder / f"..{self._turn}"
        version.mkdir()
        for name, value in values.items():
            (version / name).write_text(value)
        (self.folder / "..new").symlink_to(version.name)
        (self.folder / "..new").rename(self.folder / "..data")


class Caller(threading.Thread):
    """One caller: does something at random until it is told to stop."""

    def __init__(self, number: int, port: int, ids: dict[str, str], told: Told) -> None:
        super().__init__(daemon=True)
        self._chance = random.Random(number)
        self._port = port
        self._ids = ids
        self._told = told
        self.stop = threading.Event()

    def run(self) -> None:
        """Act until stopped."""
        acts = [self.pay, self.pay, self.read, self.read, self.read, self.leave, self.slow]
        while not self.stop.is_set():
            with contextlib.suppress(OSError, AssertionError):
                self._chance.choice(acts)()

    def post(self, path: str, body: dict[str, Any], fault: str = "") -> Answer:
        """Send JSON."""
        fields = [("Content-Type", "application/json")]
        if fault:
            fields.append(("X-Sandbox-Fault", fault))
        return ask(self._port, path, "POST", fields, json.dumps(body).encode())

    def pay(self) -> None:
        """Resolve a key and pay; remember what was said about it."""
        resolved = self.post("/v1/resolve-key", {"customer_id": self._ids["customer"], "key": KEY})
        if resolved.status != 200:
            self._told.counts[f"resolve {resolved.status}"] += 1
            return
        resolution = json.loads(resolved.body)["id"]
        self._told.payments[resolution] = "unknown"  # until told otherwise
        amount = {"value": "1000", "currency": "COP"}
        body = {"account_id": self._ids["account"], "resolution_id": resolution, "amount": amount}
        answer = self.post("/v1/payments/breb", body, self._chance.choice(PAY_FAULTS))
        self._told.counts[f"pay {answer.status}"] += 1
        self._told.payments[resolution] = said(answer)
        if answer.status == 200 and answer.complete:
            got = json.loads(answer.body)["resolution_id"]
            if got != resolution:
                self._told.wrong.append(f"paid {resolution}, told of {got}")

    def read(self) -> None:
        """Read something of one's own and see that it is that."""
        kind = self._chance.choice(["customer", "account"])
        wanted = self._ids[kind]
        answer = ask(self._port, f"/v1/{kind}s/{wanted}?n={self._chance.random()}")
        self._told.counts[f"read {answer.status}"] += 1
        if answer.status == 200 and json.loads(answer.body)["id"] != wanted:
            self._told.wrong.append(f"asked for {wanted}, got {answer.body[:80]!r}")

    def leave(self) -> None:
        """Ask, and be gone before the answer."""
        with connect(self._port) as caller:
            caller.sock.sendall(b"GET /v1/payments HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self._told.counts["left"] += 1

    def slow(self) -> None:
        """Send a request in small pieces."""
        body = json.dumps({"customer_id": self._ids["customer"], "key": KEY}).encode()
        data = b"POST /v1/resolve-key HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n" % len(
            body
        )
        data += b"Content-Type: application/json\r\n\r\n" + body
        with connect(self._port) as caller:
            for start in range(0, len(data), 40):
                caller.sock.sendall(data[start : start + 40])
                time.sleep(0.002)
            answer = read_answer(caller)
        self._told.counts[f"slow {answer.status if answer else 'none'}"] += 1


def said(answer: Answer) -> str:
    """Return what an answer says about the payment: made, not-sent or unknown."""
    if answer.status == 200 and answer.complete:
        return "made"
    if answer["content-type"] == "application/problem+json" and answer.complete:
        return str(json.loads(answer.body)["outcome"])
    return "unknown"


class Trouble(threading.Thread):
    """Makes the token's life hard."""

    def __init__(self, sandbox: int, proxy: Program, secrets: Secrets) -> None:
        super().__init__(daemon=True)
        self._sandbox = sandbox
        self._proxy = proxy
        self._secrets = secrets
        self.stop = threading.Event()

    def lever(self, name: str, **body: Any) -> None:
        """Pull a lever of the simulator."""
        data = json.dumps(body).encode()
        assert ask(self._sandbox, f"/_sandbox/{name}", "POST", body=data).status == 200

    def run(self) -> None:
        """One trouble after another.

        A token that was minted because of a 401 is replaced before the next one is revoked: else
        the proxy would rightly take the 401s for a missing scope and pass them on for 30 s.
        """
        token_call = "POST /v1/iam/oauth/tokens"
        while not self.stop.is_set():
            self.lever("tokens/revoke")
            self.stop.wait(1.2)
            self.lever("faults", fault="status=503;times=2", match=token_call)
            self.renew()
            self.lever("faults", fault="reset;times=1", match=token_call)
            self.lever("tokens/expire", seconds=0.1)
            self.stop.wait(1.5)
            self._secrets.write({**CREDENTIALS, "BREB_CLIENT_SECRET": "mistyped"})
            self._proxy.admin("/refresh", "POST")
            self._secrets.write(CREDENTIALS)
            self.renew()
        self.lever("faults/clear")

    def renew(self) -> None:
        """Have the token renewed, however many tries that takes, and let it grow up.

        A token younger than a second is not renewed for a 401.
        """
        self._proxy.process.send_signal(signal.SIGHUP)
        while not self.stop.is_set():
            if json.loads(self._proxy.admin("/refresh", "POST")[1])["renewed"]:
                self.stop.wait(1.2)
                return
            self.stop.wait(0.3)


def judge(told: Told, executions: dict[str, Any]) -> list[str]:
    """Hold what callers were told against what the simulator did."""
    done: Counter[str] = Counter()
    for payment in executions["payments"].values():
        done[payment["resolution_id"]] += payment["executions"]
    wrong = list(told.wrong)
    for resolution, outcome in told.payments.items():
        times = done[resolution]
        if times > 1:
            wrong.append(f"{resolution}: executed {times} times")
        if outcome == "made" and times != 1:
            wrong.append(f"{resolution}: told that it was made, executed {times} times")
        if outcome == "not-sent" and times:
            wrong.append(f"{resolution}: told that it was not sent, executed {times} times")
    return wrong


def open_files(program: Program) -> int:
    """Count the process's open files (Linux)."""
    return len(list(Path(f"/proc/{program.process.pid}/fd").iterdir()))


@contextlib.contextmanager
def simulator() -> Any:
    """Run the simulator as a process; give its port."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "--port", str(port), "--settle-delay", "0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError):
                ask(port, "/_sandbox/executions")
                break
            assert time.monotonic() < deadline, "the simulator did not start"
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def prepare(port: int) -> dict[str, str]:
    """Make a customer and an account through the proxy."""
    caller = Caller(0, port, {}, Told())
    customer = {
        "type": "BUSINESS",
        "business_name": "Soak",
        "email": "soak@example.com",
        "mobile_phone_number": "+573001112233",
        "identification_type": "NIT",
        "identification_number": "900555777",
        "address": {
            "line_1": "Calle 1",
            "city": "Cali",
            "state": "Valle",
            "post_code": "760001",
            "country": "CO",
        },
        "merchant_category_code": "5814",
    }
    linked = json.loads(caller.post("/v1/customers/business/link", customer).body)["id"]
    account = {"customer_id": linked, "account_type": "ORDINARY", "account_number": "0001"}
    return {
        "customer": linked,
        "account": json.loads(caller.post("/v1/accounts/link", account).body)["id"],
    }


def soak(seconds: float, callers: int, say: Any = print) -> list[str]:
    """Run it; return what went wrong, nothing if all is well."""
    told = Told()
    with tempfile.TemporaryDirectory() as folder, simulator() as sandbox:
        secrets = Secrets(Path(folder))
        with Program(
            f"http://127.0.0.1:{sandbox}",
            client_id=None,
            client_secret=None,
            secrets_dir=folder,
            token_wait=5,
            log_level="warning",
        ) as proxy:
            ids = prepare(proxy.port)
            crowd = [Caller(number + 1, proxy.port, ids, told) for number in range(callers)]
            threads = [*crowd, Trouble(sandbox, proxy, secrets)]
            files, memory = under_load(threads, proxy, told, seconds, say)
            wrong = judge(told, json.loads(ask(sandbox, "/_sandbox/executions").body))
            wrong += at_rest(proxy)
            if open_files(proxy) > files + callers:
                wrong.append(f"open files grew from {files} to {open_files(proxy)}")
            if proxy.memory() > memory + 16_000_000:
                wrong.append(f"memory grew from {memory} to {proxy.memory()} bytes")
            if proxy.stop() != 0:
                wrong.append("the proxy did not end well")
    made = Counter(told.payments.values())
    say(f"{len(told.payments)} payments: {dict(made)}; {sum(told.counts.values())} acts")
    if made["made"] < seconds:
        wrong.append(f"only {made['made']} payments were made: no load worth the name")
    return wrong


def under_load(
    threads: list[Any], proxy: Program, told: Told, seconds: float, say: Any
) -> tuple[int, int]:
    """Let all threads run; return open files and memory as they were when it was warm."""
    warm = time.monotonic() + max(3.0, seconds / 5)
    end = time.monotonic() + seconds
    files, memory = 0, 0
    for thread in threads:
        thread.start()
    while time.monotonic() < end:
        time.sleep(1)
        if not files and time.monotonic() > warm:
            files, memory = open_files(proxy), proxy.memory()
        say(f"{max(0, end - time.monotonic()):5.0f} s left  {dict(sorted(told.counts.items()))}")
    for thread in threads:
        thread.stop.set()
    for thread in threads:
        thread.join(30)
    return files, memory


def at_rest(proxy: Program) -> list[str]:
    """Report what is still under way although all callers have had time to go."""
    deadline = time.monotonic() + PATIENCE
    while True:
        left = proxy.status()
        if not (left["in_flight"] or left["pool"]["busy"] or left["pool"]["waiting"]):
            return []
        if time.monotonic() > deadline:
            return [f"not at rest: {left['in_flight']} in flight, pool {left['pool']}"]
        time.sleep(0.1)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--callers", type=int, default=16)
    options = parser.parse_args()
    wrong = soak(options.seconds, options.callers)
    for line in wrong[:20]:
        print("WRONG", line)
    print("soak: all is well" if not wrong else f"soak: {len(wrong)} things went wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
