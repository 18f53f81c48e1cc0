"""Kubernetes manifests as the API server would hold them, and what they mean for a container."""

import base64
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]
ROOT = Path(__file__).parents[2]
KUBERNETES = Path(__file__).parent / "kubernetes"
_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")


def kustomize(folder: Path) -> list[Document]:
    """Render a kustomization with kubectl."""
    text = subprocess.run(
        ["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=True
    ).stdout
    return [document for document in yaml.safe_load_all(text) if document]


def helm(chart: Path, *flags: str, release: str = "shop") -> list[Document]:
    """Render a release in the namespace breb-tests; raise HelmRefused with what Helm says."""
    command = ["helm", "template", release, str(chart), "--namespace", "breb-tests", *flags]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise HelmRefused(done.stderr)
    return [document for document in yaml.safe_load_all(done.stdout) if document]


class HelmRefused(Exception):
    """The values were not taken."""


class Manifests:
    """The objects of one rendered kustomization."""

    def __init__(self, documents: list[Document]) -> None:
        self.documents = documents
        self.secrets = {d["metadata"]["name"]: _secret(d) for d in self.of("Secret")}
        self.settings = {d["metadata"]["name"]: d["data"] for d in self.of("ConfigMap")}

    def of(self, *kinds: str) -> list[Document]:
        """Return the objects of some kinds."""
        return [document for document in self.documents if document["kind"] in kinds]

    @property
    def workload(self) -> Document:
        """The one Deployment, StatefulSet or Job."""
        (document,) = self.of("Deployment", "StatefulSet", "Job")
        return document

    def environment(self, container: Document, pod_fields: dict[str, str]) -> dict[str, str]:
        """Return a container's environment, with $(NAME) filled in."""
        values: dict[str, str] = {}
        for source in container.get("envFrom", []):
            reference = source["configMapRef"]
            if reference["name"] in self.settings or not reference.get("optional"):
                values |= self.settings[reference["name"]]
        for item in container.get("env", []):
            if "value" in item:
                values[item["name"]] = _filled_in(item["value"], values)
            else:
                values[item["name"]] = pod_fields[item["valueFrom"]["fieldRef"]["fieldPath"]]
        return values

    def files(self, volume: Document) -> tuple[dict[str, bytes], int]:
        """Return the files of a Secret or projected volume, and their mode."""
        if "secret" in volume:
            source = volume["secret"]
            return self._picked(source["secretName"], source), source.get("defaultMode", 0o644)
        merged: dict[str, bytes] = {}
        for source in volume["projected"]["sources"]:
            merged |= self._picked(source["secret"]["name"], source["secret"])
        return merged, volume["projected"].get("defaultMode", 0o644)

    def _picked(self, name: str, source: Document) -> dict[str, bytes]:
        content = self.secrets[name]
        if "items" not in source:
            return dict(content)
        return {item["path"]: content[item["key"]] for item in source["items"]}


def _filled_in(text: str, known: dict[str, str]) -> str:
    return _REFERENCE.sub(lambda match: known.get(match[1], match[0]), text)


def _secret(document: Document) -> dict[str, bytes]:
    plain = {name: value.encode() for name, value in document.get("stringData", {}).items()}
    return plain | {
        name: base64.b64decode(value) for name, value in document.get("data", {}).items()
    }
