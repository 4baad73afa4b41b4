"""The benchmark of the api under attack: its picture of many scans, its rows, its one address."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from bench.load_api import pictures
from bench.load_api.__main__ import Run, broken, run_of
from bench.load_api.attacks import ATTACKS
from bench.load_api.stack import Target
from PIL import Image

README = Path(__file__).parents[2] / "bench" / "README.md"
STATS = """Type,Name,Request Count,Failure Count,50%,95%,99%
GET,status,90,3,11,40,90
,Aggregated,100,7,12,50,30000
"""
FAILURES = """Method,Name,Error,Occurrences
GET,mentors,LocustBadStatusCode(code=503),4
GET,status,"RetriesExceeded('http://127.0.0.1:18503/upload/status/u', 0, original=timed out)",3
"""


def test_a_jpeg_of_many_scans_sends_each_of_them() -> None:
    few, many = (pictures.jpeg_of_many_scans(scans, size=(64, 64)) for scans in (1, 31))

    assert many.count(b"\xff\xda") - few.count(b"\xff\xda") == 30
    assert len(many) - len(few) < 30 * 100  # a few bytes each
    with Image.open(io.BytesIO(many)) as picture:
        picture.load()
        assert picture.info["progressive"]


def test_a_refusal_is_told_from_an_error(tmp_path: Path) -> None:
    (tmp_path / "run_stats.csv").write_text(STATS)
    (tmp_path / "run_failures.csv").write_text(FAILURES)

    run = run_of("graphql_sleeps", tmp_path)

    assert (run.requests, run.errors, run.refused) == (100, 3, 4)
    assert (run.p50, run.p95, run.p99, run.status_p95) == (12, 50, 30_000, 40)
    run.memory = [300, 509, 338]
    assert run.row()[-3:] == ("300", "509", "338")


def test_a_run_without_an_answer_has_no_percentiles(tmp_path: Path) -> None:
    (tmp_path / "run_stats.csv").write_text(
        "Type,Name,Request Count,Failure Count,50%,95%,99%\n,Aggregated,0,0,N/A,N/A,N/A\n"
    )
    (tmp_path / "run_failures.csv").write_text("Method,Name,Error,Occurrences\n")

    assert run_of("nothing", tmp_path).row()[4:7] == ("-", "-", "-")


def run(beside: str, p95: float | None = 100, errors: int = 0, **reasons: int) -> Run:
    refusals = {f"{route}: code=503": count for route, count in reasons.items()}
    return Run(beside, 100, errors, 0, 10, p95, 200, p95, refusals)


def test_what_an_attack_breaks_is_said() -> None:
    quiet = run("nothing")

    assert broken(quiet, run("open_streams", p95=200)) == []
    assert broken(quiet, run("graphql_sleeps", mentors=3)) == []
    assert broken(quiet, run("graphql_sleeps", status=1)) == ["graphql_sleeps: refused: status"]
    assert broken(quiet, run("open_streams", p95=None, errors=2)) == [
        "open_streams: 2 errors, 0 without it",
        "open_streams: p95 None ms, 100 ms without it",
    ]
    late = replace(run("graphql_sleeps", p95=10_000), status_p95=200)
    assert broken(quiet, late) == []
    assert broken(quiet, replace(late, status_p95=201)) == [
        "graphql_sleeps: p95 of status 201 ms, 100 ms without it"
    ]
    assert broken(quiet, run("huge_numbers", p95=201)) == [
        "huge_numbers: p95 201 ms, 100 ms without it"
    ]


def test_load_goes_to_this_machine_alone() -> None:
    rest = ("token", "another", "mentor", "question", "video", "upload")
    assert Target("http://127.0.0.1:8000", *rest).address == ("127.0.0.1", 8000)
    for other in ("http://10.0.0.1:8000", "https://mentors.example", "http://127.0.0.1.example"):
        with pytest.raises(ValueError, match=r"127\.0\.0\.1 alone"):
            Target(other, *rest)


def test_every_attack_is_described() -> None:
    text = README.read_text()
    assert [name for name in ATTACKS if f"| `{name}` |" not in text] == []
