"""What the tables of README and docs say is so: variables, events, alerts, sizes."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from pydantic_core import PydanticUndefined

from mentor_api.settings import IngestSettings, WebSettings
from mentor_notifier.settings import NotifierSettings
from mentor_transcoder.settings import TranscoderSettings
from mentor_transcriber.settings import TranscriberSettings
from simulation.template import subscriptions

if TYPE_CHECKING:
    from pydantic import BaseModel

ROOT = Path(__file__).parents[2]
TABLES: dict[str, tuple[type[BaseModel], ...]] = {
    "api": (WebSettings, IngestSettings),
    "transcoder": (TranscoderSettings,),
    "transcriber": (TranscriberSettings,),
    "notifier": (NotifierSettings,),
}


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


def defaults(models: tuple[type[BaseModel], ...], name: str) -> set[str]:
    """Return how a table shows a setting's default, one way for each class that has it."""
    found = set()
    for model in models:
        field = model.model_fields.get(name)
        if field is None:
            continue
        if field.is_required():
            found.add("required")
        elif field.default is None:
            found.add("none")
        elif field.default == "":
            found.add("empty")
        elif field.default is PydanticUndefined:
            found.add("made")  # by a function: the table says it in words
        else:
            value = field.default.value if isinstance(field.default, Enum) else field.default
            whole = isinstance(value, float) and value > 1
            found.add(str(int(value) if whole else value))
    return found


@pytest.mark.parametrize("service", TABLES)
def test_a_services_table_of_variables_is_that_of_its_settings(service: str) -> None:
    rows = dict(
        re.findall(
            r"^\| `([A-Z0-9_]+)` \| ([^|]+) \|",
            text_of(f"services/{service}/README.md"),
            re.MULTILINE,
        )
    )
    models = TABLES[service]
    names = {name.upper() for model in models for name in model.model_fields}

    assert set(rows) == names
    for variable, shown in rows.items():
        wanted = defaults(models, variable.lower())
        if "made" in wanted or (variable, shown) == ("EVENTS_MAX_STREAMS", "half of `WEB_THREADS`"):
            continue
        first = re.match(r"`([^`]*)`|(\w+)", shown)
        assert first is not None
        assert first[first.lastindex or 0] in wanted, f"{variable}: {shown}, not {wanted}"


@pytest.mark.parametrize("service", TABLES)
def test_a_service_hears_what_its_page_says_and_says_what_others_hear(service: str) -> None:
    parts = dict(
        re.findall(
            r"^- \*\*(\w+)\*\*: ((?:.|\n(?!- |\n))+)",
            text_of(f"services/{service}/README.md"),
            re.MULTILINE,
        )
    )
    event = re.compile(r"`([a-z_]+\.[a-z_]+\.v\d)`")
    heard, spoken = set(), set()
    for topic, wired in subscriptions().items():
        for queue, filters in wired:
            heard |= set(filters["type"]) if queue == service else set()
            spoken |= set(filters["type"]) if topic == service else set()
    if service == "transcriber":
        heard.add("transcription.changed.v1")  # by a rule of EventBridge

    assert set(event.findall(parts["Hears"])) == heard
    assert set(event.findall(parts["Says"])) >= spoken


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
        if each["kind"] in {"HorizontalPodAutoscaler", "ScaledObject"}
    )

    for shown, given in ((requests, "requests"), (limits, "limits")):
        wanted = [amount(str(box["resources"][given][key])) for key in ("cpu", "memory")]
        assert shown.split(", ")[:2] == wanted
    least, greatest = (
        scaling.get(f"{bound}Replicas", scaling.get(f"{bound}ReplicaCount"))
        for bound in ("min", "max")
    )
    assert int(starts.split()[0]) == least
    assert int(most.split(",")[0]) == greatest
