"""Dashboards as Grafana reads them: whole, explained, and asking only for what is measured."""

from __future__ import annotations

from typing import Any

import pytest

from mentor_common.telemetry.metrics import CATALOGUE
from observing import Question, dashboards, names_in, questions

UNITS = {"short", "s", "ops", "reqps", "none", "bytes", "percentunit"}
DRAWN = {"row", "stat", "timeseries", "table", "heatmap"}
BOARDS = dashboards()


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_is_whole(name: str) -> None:
    board = BOARDS[name]
    assert board["uid"] == f"mentor-upload-{name}"
    assert board["schemaVersion"] >= 39
    assert board["tags"] == ["mentor-upload"]
    assert board["title"]
    assert board["description"]
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    titles = [panel["title"] for panel in board["panels"]]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", BOARDS)
def test_panels_lie_side_by_side(name: str) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in BOARDS[name]["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]


@pytest.mark.parametrize("name", BOARDS)
def test_a_panel_says_what_it_shows_and_in_which_unit(name: str) -> None:
    for panel in BOARDS[name]["panels"]:
        assert panel["type"] in DRAWN, "ours draws it, too"
        if panel["type"] == "row":
            continue
        defaults: dict[str, Any] = panel["fieldConfig"]["defaults"]
        assert len(panel["description"]) > 8, panel["title"]
        assert defaults["unit"] in UNITS, panel["title"]
        assert defaults["thresholds"]["steps"][0]["value"] is None, panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.where)
def test_a_panel_asks_only_for_what_is_measured(question: Question) -> None:
    found = names_in(question.expr)
    assert found.metrics, "it asks for something"
    assert found.unknown(CATALOGUE) == []


def test_every_metric_is_asked_for_somewhere() -> None:
    asked = set().union(*(names_in(question.expr).metrics for question in questions()))
    unseen = [metric.name for metric in CATALOGUE.values() if not asked & set(metric.series)]
    assert unseen == []


@pytest.mark.parametrize(
    ("expression", "unknown"),
    [
        ("sum(rate(mentor_upload_uploads_accepted[5m]))", "metric mentor_upload_uploads_accepted"),
        ('mentor_upload_slots{color="x"}', "mentor_upload_slots: label color"),
        ("sum by (color) (mentor_upload_slots)", "label color"),
        ("histogram_quantile(0.5, sum by (le) (mentor_upload_ready_seconds_count))", "label le"),
        ("up unless on (color) mentor_upload_slots offset 5m", "label color"),
    ],
)
def test_what_nobody_measures_is_noticed(expression: str, unknown: str) -> None:
    assert names_in(expression).unknown(CATALOGUE) == [unknown]
