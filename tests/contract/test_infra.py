"""What the templates in ``infra`` rely on from each other and from the manifests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from nodes import documented

from deployed import REPOSITORY, STAGES, objects, render
from simulation.template import resources_of

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = sorted(REPOSITORY.glob("infra/account/*.yaml"))
STAGE = sorted(REPOSITORY.glob("infra/stage/*.yaml"))
KUBERNETES_OWN = {
    *("ConfigMap", "Service", "ServiceAccount", "Deployment", "HorizontalPodAutoscaler"),
    *("Ingress", "NetworkPolicy", "PodDisruptionBudget"),
}
"""Kinds of ours that AmazonEKSEditPolicy, which is Kubernetes' role ``edit``, lets be applied."""


def names(path: Path, section: str) -> set[str]:
    text = f"{path.read_text()}\n"
    found = re.search(rf"^{section}:\n((?: .*\n|\n)+)", text, re.MULTILINE)
    return set(re.findall(r"^  (\w+):", found[1], re.MULTILINE)) if found else set()


def given(path: Path) -> set[str]:
    """Return the parameters of a template that another template's outputs are for."""
    return set(re.findall(r"^  (\w+): \{ Type: \w+ \}$", path.read_text(), re.MULTILINE))


def test_what_a_template_is_given_another_one_says() -> None:
    said = {path: names(path, "Outputs") for path in (*ACCOUNT, *STAGE)}
    for path in (*ACCOUNT, *STAGE):
        others = [said[each] for each in (ACCOUNT if path in ACCOUNT else STAGE) if each != path]
        assert given(path) <= set().union(*others), path.name
    assert {"ApiQueueArn", "JobsTableArn"} <= given(REPOSITORY / "infra/stage/roles.yaml")


def test_logical_names_are_those_of_one_stack() -> None:
    """``mentor-ops doctor`` looks at all stacks of a stage together."""
    found = [name for path in STAGE for name in names(path, "Resources")]
    assert sorted(found) == sorted(set(found))


def test_nothing_of_a_first_install_that_failed_stands_in_the_next_ones_way() -> None:
    kept = [
        name
        for path in (*ACCOUNT, *STAGE)
        for name, each in resources_of(f"../{path.parent.name}/{path.stem}").items()
        if each.get("DeletionPolicy") == "Retain"  # which holds for a creation that failed, too
    ]
    assert not kept, f"stand in the way of the next install: {kept}"


THE_WHOLE: dict[str, tuple[str, str]] = {
    "network": ("AWS::EC2::VPC", ""),
    "S3 without NAT": ("AWS::EC2::VPCEndpoint", "com.amazonaws.${AWS::Region}.s3"),
    "DynamoDB without NAT": ("AWS::EC2::VPCEndpoint", "com.amazonaws.${AWS::Region}.dynamodb"),
    "cluster": ("AWS::EKS::Cluster", ""),
    "nodes of services": ("AWS::EKS::Nodegroup", "ON_DEMAND"),
    "nodes of encoders": ("AWS::EKS::Nodegroup", "mentor-upload/pool': 'encoders'"),
    "nodes of encoders on spot": ("AWS::EKS::Nodegroup", "mentor-upload/pool': 'encoders-spot'"),
    "identities of pods": ("AWS::IAM::OIDCProvider", "sts.amazonaws.com"),
    "registry": ("AWS::ECR::Repository", "mentor-upload/transcoder"),
    "certificates": ("AWS::CertificateManager::Certificate", "DNS"),
    "CDN": ("AWS::CloudFront::Distribution", ""),
    "CDN's answers to pages": ("AWS::CloudFront::ResponseHeadersPolicy", ""),
    "CDN's name": ("AWS::Route53::RecordSet", "StaticDomain"),
    "pipeline's role": ("AWS::IAM::Role", "Repository"),
}
"""What an empty account needs: the type of a resource, and what stands in one of them."""
CHARTS = {"keda", "aws-load-balancer-controller", "external-dns", "cluster-autoscaler"}


