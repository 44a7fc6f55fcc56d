"""The manifests against Kubernetes' published schemas, and against each other: `cargo xtask python` runs this."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

Manifest = dict[str, Any]

MANIFESTS: list[Manifest] = list(yaml.safe_load_all((Path(__file__).parent / "gateway.yaml").read_text()))
# `sleep` before the end needs the first.
VERSIONS = ["1.30", kubernetes_validate.latest_version()]


def of(kind: str) -> Manifest:
    [found] = [manifest for manifest in MANIFESTS if manifest["kind"] == kind]
    return found


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest["kind"])
def test_the_schema_takes_it(manifest: Manifest, version: str) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schema_refuses_what_is_wrong() -> None:
    wrong = of("Service") | {"spec": {"selectors": {}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_each_finds_the_others() -> None:
    pods = of("Deployment")["spec"]["template"]
    labels = pods["metadata"]["labels"]
    assert of("Deployment")["spec"]["selector"]["matchLabels"] == labels
    assert of("Service")["spec"]["selector"] == labels
    assert of("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert of("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    target = of("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", of("Deployment")["metadata"]["name"])
    # Fewer than may be away would let all be away.
    assert of("HorizontalPodAutoscaler")["spec"]["minReplicas"] > of("PodDisruptionBudget")["spec"]["maxUnavailable"]


def test_ports_probes_and_waiting_times_fit() -> None:
    pod = of("Deployment")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    [port] = container["ports"]
    assert f"--listen=0.0.0.0:{port['containerPort']}" in container["args"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == port["name"]
    assert [entry["targetPort"] for entry in of("Service")["spec"]["ports"]] == [port["name"]]
    # What was accepted is finished: 50 s is the default of --answer-seconds.
    assert pod["terminationGracePeriodSeconds"] >= container["lifecycle"]["preStop"]["sleep"]["seconds"] + 50
