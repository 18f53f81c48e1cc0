"""A pod of a manifest, run with podman the way a kubelet runs it.

As there: one network namespace with a loopback of its own and a pod address; init containers in
order, native sidecars held until their startup probe passes; probes by HTTP to the pod's address;
Secret volumes with fsGroup; uid, read-only root, capabilities and memory limit of the manifest;
SIGTERM to the application first, to the sidecars when it is gone, SIGKILL after the grace period.
Left out: scheduling, restarts, liveness, Services, the API server.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.containers.manifests import Document, Manifests
from tests.containers.podman import SIMULATOR, logs, podman, state
from tests.containers.volumes import SecretVolume

ADDRESS = "10.244.0.2"
JSON = {"Content-Type": "application/json"}
METRICS = f"http://{ADDRESS}:8081/metrics"
ASK = Path(__file__).with_name("ask.py")
LEFT_TO_SIDECARS = 2.0


class ProbeFailed(Exception):
    """A probe did not pass in the time that the manifest gives it."""


class Pod:
    """Use as a context manager; `up` starts it, `down` ends it as a deletion would."""

    def __init__(self, documents: list[Document]) -> None:
        self.manifests = Manifests(documents)
        self.spec: Document = self.manifests.workload["spec"]["template"]["spec"]
        self.name = f"pod-{uuid.uuid4().hex[:8]}"
        self.events: list[str] = []
        self._security = self.spec.get("securityContext", {})
        self._folder = Path(tempfile.mkdtemp(prefix=self.name))
        self._folder.chmod(0o755)
        self._volumes: dict[str, SecretVolume] = {}
        self._netns = ""

    def __enter__(self) -> Self:
        podman("pod", "create", "--name", self.name, "--network", "none", "--share", "net,ipc,uts")
        podman("pod", "start", self.name)
        infra = podman("pod", "inspect", self.name, "--format", "{{.InfraContainerID}}")
        self._netns = str(state(infra)["Pid"])
        self._enter("ip", "address", "add", f"{ADDRESS}/32", "dev", "lo")
        self.rotate()
        return self

    def __exit__(self, *_: object) -> None:
        podman("pod", "rm", "-f", "-t", "0", self.name)
        shutil.rmtree(self._folder)

    # -- what stands around the pod ------------------------------------------------------------

    def simulator(self, *flags: str) -> None:
        """Start the simulator at 127.0.0.1:9090 of the pod; no part of the manifest."""
        podman("run", "-d", "--pod", self.name, "--name", self.container("simulator"),
               "--pull", "never", SIMULATOR, "sandbox", *flags)  # fmt: skip
        deadline = time.monotonic() + 30
        while self.ask("http://127.0.0.1:9090/")["status"] == 0:
            assert time.monotonic() < deadline, self.logs("simulator")
            time.sleep(0.1)

    def rotate(self, **secrets: dict[str, str]) -> None:
        """Write the volumes, with new contents for the Secrets given (``_`` for ``-``)."""
        for name, values in secrets.items():
            content = {key: value.encode() for key, value in values.items()}
            self.manifests.secrets[name.replace("_", "-")] = content
        for volume in self.spec.get("volumes", []):
            name = volume["name"]
            if name not in self._volumes:
                group = self._security.get("fsGroup")
                self._volumes[name] = SecretVolume(self._folder / name, group)
            self._volumes[name].write(*self.manifests.files(volume))

    # -- looking at it -------------------------------------------------------------------------

    def container(self, name: str) -> str:
        """Return podman's name of a container."""
        return f"{self.name}-{name}"

    def logs(self, name: str) -> str:
        """Return a container's output."""
        return logs(self.container(name))

    def run(self, name: str, *command: str) -> str:
        """Run a command in a container, as ``kubectl exec`` and preStop do; return its output."""
        return podman("exec", self.container(name), *command)

    def state(self, name: str) -> dict[str, Any]:
        """Return a container's state."""
        return state(self.container(name))

    def asking(
        self,
        url: str,
        method: str = "GET",
        body: str = "",
        *,
        fields: Mapping[str, str] | None = None,
        timeout: float = 30,
    ) -> "subprocess.Popen[str]":
        """Begin a request inside the pod's network; `answer` waits for it."""
        command = [sys.executable, str(ASK), method, url, json.dumps(dict(fields or {})), body]
        enter = ["nsenter", "-t", self._netns, "-n", *command, str(timeout)]
        return subprocess.Popen(enter, stdout=subprocess.PIPE, text=True)

    def ask(
        self,
        url: str,
        method: str = "GET",
        body: str = "",
        *,
        fields: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Make a request inside the pod's network; status 0 stands for no answer."""
        return answer(self.asking(url, method, body, fields=fields))

    def set(self, control: str, **values: Any) -> None:
        """Set one of the simulator's controls."""
        url = f"http://127.0.0.1:9090/_sandbox/{control}"
        given = self.ask(url, "POST", json.dumps(values), fields=JSON)
        assert given["status"] < 300, given

    def until_in_flight(self, count: int) -> None:
        """Wait until the proxy has this many exchanges under way."""
        deadline = time.monotonic() + 30
        while f"breb_proxy_in_flight {count}" not in self.ask(METRICS)["body"]:
            assert time.monotonic() < deadline, self.logs("breb-proxy")

    def _enter(self, *command: str) -> None:
        subprocess.run(["nsenter", "-t", self._netns, "-n", *command], check=True)

    # -- its life ------------------------------------------------------------------------------

    def up(self) -> Self:
        """Start everything in order; return when all that have a readiness probe are ready."""
        for spec in self.spec.get("initContainers", []):
            self._start(spec)
            if spec.get("restartPolicy") == "Always":
                self._until(spec, "startupProbe")
            else:
                podman("wait", self.container(spec["name"]))
        for spec in self.spec["containers"]:
            self._start(spec)
            self._until(spec, "startupProbe")
        for spec in (*self.spec.get("initContainers", []), *self.spec["containers"]):
            self._until(spec, "readinessProbe")
        return self

    def complete(self) -> None:
        """Wait until all containers but the sidecars have ended, as a Job does."""
        for spec in self.spec["containers"]:
            podman("wait", self.container(spec["name"]))

    def down(self) -> dict[str, int]:
        """End it as a deletion does; return each container's exit code."""
        deadline = time.monotonic() + self.spec.get("terminationGracePeriodSeconds", 30)
        self._stop(self.spec["containers"], deadline)
        for spec in reversed(self.spec.get("initContainers", [])):
            self._stop([spec], deadline)
        both = (*self.spec["containers"], *self.spec.get("initContainers", []))
        return {spec["name"]: self.state(spec["name"])["ExitCode"] for spec in both}

    def _stop(self, specs: list[Document], deadline: float) -> None:
        left = max(LEFT_TO_SIDECARS, deadline - time.monotonic())
        threads = [
            threading.Thread(
                target=podman, args=("stop", "-t", str(round(left)), self.container(spec["name"]))
            )
            for spec in specs
        ]
        self.events += [f"stopping {spec['name']}" for spec in specs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.events += [f"stopped {spec['name']}" for spec in specs]

    def _start(self, spec: Document) -> None:
        own = spec.get("securityContext", {})
        command = ["run", "-d", "--pod", self.name, "--name", self.container(spec["name"])]
        command += ["--pull", "never", *_privileges(own, self._security)]
        limit = spec.get("resources", {}).get("limits", {}).get("memory")
        command += ["--memory", limit.replace("Mi", "m")] if limit else []
        fields = {"metadata.namespace": self.manifests.workload["metadata"]["namespace"]}
        for name, value in self.manifests.environment(spec, fields).items():
            command += ["--env", f"{name}={value}"]
        for mount in spec.get("volumeMounts", []):
            mode = ":ro" if mount.get("readOnly") else ""
            folder = self._volumes[mount["name"]].folder
            command += ["--volume", f"{folder}:{mount['mountPath']}{mode}"]
        if "command" in spec:
            command += ["--entrypoint", json.dumps(spec["command"])]
        podman(*command, spec["image"], *spec.get("args", []))
        self.events.append(f"started {spec['name']}")

    def _until(self, spec: Document, kind: str) -> None:
        """Probe until it passes; pods are torn down, not restarted, where it does not."""
        probe = spec.get(kind)
        if probe is None:
            return
        tries = probe.get("failureThreshold", 3) if kind == "startupProbe" else 10
        for _ in range(tries):
            if self._passes(spec, probe):
                self.events.append(f"{kind} of {spec['name']} passed")
                return
            time.sleep(probe.get("periodSeconds", 10))
        raise ProbeFailed(f"{kind} of {spec['name']}: {self.logs(spec['name'])}")

    def _passes(self, spec: Document, probe: Document) -> bool:
        get = probe["httpGet"]
        port = next(p["containerPort"] for p in spec["ports"] if p["name"] == get["port"])
        url = f"http://{ADDRESS}:{port}{get['path']}"
        given = answer(self.asking(url, timeout=probe.get("timeoutSeconds", 1)))
        return 200 <= int(given["status"]) < 400


def answer(asking: "subprocess.Popen[str]") -> dict[str, Any]:
    """Wait for a request begun with `Pod.asking`: status, fields and body."""
    output, _ = asking.communicate(timeout=120)
    document: dict[str, Any] = json.loads(output)
    return document


def _privileges(own: Document, pod: Document) -> list[str]:
    both = {**pod, **own}
    flags = ["--user", f"{both['runAsUser']}:{both['runAsGroup']}"]
    flags += ["--group-add", str(pod["fsGroup"])] if "fsGroup" in pod else []
    flags += [f"--cap-drop={name}" for name in own.get("capabilities", {}).get("drop", [])]
    if own.get("readOnlyRootFilesystem"):
        flags += ["--read-only", "--read-only-tmpfs=false"]
    if own.get("allowPrivilegeEscalation") is False:
        flags += ["--security-opt", "no-new-privileges"]
    return flags
