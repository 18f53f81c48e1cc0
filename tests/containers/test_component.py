"""The kustomize Component in an application of somebody else, run as a pod."""

from tests.containers.manifests import KUBERNETES, ROOT, Document, kustomize
from tests.containers.pod import ADDRESS, Pod


def shop() -> list[Document]:
    """Return what the StatefulSet and its sidecar need, without its neighbours."""
    return [
        document
        for document in kustomize(KUBERNETES / "component")
        if document["kind"] not in ("Deployment", "CronJob", "NetworkPolicy")
    ]


def named(name: str) -> Document:
    """Return one object."""
    return next(d for d in kustomize(KUBERNETES / "component") if d["metadata"]["name"] == name)


def test_a_foreign_stateful_set_runs_with_it_its_own_init_container_asks_through_it() -> None:
    with Pod(shop()) as pod:
        pod.simulator()
        pod.up()
        assert pod.events[:2] == ["started breb-proxy", "startupProbe of breb-proxy passed"]
        assert pod.state("migrate")["ExitCode"] == 0
        assert "report: 200" in pod.logs("migrate")
        assert pod.ask("http://127.0.0.1:8000/")["status"] == 200
        assert pod.ask(f"http://{ADDRESS}:8080/v1/accounts")["status"] == 0, "loopback alone"
        assert pod.down() == {"app": 0, "migrate": 0, "breb-proxy": 0}


def test_what_the_application_had_stays_as_it_was() -> None:
    spec = named("shop")["spec"]["template"]["spec"]
    assert spec["securityContext"]["fsGroup"] == 2000
    assert [one["name"] for one in spec["initContainers"]] == ["breb-proxy", "migrate"]
    assert {one["name"] for one in spec["volumes"]} == {"settings", "breb-credentials"}
    assert spec["containers"][0]["volumeMounts"] == [{"name": "settings", "mountPath": "/etc/shop"}]
    template = named("shop")["spec"]["template"]["metadata"]
    assert template["annotations"] == {"prometheus.io/port": "8000"}


def test_a_cron_jobs_pods_get_it_and_who_has_no_label_does_not() -> None:
    pod = named("nightly")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (sidecar,) = pod["initContainers"]
    assert sidecar == named("shop")["spec"]["template"]["spec"]["initContainers"][0]
    assert "initContainers" not in named("bystander")["spec"]["template"]["spec"]


def test_the_network_policy_keeps_strangers_from_the_admin_listener_alone() -> None:
    policy = named("breb-proxy-sidecar")["spec"]
    labels = named("shop")["spec"]["template"]["metadata"]["labels"]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    open_to_all = [rule["ports"] for rule in policy["ingress"] if "from" not in rule]
    tcp = [port for (ports) in open_to_all for port in ports if port["protocol"] == "TCP"]
    missing = set(range(1, 65536)) - {
        number for port in tcp for number in range(port["port"], port["endPort"] + 1)
    }
    assert missing == {8081}


def test_the_ledgers_component_gives_each_replica_a_disk_of_its_own() -> None:
    made = kustomize(ROOT / "docker" / "kubernetes" / "overlays" / "ledger")
    (proxy,) = (d for d in made if d["kind"] == "StatefulSet")
    (claim,) = proxy["spec"]["volumeClaimTemplates"]
    (container,) = proxy["spec"]["template"]["spec"]["containers"]
    assert {"name": claim["metadata"]["name"], "mountPath": "/var/lib/breb-proxy"} in container[
        "volumeMounts"
    ]
    assert {"name": "BREB_LEDGER", "value": "/var/lib/breb-proxy/ledger.db"} in container["env"]
    (scaler,) = (d for d in made if d["kind"] == "HorizontalPodAutoscaler")
    assert scaler["spec"]["scaleTargetRef"]["kind"] == "StatefulSet"


def test_the_databases_component_needs_no_disk_and_keeps_two_replicas_apart() -> None:
    made = kustomize(ROOT / "docker" / "kubernetes" / "overlays" / "database")
    kinds = {
        each["kind"]: each["spec"] for each in made if each["metadata"]["name"] == "breb-proxy"
    }
    pod = kinds["Deployment"]["template"]["spec"]
    (container,) = pod["containers"]
    env = {each["name"]: each.get("value") for each in container["env"]}
    assert env["BREB_TOKEN_SHARED"] == "true"
    assert env["BREB_LEDGER"] == "postgresql://breb@db.example.co/breb"
    mounted = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    assert env["BREB_DATABASE_CA"] == f"{mounted['database-authorities']}/ca.crt"
    secrets = [each["secret"]["name"] for each in pod["volumes"][0]["projected"]["sources"]]
    assert "breb-proxy-database" in secrets
    assert kinds["HorizontalPodAutoscaler"]["minReplicas"] == 2
    assert kinds["PodDisruptionBudget"]["maxUnavailable"] == 1
    (spread,) = pod["topologySpreadConstraints"]
    assert spread["topologyKey"] == "kubernetes.io/hostname"
    assert {
        port["port"] for rule in kinds["NetworkPolicy"]["egress"] for port in rule["ports"]
    } == {*(53, 443, 5432)}
    others = [
        d
        for d in made
        if d["kind"] in ("Deployment", "Job") and d["metadata"]["name"] != "breb-proxy"
    ]
    assert "BREB_LEDGER" not in str(others), "a sidecar and a Job have a ledger of their own"
