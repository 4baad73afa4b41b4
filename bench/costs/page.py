"""The tables of docs/costs.md."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bench.costs.counts import OTHER, STANDARD, Counts
from bench.costs.formula import (
    Dollars,
    OldService,
    Stage,
    break_even,
    cloudflare,
    fixed,
    mux,
    old_service,
    ours,
    transcribe,
    variable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

STAGES: Final = {
    1_000: Stage(),
    100_000: Stage(),
    1_000_000: Stage(general_nodes=3),
}
"""Answers of 60 s a month to how the stage is run."""
_WITHOUT_TRANSCRIBE: Final = OldService(transcribes=False)
_SLOW_LAMBDA: Final = OldService(lambda_s=90.0, transcribes=False)


def as_markdown() -> str:
    """Return all tables."""
    parts = (_months, _choices, _break_evens, _watching, _counts, _prices)
    return "\n\n".join(part() for part in parts)


def figures() -> dict[str, Any]:
    """Return the figures for the last line: dollars a month by answers, and break-evens."""
    return {
        **{
            cost.__name__: {
                answers: round(cost(answers, stage)) for answers, stage in STAGES.items()
            }
            for cost in (ours, old_service, mux, cloudflare)
        },
        "fixed": round(sum(fixed(Stage()).values())),
        "break_even_a_month": {
            name: break_even(partial(theirs, stage=Stage()), Stage()) for name, theirs in _others()
        },
    }


def _months() -> str:
    rows = [_line(name, lambda _, s: fixed(s)) for name in fixed(Stage())]
    rows.append(_row("**fixed**", lambda _, s: sum(fixed(s).values())))
    rows += [_line(name, variable) for name in variable(1, Stage())]
    rows.append(_row("**variable**", lambda n, s: sum(variable(n, s).values())))
    rows.append(_row("**together**", ours))
    rows.append(_row("an answer, cents", lambda n, s: 100 * ours(n, s) / n))
    rows += [
        _row("the old service", old_service),
        _row("Mux, basic quality", mux),
        _row("Cloudflare Stream", cloudflare),
    ]
    return table(("answers a month", *(f"{answers:,}" for answers in STAGES)), rows)


def _choices() -> str:
    choices: dict[str, Callable[[int, Stage], float]] = {
        "as above": ours,
        "encoders on spot": _changed(spot=True),
        "originals to Glacier Instant Retrieval after 30 days": _changed(
            instant_after_a_month=True
        ),
        "both": _changed(spot=True, instant_after_a_month=True),
        "no S3 gateway endpoint": _changed(s3_endpoint=False),
        "all answers are encoded, none copied": _changed(counts=OTHER),
        "AWS Transcribe instead of the own recogniser": lambda n, s: (
            ours(n, replace(s, counts=replace(s.counts, transcriber_s=0.0)))
            + transcribe(n, s.prices)
        ),
    }
    rows = [_row(name, cost) for name, cost in choices.items()]
    return table(("together, a month", *(f"{answers:,}" for answers in STAGES)), rows)


def _changed(**changes: Any) -> Callable[[int, Stage], float]:
    return lambda answers, stage: ours(answers, replace(stage, **changes))


def _others() -> Iterable[tuple[str, Callable[..., float]]]:
    yield "old service, without Transcribe", partial(old_service, old=_WITHOUT_TRANSCRIBE)
    yield "the same, 90 s of Lambda", partial(old_service, old=_SLOW_LAMBDA)
    yield "old service", old_service
    yield "Mux, basic quality", mux
    yield "Cloudflare Stream", cloudflare


def _break_evens() -> str:
    rows = []
    for name, theirs in _others():
        cells = [name]
        for stage in (Stage(), Stage(spot=True, instant_after_a_month=True)):
            answers = break_even(partial(theirs, stage=stage), stage)
            cells.append(f"{answers / 30:,.0f}" if answers else "never")
        rows.append(cells)
    return table(("break-even, answers a day", "as above", "spot, Glacier Instant Retrieval"), rows)


def _watching() -> str:
    prices, thousand = Stage().prices, 1000
    rendition = {"web": STANDARD.web_mb, "mobile": STANDARD.mobile_mb}
    costs = {
        f"CloudFront, {name} rendition": megabytes / 1000 * prices.cdn_traffic.dollars
        for name, megabytes in rendition.items()
    } | {
        "Mux": prices.mux_delivered.dollars,
        "Cloudflare Stream": prices.cloudflare_delivered.dollars,
    }
    return table(
        ("1,000 minutes watched", "dollars"),
        [(name, f"{cost * thousand:.2f}") for name, cost in costs.items()],
    )


def _counts() -> str:
    lines: dict[str, Callable[[Counts], object]] = {
        "DynamoDB write units": lambda c: c.dynamodb_writes,
        "DynamoDB read units": lambda c: c.dynamodb_reads,
        "SQS requests, SNS publishes": lambda c: f"{c.sqs}, {c.sns}",
        "S3 writes, reads": lambda c: f"{c.s3_writes}, {c.s3_reads}",
        "CPU seconds of transcoder, transcriber": lambda c: f"{c.transcoder_s}, {c.transcriber_s}",
        "MB of original, web, mobile": lambda c: f"{c.original_mb}, {c.web_mb}, {c.mobile_mb}",
    }
    rows = [(name, of(STANDARD), of(OTHER)) for name, of in lines.items()]
    return table(("an answer of 60 s", "standard, copied", "other, encoded"), rows)


def _prices() -> str:
    rows = [
        (price.unit, _dollars(price.dollars), price.page, price.known)
        for price in Stage().prices.all()
    ]
    return table(("unit", "dollars", "pricing page", "known in"), rows)


def _dollars(amount: float) -> str:
    per_million = amount < 1e-4  # noqa: PLR2004 -- where zeros become hard to count
    return f"{amount * 1e6:.4g} / million" if per_million else f"{amount:.4g}"


def _row(name: str, cost: Callable[[int, Stage], float]) -> tuple[str, ...]:
    return (name, *(_money(cost(answers, stage)) for answers, stage in STAGES.items()))


def _line(name: str, dollars: Callable[[int, Stage], Dollars]) -> tuple[str, ...]:
    return _row(name, lambda answers, stage: dollars(answers, stage)[name])


def _money(dollars: float) -> str:
    return f"{dollars:,.2f}" if dollars < 10 else f"{dollars:,.0f}"  # noqa: PLR2004 -- dollars


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Return a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, cells)) + " |" for cells in lines)
