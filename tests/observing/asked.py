"""The committed dashboards and rules, and where the programs are that understand them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mentor_local.observe.app import DASHBOARDS
from mentor_local.observe.prometheus import RULES, find

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Question:
    """One expression of a panel, and where it stands."""

    where: str
    expr: str
    panel: dict[str, Any]


def dashboards() -> dict[str, dict[str, Any]]:
    """Return all dashboards by the names of their files."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json"))}


def questions() -> list[Question]:
    """Return every expression of every panel."""
    return [
        Question(f"{name}: {panel['title']} {target['refId']}", target["expr"], panel)
        for name, dashboard in dashboards().items()
        for panel in dashboard["panels"]
        for target in panel.get("targets", [])
    ]


def rules() -> list[dict[str, Any]]:
    """Return all alert rules."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def program(name: str) -> Path:
    """Return where a program of Prometheus's is; skip the test where there is none."""
    found = find(name)
    if found is None:
        assert not os.environ.get("CI"), f"CI must have {name}: local/scripts/ensure-prometheus.sh"
        pytest.skip(f"no {name} here")
    return found
