"""What the autoscaler of the api's web process asks Prometheus."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from mentor_common.telemetry.metrics import CATALOGUE
from observing import names_in, program

SCALER = Path(__file__).parents[2] / "k8s/base/api/autoscaler.yaml"
STREAMS = 'mentor_upload_event_streams{job="api-web", instance="%s"}'
BUCKET = (
    'mentor_upload_http_request_seconds_bucket{job="api-web", route="/r", status="200", '
    'method="%s", le="%s"}'
)


def queries() -> list[str]:
    """Return the queries: open streams, response time."""
    triggers = yaml.safe_load(SCALER.read_text())["spec"]["triggers"]
    return [each["metadata"]["query"] for each in triggers if each["type"] == "prometheus"]


@pytest.fixture(scope="session")
def promtool() -> Path:
    return program("promtool")


@pytest.mark.parametrize("query", queries())
def test_it_asks_only_for_what_is_measured(query: str) -> None:
    assert names_in(query).unknown(CATALOGUE) == []


@pytest.mark.parametrize(
    ("series", "streams", "seconds"),
    [
        ({STREAMS % "a": "150x5", STREAMS % "b": "80x5"}, 230, 0),
        (  # 6 of 60 within a second, all within three
            {
                BUCKET % ("GET", "1"): "0+6x5",
                BUCKET % ("GET", "3"): "0+60x5",
                BUCKET % ("GET", "+Inf"): "0+60x5",
            },
            None,
            1 + 2 * (57 - 6) / (60 - 6),
        ),
        ({BUCKET % ("POST", "30"): "0x5", BUCKET % ("POST", "+Inf"): "0+60x5"}, None, 0),
        ({BUCKET % ("GET", "1"): "9x5", BUCKET % ("GET", "+Inf"): "9x5"}, None, 0),
    ],
    ids=["streams of two pods", "slow reads", "slow uploads", "no requests"],
)
def test_what_it_is_told(
    promtool: Path,
    tmp_path: Path,
    series: dict[str, str],
    streams: float | None,
    seconds: float,
) -> None:
    answers = dict(zip(queries(), (streams, seconds), strict=True))
    test: dict[str, Any] = {
        "interval": "1m",
        "input_series": [{"series": name, "values": text} for name, text in series.items()],
        "promql_expr_test": [
            {
                "expr": f"round({query}, 0.001)",
                "eval_time": "5m",
                "exp_samples": [] if value is None else [{"value": round(value, 3)}],
            }
            for query, value in answers.items()
        ],
    }
    path = tmp_path / "tests.yaml"
    path.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": [test]}))
    done = subprocess.run(
        [promtool, "test", "rules", path], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