def spelt(value: Any) -> str:
    """Return a value as text, with the names of what it refers to."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {spelt(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(spelt, value))}]"
    return repr(getattr(value, "text", value))


def test_the_whole_of_an_account_and_a_stage_is_code() -> None:
    resources = [
        each
        for path in (*ACCOUNT, *STAGE)
        for each in resources_of(f"../{path.parent.name}/{path.stem}").values()
    ]
    missing = [
        what
        for what, (kind, text) in THE_WHOLE.items()
        if not any(each["Type"] == kind and text in spelt(each["Properties"]) for each in resources)
    ]
    missing += sorted(CHARTS - {each["name"] for each in charts()})

    assert not missing, f"in no template and no chart: {missing}"


def cluster() -> dict[str, Any]:
    return resources_of("../account/cluster")


def test_originals_move_to_cheaper_storage_where_that_is_wanted() -> None:
    static = resources_of("stateful")["StaticBucket"]["Properties"]
    asked, *_always = static["LifecycleConfiguration"]["Rules"]
    condition, rule, otherwise = asked
    assert (condition, otherwise.name) == ("OriginalsMove", "AWS::NoValue")
    assert rule["TagFilters"] == [{"Key": "kind", "Value": "original"}]  # as the transcoder tags
    assert rule["Transitions"] == [{"StorageClass": "GLACIER_IR", "TransitionInDays": 30}]


def default_of(template: str, parameter: str) -> str:
    found = re.search(
        rf"^  {parameter}:\n(?:    .*\n)*?    Default: (\S+)$", template, re.MULTILINE
    )
    assert found, parameter
    return found[1]


def test_node_groups_are_the_documented_pools() -> None:
    """``k8s/nodes.yaml`` says what there is; ``k8s/check.py`` counts with the same pools."""
    text = (REPOSITORY / "infra/account/cluster.yaml").read_text()
    groups = [
        each["Properties"] for each in cluster().values() if each["Type"] == "AWS::EKS::Nodegroup"
    ]
    written = yaml.safe_load((REPOSITORY / "k8s/nodes.yaml").read_text())
    (disk,) = cluster()["Node"]["Properties"]["LaunchTemplateData"]["BlockDeviceMappings"]
    both = {"AL2023_ARM_64_STANDARD", "AL2023_x86_64_STANDARD"}
    for pool in documented():
        ours = [each for each in groups if each.get("Labels", {}) == pool.labels]
        groups = [each for each in groups if each not in ours]
        architectures = {each["AmiType"] for each in ours}
        assert architectures == both if pool.taints else len(architectures) == 1
        assert written["pools"][pool.name]["disk"] == f"{disk['Ebs']['VolumeSize']}Gi"
        for group in ours:
            most, taints = group["ScalingConfig"]["MaxSize"], group.get("Taints", [])
            assert most == pool.nodes or int(default_of(text, most.name)) == pool.nodes
            assert [each | {"Effect": "NoSchedule"} for each in taints] == [
                {key.capitalize(): value for key, value in each.items()} for each in pool.taints
            ]
            assert group["CapacityType"] == ("SPOT" if pool.spot else "ON_DEMAND")
            assert group["ScalingConfig"]["MinSize"] == (0 if pool.taints else 2)
            assert len(group["InstanceTypes"]) >= (3 if pool.spot else 1)
            assert all(each.endswith(".large") for each in group["InstanceTypes"])
    assert not groups, "pools that no document knows"


def charts() -> list[dict[str, Any]]:
    text = (REPOSITORY / "infra/helmfile.yaml.gotmpl").read_text()
    releases: list[dict[str, Any]] = yaml.safe_load(text)["releases"]
    return releases


def values_of(name: str) -> dict[str, Any]:
    (chart,) = (each for each in charts() if each["name"] == name)
    return {key: value for each in chart["values"] for key, value in each.items()}


def test_the_names_of_each_way_in_are_kept() -> None:
    kinds = {
        each["kind"]
        for path in (REPOSITORY / "k8s/components").glob("*/*.yaml")
        for each in objects(path.read_text())
    }
    sources = {"Ingress": "ingress", "HTTPRoute": "gateway-httproute"}

    assert set(values_of("external-dns")["sources"]) == {
        sources[each] for each in kinds & sources.keys()
    }
    (chart,) = (each for each in charts() if each["name"] == "external-dns")
    (before,) = chart["hooks"]
    assert re.search(r"/gateway-api/config/crd\?ref=[0-9a-f]{40}'$", before["args"][-1].strip())


def test_lines_reach_the_log_group_of_their_stage_as_its_alarms_read_them() -> None:
    collector = values_of("aws-for-fluent-bit")
    group = resources_of("stateful")["LogGroup"]["Properties"]["LogGroupName"]
    outputs = collector["additionalOutputs"]
    assert group.name == "/mentor-upload/${Stage}"
    assert "log_group_name /mentor-upload/{{ . }}\n" in outputs
    assert "Match kube.*_mentor-upload-{{ . }}_*\n" in outputs
    assert set(re.findall(r'"(\w+)"', outputs.splitlines()[0])) == set(STAGES)
    patterns: dict[str, str] = {}  # all of a metric's
    for each in resources_of("alarms").values():
        if each["Type"] == "AWS::Logs::MetricFilter":
            (metric,) = each["Properties"]["MetricTransformations"]
            name = metric["MetricName"]
            patterns[name] = patterns.get(name, "") + each["Properties"]["FilterPattern"]
    assert len(patterns) == 3
    for name, pattern in patterns.items():
        assert f"$.{collector['filter']['mergeLogKey']}.event" in pattern, name
    (role,) = cluster()["LogCollectorRole"]["Properties"]["Policies"]
    (statement,) = role["PolicyDocument"]["Statement"]
    assert statement["Resource"].name.endswith(":log-group:/mentor-upload/*")
    assert collector["tolerations"] == [{"operator": "Exists"}], "encoders' nodes are tainted"


def test_charts_are_pinned_and_each_has_the_role_that_is_made_for_it() -> None:
    made = {
        (each["Properties"]["Namespace"], each["Properties"]["ServiceAccount"])
        for each in cluster().values()
        if each["Type"] == "AWS::EKS::PodIdentityAssociation"
    }
    used = set()
    for chart in charts():
        assert re.fullmatch(r"\d+\.\d+\.\d+", chart["version"]), chart["name"]
        values = values_of(chart["name"])
        account = values.get("serviceAccount") or values.get("rbac", {}).get("serviceAccount")
        if account:
            used.add((chart["namespace"], account["name"]))
        else:
            assert (chart["name"], chart["namespace"]) == ("keda", "keda")
            text = (REPOSITORY / "infra/account/cluster.yaml").read_text()
            assert "system:serviceaccount:keda:keda-operator" in text
    assert used == made


@pytest.mark.usefixtures("deploy_tools")
def test_the_pipeline_may_apply_every_kind_of_a_stage_and_of_each_component() -> None:
    role, *bindings = yaml.safe_load_all((REPOSITORY / "k8s/deployers.yaml").read_text())
    kinds = {resource for rule in role["rules"] for resource in rule["resources"]}
    texts = [render(f"k8s/overlays/{stage}") for stage in STAGES]
    texts += [path.read_text() for path in (REPOSITORY / "k8s/components").glob("*/*.yaml")]
    applied = {each["kind"] for text in texts for each in objects(text)}
    others = applied - KUBERNETES_OWN - {"Namespace", "Component"}  # there before; no object
    assert {f"{kind.lower()}s" for kind in others} == kinds
    bound = {each["metadata"]["namespace"]: each["subjects"][0]["name"] for each in bindings}
    assert bound == {
        f"mentor-upload-{stage}": f"mentor-upload-{stage}-deployers" for stage in STAGES
    }
