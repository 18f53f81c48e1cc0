"""What the chart renders for the values that platform teams ask for, and what it refuses."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.containers.manifests import ROOT, Document, HelmRefused, Manifests, helm

CHART = ROOT / "docker" / "helm" / "breb-proxy"
PRODUCTION = "https://api.paas.co.passportfintech.com"


def rendered(values: str, folder: Path) -> list[Document]:
    """Render the chart with values given as YAML."""
    file = folder / "values.yaml"
    file.write_text(values, encoding="utf-8")
    return helm(CHART, "--values", str(file))


def pod_of(documents: list[Document]) -> Document:
    spec: Document = Manifests(documents).workload["spec"]["template"]["spec"]
    return spec


def one(documents: list[Document], kind: str, suffix: str = "") -> Document:
    name = f"shop-breb-proxy{suffix}"
    return next(d for d in documents if (d["kind"], d["metadata"]["name"]) == (kind, name))


def environment(documents: list[Document]) -> dict[str, Any]:
    (proxy,) = (c for c in pod_of(documents)["containers"] if c["name"] == "breb-proxy")
    return {item["name"]: item.get("value") for item in proxy["env"]}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param(
            "settings: { BASE_ULR: x }", "settings.BASE_ULR is not a setting", id="misspelt setting"
        ),
        pytest.param(
            "settings: { CLIENT_SECRET: x }", "CLIENT_SECRET is a secret", id="secret among them"
        ),
        pytest.param(
            "settings: { BREB_CALLER_KEY: x }", "CALLER_KEY is a secret", id="secret with prefix"
        ),
        pytest.param(
            "settings: { BREB_DENY: x }", "write names without BREB_: settings.DENY", id="prefix"
        ),
        pytest.param(
            "settings: { LISTEN: x }", "settings.LISTEN cannot be set here", id="listener"
        ),
        pytest.param("replicaCount: 2", "replicaCount is not a value .* use replicas", id="name"),
        pytest.param("ingress: {}", "ingress is not a value of this chart", id="ingress"),
        pytest.param("settings: { MAX_BODY: lots }", "MAX_BODY", id="no number"),
        pytest.param("settings: { CONSOLE: maybe }", "CONSOLE", id="no boolean"),
        pytest.param(
            f"settings: {{ BASE_URL: {PRODUCTION} }}", "real money moves", id="production"
        ),
        pytest.param(
            f"settings: {{ BASE_URL: '{PRODUCTION.upper()}/x', ALLOW_PRODUCTION: false }}",
            "ALLOW_PRODUCTION",
            id="production in capitals",
        ),
        pytest.param(
            f"settings: {{ TOKEN_URL: {PRODUCTION}/tokens }}", "settings.TOKEN_URL", id="its tokens"
        ),
        pytest.param(
            "settings: { BASE_URL: https://bre-b.api.visionamos.passportfintech.com. }",
            "real money moves",
            id="the sandbox without its name",
        ),
        pytest.param(
            "settings: { BASE_URL: 'https://PAY.test/x', PRODUCTION_HOSTS: 'a.test, pay.test' }",
            "pay.test counts as Passport's production",
            id="an own host before production",
        ),
        pytest.param("imagee: { tag: x }", "imagee", id="misspelt value"),
        pytest.param("image: { digest: latest }", "digest", id="no digest"),
        pytest.param("autoscaling: { minReplicas: 20 }", "maxReplicas", id="more at least"),
        pytest.param("database: { passwordSecret: a }", "need database.url", id="no database"),
        pytest.param(
            "{ ledger: { enabled: true }, database: { url: 'postgresql://a/b', ledger: true } }",
            "two ledgers",
            id="a ledger in a file and in a database",
        ),
        pytest.param(
            "settings: { TOKEN_SHARED: true }", "set database.url", id="shared without a database"
        ),
        pytest.param("database: { url: x }", "database", id="no address"),
        pytest.param(
            "{ tls: { secret: a }, settings: { TLS_CERT: /b } }", "two certificates", id="two"
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(
    values: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(HelmRefused, match=said):
        rendered(values, tmp_path)


@pytest.mark.parametrize(
    ("repository", "image"),
    [
        ("breb-proxy", "mirror.corp/pay/breb-proxy"),
        ("payments/breb-proxy", "mirror.corp/pay/payments/breb-proxy"),
        ("registry.corp/breb-proxy", "registry.corp/breb-proxy"),
        ("localhost/breb-proxy", "localhost/breb-proxy"),
    ],
)
def test_the_registry_of_all_charts_goes_before_an_image_that_names_none(
    repository: str, image: str, tmp_path: Path
) -> None:
    values = "global: {{ imageRegistry: mirror.corp/pay }}\nimage: {{ repository: {} }}"
    (proxy,) = (
        container
        for container in pod_of(rendered(values.format(repository), tmp_path))["containers"]
        if container["name"] == "breb-proxy"
    )
    assert proxy["image"].rpartition(":")[0] == image


@pytest.mark.parametrize(("ledger", "kind"), [("false", "deployment"), ("true", "statefulset")])
def test_the_notes_name_the_workload_that_there_is(ledger: str, kind: str) -> None:
    command = ["helm", "install", "shop", str(CHART), "--dry-run=client"]
    told = subprocess.run(
        [*command, "--set", f"ledger.enabled={ledger}"], capture_output=True, text=True, check=True
    ).stdout
    assert f"rollout status {kind}/shop-breb-proxy\n" in told


def test_the_chart_and_the_plain_manifests_run_the_same_container(tmp_path: Path) -> None:
    """Their probes, security and paths are written twice; here they are held together."""
    folder = ROOT / "docker" / "kubernetes" / "base" / "standalone"
    plain = yaml.safe_load((folder / "deployment.yaml").read_text())["spec"]["template"]["spec"]
    made = pod_of(rendered("", tmp_path))
    mine, theirs = made["containers"][0], plain["containers"][0]
    for name in ("startupProbe", "readinessProbe", "livenessProbe", "resources", "securityContext",
                 "ports", "volumeMounts"):  # fmt: skip
        assert mine[name] == theirs[name], name
    for name in ("securityContext", "volumes", "terminationGracePeriodSeconds"):
        assert made[name] == plain[name], name


def test_production_is_let_through_where_it_is_allowed(tmp_path: Path) -> None:
    made = rendered(f"settings: {{ BASE_URL: {PRODUCTION}, ALLOW_PRODUCTION: true }}", tmp_path)
    assert environment(made)["BREB_ALLOW_PRODUCTION"] == "true"


def test_a_sandbox_is_let_through(tmp_path: Path) -> None:
    url = "https://api.paas.sandbox.co.passportfintech.com"
    assert (
        environment(rendered(f"settings: {{ BASE_URL: {url} }}", tmp_path))["BREB_BASE_URL"] == url
    )


def test_with_tls_service_notes_and_test_speak_tls(tmp_path: Path) -> None:
    made = rendered("{ tls: { secret: shop-tls } }", tmp_path)
    (port,) = one(made, "Service")["spec"]["ports"]
    assert (port["name"], port["port"], port["appProtocol"]) == ("https", 443, "https")
    assert environment(made)["BREB_TLS_CERT"] == "/etc/breb-proxy-tls/tls.crt"
    assert {"name": "tls", "secret": {"secretName": "shop-tls", "defaultMode": 0o440}} in pod_of(
        made
    )["volumes"]
    assert "HTTPSConnection" in one(made, "Pod", "-test")["spec"]["containers"][0]["args"][0]
    assert one(made, "NetworkPolicy")["spec"]["ingress"][0]["ports"][0]["port"] == "https"


def test_a_cluster_that_gives_uids_itself_gets_none(tmp_path: Path) -> None:
    values = "podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null }"
    security = pod_of(rendered(values, tmp_path))["securityContext"]
    assert security == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def test_keys_of_existing_secrets_are_mapped(tmp_path: Path) -> None:
    keys = "{ BREB_CLIENT_ID: client-id, BREB_CLIENT_SECRET: client-secret }"
    (volume,) = pod_of(rendered(f"secretKeys: {keys}", tmp_path))["volumes"]
    first, second = volume["projected"]["sources"]
    assert first["secret"]["items"] == [
        {"key": "client-id", "path": "BREB_CLIENT_ID"},
        {"key": "client-secret", "path": "BREB_CLIENT_SECRET"},
    ]
    assert second == {"secret": {"name": "breb-proxy-caller-key"}}


def test_one_secret_may_hold_all(tmp_path: Path) -> None:
    values = """
      credentialsSecret: payments
      callerKeySecret: payments
      secretKeys: { BREB_CALLER_KEY: caller-key }
    """
    (volume,) = pod_of(rendered(values, tmp_path))["volumes"]
    (source,) = volume["projected"]["sources"]
    assert [item["path"] for item in source["secret"]["items"]] == [
        "BREB_CLIENT_ID",
        "BREB_CLIENT_SECRET",
        "BREB_CALLER_KEY",
    ]


def test_files_may_come_by_a_volume_instead_of_a_secret(tmp_path: Path) -> None:
    values = """
      credentialsSecret: ""
      callerKeySecret: ""
      secretsDir: /mnt/vault
      extraVolumes: [{ name: vault, csi: { driver: secrets-store.csi.k8s.io } }]
      extraVolumeMounts: [{ name: vault, mountPath: /mnt/vault, readOnly: true }]
    """
    made = rendered(values, tmp_path)
    spec = pod_of(made)
    assert [volume["name"] for volume in spec["volumes"]] == ["vault"]
    assert [m["name"] for m in spec["containers"][0]["volumeMounts"]] == ["vault"]
    assert environment(made)["BREB_SECRETS_DIR"] == "/mnt/vault"


def test_a_bundle_of_authorities_takes_two_lines(tmp_path: Path) -> None:
    made = rendered("caBundle:\n  configMap: corporate", tmp_path)
    assert environment(made)["BREB_CA_BUNDLE"] == "/etc/breb-proxy-authorities/ca.crt"
    assert {"name": "authorities", "configMap": {"name": "corporate"}} in pod_of(made)["volumes"]


def test_every_monitor_finds_what_it_looks_for(tmp_path: Path) -> None:
    enabled = "{ enabled: true }"
    made = rendered(
        f"metrics: {{ podMonitor: {enabled}, serviceMonitor: {enabled}, rules: {enabled},"
        f" dashboard: {enabled} }}",
        tmp_path,
    )
    labels = one(made, "Service", "-metrics")["metadata"]["labels"]
    wanted = one(made, "ServiceMonitor")["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= labels.items()
    callers = one(made, "Service")["metadata"]["labels"]
    assert not wanted.items() <= callers.items(), "the callers' Service is not scraped"
    rules = yaml.safe_load((ROOT / "docker/helm/breb-proxy/files/rules.yaml").read_text())
    assert one(made, "PrometheusRule")["spec"] == rules
    assert one(made, "ConfigMap", "-dashboard")["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_labels_and_annotations_are_on_everything(tmp_path: Path) -> None:
    made = rendered(
        "{ commonLabels: { team: payments }, commonAnnotations: { note: x },"
        " serviceAccount: { create: true } }",
        tmp_path,
    )
    for document in made:
        assert document["metadata"]["labels"]["team"] == "payments", document["kind"]
        assert document["metadata"]["annotations"]["note"] == "x", document["kind"]
    template = one(made, "Deployment")["spec"]["template"]["metadata"]
    assert template["labels"]["team"] == "payments"
    assert pod_of(made)["serviceAccountName"] == "shop-breb-proxy"


def test_a_pods_labels_cannot_take_it_out_of_its_service(tmp_path: Path) -> None:
    made = rendered("podLabels: { app.kubernetes.io/name: other, a: b }", tmp_path)
    labels = one(made, "Deployment")["spec"]["template"]["metadata"]["labels"]
    assert one(made, "Service")["spec"]["selector"].items() <= labels.items()
    assert labels["a"] == "b"


def test_it_can_be_tried_without_credentials() -> None:
    made = helm(CHART, "--values", str(CHART / "values.try.yaml"))
    assert environment(made)["BREB_BASE_URL"] == "http://breb-simulator:9090"
    assert sorted(d["metadata"]["name"] for d in made if d["kind"] == "Secret") == [
        "breb-proxy-caller-key",
        "breb-proxy-credentials",
    ]


def test_a_long_name_leaves_room_for_what_comes_behind_it() -> None:
    made = helm(CHART, release="r" * 53)
    assert all(len(document["metadata"]["name"]) <= 63 for document in made)
    (test,) = (d for d in made if d["kind"] == "Pod")
    assert test["metadata"]["name"].endswith("-test")


def test_with_a_ledger_each_replica_keeps_a_disk_of_its_own(tmp_path: Path) -> None:
    made = rendered("ledger: { enabled: true, size: 8Gi, storageClass: fast }", tmp_path)
    workload = Manifests(made).workload
    assert workload["kind"] == "StatefulSet"
    (claim,) = workload["spec"]["volumeClaimTemplates"]
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "fast",
        "resources": {"requests": {"storage": "8Gi"}},
    }
    (proxy,) = pod_of(made)["containers"]
    assert {"name": "ledger", "mountPath": "/var/lib/breb-proxy"} in proxy["volumeMounts"]
    assert environment(made)["BREB_LEDGER"] == "/var/lib/breb-proxy/ledger.db"
    assert one(made, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["kind"] == "StatefulSet"


def test_replicas_share_a_token_through_a_database(tmp_path: Path) -> None:
    address = "postgresql://breb@db.example.co/breb"
    made = rendered(
        f"database: {{ url: '{address}', passwordSecret: db, ca: {{ configMap: authorities }} }}",
        tmp_path,
    )
    found = environment(made)
    assert found["BREB_DATABASE"] == address
    assert found["BREB_TOKEN_SHARED"] == "true"
    assert found["BREB_DATABASE_CA"] == "/etc/breb-proxy-database/ca.crt"
    volumes = {each["name"]: each for each in pod_of(made)["volumes"]}
    assert volumes["database-authorities"]["configMap"] == {"name": "authorities"}
    assert "'db'" in str(pod_of(made)["volumes"])
    assert "BREB_DATABASE" not in environment(helm(CHART))


def test_a_ledger_in_the_database_needs_no_volume(tmp_path: Path) -> None:
    made = rendered("database: { url: 'postgresql://breb@db/breb', ledger: true }", tmp_path)
    found = environment(made)
    assert found["BREB_LEDGER"] == "postgresql://breb@db/breb"
    assert found["BREB_TOKEN_SHARED"] == "true"
    assert "BREB_DATABASE" not in found
    assert Manifests(made).workload["kind"] == "Deployment"
    assert not [each for each in pod_of(made)["volumes"] if "persistentVolumeClaim" in each]
