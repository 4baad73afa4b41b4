"""The page of costs is what the module reckons, and that reckons as it says."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench.costs.counts import OTHER
from bench.costs.formula import (
    Stage,
    break_even,
    cloudflare,
    encoder_hours,
    fixed,
    mux,
    old_service,
    ours,
    transcribe,
    variable,
)
from bench.costs.page import as_markdown
from bench.costs.prices import HOURS, Prices

from simulation.capacity import Capacity, size_of

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


def test_the_page_has_the_tables_that_the_module_prints() -> None:
    page = (ROOT / "docs/costs.md").read_text()
    for table in as_markdown().split("\n\n"):
        assert table in page, "make bench-costs prints what the page should have"


def test_a_month_is_what_is_fixed_and_what_its_answers_cost() -> None:
    stage = Stage()
    assert ours(0, stage) == pytest.approx(sum(fixed(stage).values()))
    once, twice = (sum(variable(n, stage).values()) for n in (1_000_000, 2_000_000))
    assert twice == pytest.approx(2 * once)


def test_few_answers_keep_an_encoder_node_awake_and_many_keep_more_busy() -> None:
    stage = Stage()
    assert encoder_hours(6, stage) == pytest.approx(1)
    assert encoder_hours(10_000, stage) == HOURS
    assert encoder_hours(3_600_000, stage) == pytest.approx(1000 * 13.5 / 2 / 0.5)


@pytest.mark.parametrize("theirs", [old_service, mux, cloudflare])
def test_from_break_even_on_ours_costs_no_more(theirs: Callable[..., float]) -> None:
    cost = partial(theirs, stage=Stage())
    answers = break_even(cost, Stage())
    assert answers is not None
    assert ours(answers, Stage()) <= cost(answers)
    assert ours(answers - 1, Stage()) > cost(answers - 1)


def test_there_is_no_break_even_with_what_costs_nothing() -> None:
    assert break_even(lambda _: 0.0, Stage()) is None


def test_each_choice_goes_the_way_it_should() -> None:
    month = partial(ours, 100_000)
    stage = Stage()
    assert month(replace(stage, spot=True)) < month(stage)
    assert month(replace(stage, instant_after_a_month=True)) < month(stage)
    assert month(replace(stage, s3_endpoint=False)) > month(stage)
    assert ours(
        1_000_000, replace(stage, counts=replace(OTHER, web_mb=20.0, mobile_mb=7.5))
    ) > ours(1_000_000, stage)


def test_transcribe_is_cheaper_from_a_quarter_million_minutes_on() -> None:
    assert transcribe(250_000, Prices()) == pytest.approx(6_000)
    assert transcribe(1_000_000, Prices()) == pytest.approx(17_250)


def test_an_items_size_is_that_of_names_and_values() -> None:
    assert size_of({"pk": "é", "n": 12345, "ok": True, "list": ["a", None]}) == (
        (2 + 2) + (1 + 4) + (2 + 1) + (4 + 3 + 2 + 2)
    )


def item(**attributes: object) -> dict[str, object]:
    return {"pk": "UPLOAD#1", "sk": "JOB"} | attributes


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, item(), 1),
        (None, item(filler="x" * 1100), 2),
        (item(filler="x" * 1100), item(), 2),
        (None, item(due_kind="api", due_at=1), 2),
        (item(due_kind="api", due_at=1), item(), 2),
        (item(due_kind="api", due_at=1), item(due_kind="api", due_at=2), 3),
        (item(due_kind="api", due_at=1, a=1), item(due_kind="api", due_at=1, a=2), 2),
        (item(mentor="m", prepared_at=1, a=1), item(mentor="m", prepared_at=1, a=2), 1),
        (item(day="d", day_at=1, status="A"), item(day="d", day_at=1, status="B"), 2),
    ],
)
def test_a_write_takes_units_of_the_table_and_of_each_index_that_changes(
    before: dict[str, object] | None, after: dict[str, object], units: int
) -> None:
    alone, together = Capacity(), Capacity()
    alone.write(before, after, in_transaction=False)
    together.write(before, after, in_transaction=True)
    assert (alone.writes, together.writes) == (units, 2 * units)


def test_a_read_takes_a_unit_for_four_kilobytes_and_half_where_it_may_be_stale() -> None:
    capacity = Capacity()
    capacity.get(None)
    capacity.query([item(filler="x" * 3000)] * 2, consistent=True)
    capacity.query([], consistent=False)
    assert capacity.reads == 1 + 2 + 0.5
