"""The faults of a first deployment that every check once passed, put back one at a time.

Each is planted in a copy of the tree, and the tests named with it have to turn red and to say why:
``make verify-deploy`` shows it, and ``make verify-deploy ONLY=faults`` that alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import need

from simulation.planted import Fault, red_test, run_tests, tree_with

if TYPE_CHECKING:
    from collections.abc import Callable

MANIFESTS = "tests/contract/test_deployment.py -k 'keep_kubernetes_schemas or gateways_routes'"
INFRA = "tests/contract/test_infra.py"
CDN = "tests/contract/test_cdn.py"
FIRST_INSTALL = "local/tests/provision/test_deploy.py -k 'first_install_that_failed_is_repeated'"
FAULTS = {
    "unschedulable": (
        Fault(
            "an encoder that asks for two whole cores",
            "k8s/base/transcoder/deployment.yaml",
            "requests: { cpu: 1700m,",
            'requests: { cpu: "2",',
            first=MANIFESTS,
            says="requests 2 of cpu; a node of encoders-spot has",
        ),
    ),
    "not-in-code": (
        Fault(
            "no gateway endpoint of S3",
            "infra/account/network.yaml",
            "ServiceName: !Sub com.amazonaws.${AWS::Region}.s3\n",
            "ServiceName: !Sub com.amazonaws.${AWS::Region}.dynamodb\n",
            first=INFRA,
            says="in no template and no chart: ['S3 without NAT']",
        ),
        Fault(
            "no chart of KEDA",
            "infra/helmfile.yaml.gotmpl",
            "  - name: keda\n    namespace: keda\n",
            "  - name: kedacore\n    namespace: keda\n",
            first=INFRA,
            says="in no template and no chart: ['keda']",
        ),
    ),
    "ingress": (
        Fault(
            "an ingress controller that was retired",
            "k8s/components/alb/ingress.yaml",
            "ingressClassName: alb",
            "ingressClassName: nginx",
            first=MANIFESTS,
            says="only class alb is supported; ingress-nginx was retired",
        ),
        Fault(
            "a load balancer that ends silent streams",
            "k8s/components/alb/ingress.yaml",
            "idle_timeout.timeout_seconds=120,",
            "",
            first=MANIFESTS,
            says="the load balancer ends what is silent for a while",
        ),
        Fault(
            "a gateway that ends event streams",
            "k8s/components/gateway/routes.yaml",
            "request: 0s",
            "request: 60s",
            first=MANIFESTS,
            says="ends event streams and slow uploads",
        ),
    ),
    "first-install": (
        Fault(
            "a bucket that stays when the first install fails",
            "infra/stage/stateful.yaml",
            "    Condition: StaticIsOwn\n    DeletionPolicy: RetainExceptOnCreate",
            "    Condition: StaticIsOwn\n    DeletionPolicy: Retain",
            first=FIRST_INSTALL,
            says="mentor-upload-qa: StaticBucket: ",
        ),
        Fault(
            "a table that stays when the first install fails",
            "infra/stage/stateful.yaml",
            "Type: AWS::DynamoDB::Table\n    DeletionPolicy: RetainExceptOnCreate",
            "Type: AWS::DynamoDB::Table\n    DeletionPolicy: Retain",
            first=INFRA,
            says="stand in the way of the next install: ['JobsTable']",
        ),
    ),
    "cdn": (
        Fault(
            "a CDN without a policy of response headers",
            "infra/stage/cdn.yaml",
            "          ResponseHeadersPolicyId: !Ref ResponseHeaders\n",
            "",
            first=CDN,
            says="test_every_allowed_page_plays_whoever_played_first",
        ),
        Fault(
            "a CDN that passes on what S3 said to whoever asked first",
            "infra/stage/cdn.yaml",
            "OriginOverride: true",
            "OriginOverride: false",
            first=CDN,
            says="test_every_allowed_page_plays_whoever_played_first",
        ),
    ),
}
"""By what is wrong: its faults, each of which is found alone."""


def found(faults: tuple[Fault, ...]) -> Callable[[], str]:
    """Return a check that each fault is found; it tells by which test."""

    def put_back() -> str:
        seen = "; ".join(f"{fault.name}, by {_found(fault)}" for fault in faults)
        return f"{len(faults)} of {len(faults)} found: {seen}"

    return put_back


def _found(fault: Fault) -> str:
    with tree_with(fault) as tree:
        ended = run_tests(tree, fault.first)
    need(ended.returncode, f"{fault.name}: nothing notices it")
    need(fault.says in ended.stdout, f"{fault.name}: {ended.stdout[-400:]}")
    return red_test(ended).rpartition("::")[2]
