"""What the templates in ``infra`` rely on from each other and from the manifests."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulation.template import resources_of

REPOSITORY = Path(__file__).parents[2]
ACCOUNT = sorted(REPOSITORY.glob("infra/account/*.yaml"))
STAGE = sorted(REPOSITORY.glob("infra/stage/*.yaml"))
STAGES = ("dev", "qa", "prod")
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


def test_pools_of_encoders_begin_at_none_and_keep_others_away() -> None:
    pools: dict[str, set[str]] = {}
    for each in cluster().values():
        if each["Type"] != "AWS::EKS::Nodegroup" or "Labels" not in each["Properties"]:
            continue
        group = each["Properties"]
        pool = group["Labels"]["mentor-upload/pool"]
        taint = {"Key": "mentor-upload/pool", "Value": pool, "Effect": "NO_SCHEDULE"}
        assert group["Taints"] == [taint]
        assert group["CapacityType"] == ("SPOT" if pool.endswith("-spot") else "ON_DEMAND")
        assert group["ScalingConfig"]["MinSize"] == 0
        assert len(group["InstanceTypes"]) >= (3 if pool.endswith("-spot") else 1)
        pools.setdefault(pool, set()).add(group["AmiType"])
    both = {"AL2023_ARM_64_STANDARD", "AL2023_x86_64_STANDARD"}
    assert pools == {"encoders": both, "encoders-spot": both}


def charts() -> list[dict[str, Any]]:
    text = (REPOSITORY / "infra/helmfile.yaml.gotmpl").read_text()
    releases: list[dict[str, Any]] = yaml.safe_load(text)["releases"]
    return releases


def test_charts_are_pinned_and_each_has_the_role_that_is_made_for_it() -> None:
    made = {
        (each["Properties"]["Namespace"], each["Properties"]["ServiceAccount"])
        for each in cluster().values()
        if each["Type"] == "AWS::EKS::PodIdentityAssociation"
    }
    used = set()
    for chart in charts():
        assert re.fullmatch(r"\d+\.\d+\.\d+", chart["version"]), chart["name"]
        values = {key: value for each in chart["values"] for key, value in each.items()}
        account = values.get("serviceAccount") or values.get("rbac", {}).get("serviceAccount")
        if account:
            used.add((chart["namespace"], account["name"]))
        else:
            assert (chart["name"], chart["namespace"]) == ("keda", "keda")
            text = (REPOSITORY / "infra/account/cluster.yaml").read_text()
            assert "system:serviceaccount:keda:keda-operator" in text
    assert used == made


def test_the_pipeline_may_apply_every_kind_of_a_stage(deploy_tools: Path) -> None:
    if not (deploy_tools / "kustomize").exists():
        pytest.skip("no kustomize: install kubectl 1.27 or later, remove .venv-deploy, try again")
    role, *bindings = yaml.safe_load_all((REPOSITORY / "k8s/deployers.yaml").read_text())
    kinds = {resource for rule in role["rules"] for resource in rule["resources"]}
    for stage in STAGES:
        done = subprocess.run(
            [deploy_tools / "kustomize", REPOSITORY / "k8s/overlays" / stage],
            capture_output=True,
            text=True,
            check=True,
        )
        applied = {each["kind"] for each in yaml.safe_load_all(done.stdout) if each}
        others = applied - KUBERNETES_OWN - {"Namespace"}  # which is there before
        assert {f"{kind.lower()}s" for kind in others} <= kinds
    bound = {each["metadata"]["namespace"]: each["subjects"][0]["name"] for each in bindings}
    assert bound == {
        f"mentor-upload-{stage}": f"mentor-upload-{stage}-deployers" for stage in STAGES
    }
