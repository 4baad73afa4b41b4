"""What the tables of README and docs say is so: variables, events, alerts, sizes."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import faults
import judged
import pytest
import settings_reference
import yaml

from mentor_api.settings import IngestSettings, WebSettings
from mentor_common.events.catalogue import MODELS, PUBLISHERS
from mentor_common.settings import SERVICES
from mentor_notifier.settings import NotifierSettings
from mentor_transcoder.settings import TranscoderSettings
from mentor_transcriber.settings import TranscriberSettings
from simulation.template import subscriptions

if TYPE_CHECKING:
    from pydantic import BaseModel

ROOT = Path(__file__).parents[2]
EVENT = re.compile(r"`([a-z_]+\.[a-z_]+\.v\d)`")
SETTINGS = (WebSettings, IngestSettings, TranscoderSettings, TranscriberSettings, NotifierSettings)


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def test_the_table_of_alerts_is_that_of_the_rules() -> None:
    groups = yaml.safe_load(text_of("k8s/observe/rules.yaml"))["groups"]
    rules = {
        (rule["alert"], rule["labels"]["severity"], rule["annotations"]["runbook"])
        for group in groups
        for rule in group["rules"]
        if "alert" in rule
    }
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) \| [^|]+ \| \[[\w-]+\]\((runbooks/[\w-]+\.md)\) \|$",
        text_of("docs/observe.md"),
        re.MULTILINE,
    )
    assert {(alert, severity, f"docs/{page}") for alert, severity, page in rows} == rules


def test_the_page_of_settings_is_that_of_the_settings_classes() -> None:
    assert text_of("docs/settings.md") == settings_reference.as_markdown()


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda each: each.__name__)
def test_each_setting_of_a_process_is_on_the_page(settings: type[BaseModel]) -> None:
    shown = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", text_of("docs/settings.md"), re.MULTILINE))
    assert {name.upper() for name in settings.model_fields} <= shown


@cache
def consumers() -> dict[str, set[str]]:
    """Return event type to the services that consume it, as the template wires them."""
    found: dict[str, set[str]] = {name: set() for name in MODELS}
    for wired in subscriptions().values():
        for queue, filters in wired:
            for name in filters["type"]:
                found[name].add(queue)
    found["transcription.changed.v1"].add("transcriber")  # by a rule of EventBridge
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_page_says_what_it_consumes_and_publishes(service: str) -> None:
    parts = dict(
        re.findall(
            r"^- \*\*(\w+)\*\*: ((?:.|\n(?!- |\n))+)",
            text_of(f"services/{service}/README.md"),
            re.MULTILINE,
        )
    )
    consumed = {name for name, services in consumers().items() if service in services}
    published = {name for name, speakers in PUBLISHERS.items() if service in speakers.split(", ")}

    assert set(EVENT.findall(parts["Consumes"])) == consumed
    assert set(EVENT.findall(parts["Publishes"])) == published


def services_in(cell: str) -> set[str]:
    return {service for service in SERVICES if re.search(rf"\b{service}\b", cell)}


def test_the_table_of_events_is_that_of_the_models_and_the_template() -> None:
    rows = re.findall(
        r"^\| (`[a-z_]+\.[^|]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$",
        text_of("docs/architecture.md"),
        re.MULTILINE,
    )
    shown = {name: row for row in rows for name in EVENT.findall(row[0])}
    assert set(shown) == set(MODELS)
    for name, (_, publishers, readers) in shown.items():
        speakers = set(PUBLISHERS[name].split(", "))
        assert services_in(publishers) == speakers & set(SERVICES), name
        assert services_in(readers) == consumers()[name], name


def amount(quantity: str) -> str:
    """Return a quantity of Kubernetes as the table of sizes has it."""
    number, unit = re.fullmatch(r"([\d.]+)(\w*)", quantity).groups()  # type: ignore[union-attr] # they are ours
    if unit in {"Mi", "Gi"}:
        return f"{number} {unit}B"
    cores = float(number) / (1000 if unit == "m" else 1)
    return f"{cores:g} core{'s' * (cores > 1)}"


@pytest.mark.parametrize(
    ("row", "manifest"),
    [
        ("api web", "api/web.yaml"),
        ("api ingest", "api/ingest.yaml"),
        ("transcoder", "transcoder/deployment.yaml"),
        ("transcriber", "transcriber/deployment.yaml"),
        ("notifier", "notifier/deployment.yaml"),
    ],
)
def test_the_table_of_sizes_is_that_of_the_manifests(row: str, manifest: str) -> None:
    line, *_ = re.findall(rf"^\| {row} \| .*", text_of("docs/deploy.md"), re.MULTILINE)
    _, _, starts, most, requests, limits, *_ = [cell.strip() for cell in line.split("|")]
    deployment = next(
        each
        for each in yaml.safe_load_all(text_of(f"k8s/base/{manifest}"))
        if each["kind"] == "Deployment"
    )
    box, *_ = deployment["spec"]["template"]["spec"]["containers"]
    folder = Path(manifest).parent
    file = "autoscaler" if row == "api web" else "scaling"
    scaling = next(
        each["spec"]
        for each in yaml.safe_load_all(text_of(f"k8s/base/{folder}/{file}.yaml"))
        if each["kind"] == "ScaledObject"
    )

    for shown, given in ((requests, "requests"), (limits, "limits")):
        wanted = [amount(str(box["resources"][given][key])) for key in ("cpu", "memory")]
        assert shown.split(", ")[:2] == wanted
    least, greatest = (scaling[f"{bound}ReplicaCount"] for bound in ("min", "max"))
    assert int(starts.split()[0]) == least
    assert int(most.split(",")[0]) == greatest


def rows_under(heading: str) -> list[list[str]]:
    """Return the cells of the rows of the table in docs/deploy.md that begins with a heading."""
    _, _, table = text_of("docs/deploy.md").partition(f"\n| {heading} |")
    lines = table.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_loads_leads_to_the_largest_numbers_of_the_manifests() -> None:
    rows = [[int(cell.replace(",", "")) for cell in row] for row in rows_under("answers a month")]
    for month, busiest, *needed in rows:
        an_hour = month / 30 / 8
        assert busiest == round(an_hour)
        assert needed == [math.ceil(an_hour * seconds / 3600) for seconds in (30, 15, 90)]
    _, _, *largest, streams = rows[-1]
    for service, needed_at_most in zip(("transcoder", "transcriber"), largest, strict=True):
        (scaling, _) = yaml.safe_load_all(text_of(f"k8s/base/{service}/scaling.yaml"))
        assert needed_at_most <= scaling["spec"]["maxReplicaCount"] <= 1.2 * needed_at_most
    web = yaml.safe_load(text_of("k8s/base/api/autoscaler.yaml"))["spec"]
    assert streams <= web["maxReplicaCount"] * int(web["triggers"][1]["metadata"]["threshold"])


def test_the_table_of_nodes_is_that_of_the_pools() -> None:
    pools = yaml.safe_load(text_of("k8s/nodes.yaml"))["pools"]
    rows = rows_under("pool")
    assert [name for name, *_ in rows] == list(pools)
    for name, _, label, _, size in rows:
        pool = pools[name]
        assert label.strip("`-").partition("=")[::2] == next(iter(pool["labels"].items()), ("", ""))
        assert {taint["key"]: taint["value"] for taint in pool["taints"]} == pool["labels"]
        assert size.endswith(f" to {pool['nodes']}")


def test_the_table_of_checks_is_what_verify_deploy_makes() -> None:
    made = [*judged.CHECKS, *(f"fault-{name}" for name in faults.FAULTS)]
    named = re.findall(r'report\.check\(\s*f?"([^"]+)"', text_of("docker/verify.py"))
    made += [re.sub(r"\{\w+\}", "…", name) for name in named]
    rows = [name for cell, *_ in rows_under("check") for name in re.findall("`([^`]+)`", cell)]
    assert sorted({*made} - {"container-tools", "fault-…"}) == sorted(rows)
