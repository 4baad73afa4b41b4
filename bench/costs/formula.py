"""The formula: dollars a month, fixed and for each answer, here and elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.costs.counts import IDLE, STANDARD, Counts
from bench.costs.prices import HOURS, LISTED, Prices

if TYPE_CHECKING:
    from collections.abc import Callable

Dollars = dict[str, float]
_MINUTES: Final = HOURS * 60
_ALARMS: Final = 10
_NODE_DISK_GB: Final = 80
_IMAGES_GB: Final = 10
_ADDRESSES: Final = 3  # one of NAT, two of the load balancer
_SMALL_MB: Final = 0.5  # calls of AWS and GraphQL, which do not go to S3
_LARGEST: Final = 10_000_000


@dataclass(frozen=True)
class Stage:
    """How a stage is run; the defaults are the documented way."""

    counts: Counts = STANDARD
    prices: Prices = LISTED
    general_nodes: int = 2
    spot: bool = False
    utilisation: float = 0.5
    """Share of the encoder nodes' processors that work while the nodes are up."""
    encoder_vcpus: int = 2
    awake_hours: float = 10 / 60
    """How long an answer that comes alone keeps a node up: its start, KEDA's 300 s, its removal."""
    s3_endpoint: bool = True
    months_kept: int = 12
    instant_after_a_month: bool = False
    """Whether originals go to Glacier Instant Retrieval after 30 days."""


def fixed(stage: Stage) -> Dollars:
    """Return what a month costs without any answer."""
    prices = stage.prices
    polls = _MINUTES * (
        IDLE.sqs * prices.sqs.dollars
        + IDLE.dynamodb_reads * prices.dynamodb_read.dollars
        + IDLE.dynamodb_writes * prices.dynamodb_write.dollars
    )
    node = HOURS * prices.general_node.dollars + _NODE_DISK_GB * prices.disk.dollars
    return {
        "EKS control plane": HOURS * prices.cluster.dollars,
        "general nodes and their disks": stage.general_nodes * node,
        "load balancer, one LCU": HOURS
        * (prices.load_balancer.dollars + prices.load_balancer_unit.dollars),
        "NAT gateway, one": HOURS * prices.nat.dollars,
        "public IPv4 addresses, three": HOURS * _ADDRESSES * prices.address.dollars,
        "alarms, images, idle polls": _ALARMS * prices.alarm.dollars
        + _IMAGES_GB * prices.images.dollars
        + polls,
    }


def variable(answers: int, stage: Stage) -> Dollars:
    """Return what the month's answers cost beside that, with those of earlier months stored."""
    counts, prices = stage.counts, stage.prices
    requests = (
        counts.sqs * prices.sqs.dollars
        + counts.sns * prices.sns.dollars
        + counts.dynamodb_writes * prices.dynamodb_write.dollars
        + counts.dynamodb_reads * prices.dynamodb_read.dollars
        + counts.s3_writes * prices.s3_write.dollars
        + counts.s3_reads * prices.s3_read.dollars
    )
    node = prices.encoder_node_spot if stage.spot else prices.encoder_node
    return {
        "requests: SQS, SNS, DynamoDB, S3": answers * requests,
        "encoder nodes": encoder_hours(answers, stage) * node.dollars,
        "traffic through NAT": answers * _nat_gb(stage) * prices.nat_traffic.dollars,
        "logs": answers * counts.log_kb * 1e-6 * prices.logs.dollars,
        "S3: recordings, 30 days": answers * _gb(counts.original_mb) * prices.s3_standard.dollars,
        f"S3: results of {stage.months_kept} months": answers * _kept(stage),
    }


def encoder_hours(answers: int, stage: Stage) -> float:
    """Return a month's hours of encoder nodes: busy ones, or those that few answers keep awake."""
    seconds = stage.counts.transcoder_s + stage.counts.transcriber_s
    busy = answers * seconds / 3600 / stage.encoder_vcpus / stage.utilisation
    return max(busy, min(answers * stage.awake_hours, HOURS))


def _nat_gb(stage: Stage) -> float:
    """Return the GB of an answer through NAT. The original is copied within S3."""
    counts = stage.counts
    media = 2 * counts.original_mb + counts.web_mb + counts.mobile_mb
    return _gb(_SMALL_MB + (0 if stage.s3_endpoint else media))


def _kept(stage: Stage) -> float:
    """Return what the results of an answer in each month kept cost a month."""
    counts, prices = stage.counts, stage.prices
    standard, months = prices.s3_standard.dollars, stage.months_kept
    shown = _gb(counts.web_mb + counts.mobile_mb) * months * standard
    if not stage.instant_after_a_month:
        return shown + _gb(counts.original_mb) * months * standard
    aside = (months - 1) * prices.s3_instant.dollars
    return shown + _gb(counts.original_mb) * (standard + aside) + prices.s3_transition.dollars


def _gb(megabytes: float) -> float:
    return megabytes / 1000


def ours(answers: int, stage: Stage) -> float:
    """Return a month's dollars."""
    return sum(fixed(stage).values()) + sum(variable(answers, stage).values())


@dataclass(frozen=True)
class OldService:
    """The service before: Lambda encodes every answer, Step Functions lead, AWS recognises."""

    lambda_s: float = 26.0
    """44 CPU seconds of a fixed command (bench-media: "browser, H.264", before) by 1.7 cores."""
    lambda_gb: float = 3.0
    transitions: int = 12
    transcribes: bool = True


def old_service(answers: int, stage: Stage, old: OldService = OldService()) -> float:
    """Return a month's dollars; requests and storage are taken to be the same as ours."""
    prices, same = stage.prices, variable(answers, stage)
    encoding = old.lambda_s * old.lambda_gb * prices.lambda_gb_second.dollars
    leading = old.transitions * prices.transition.dollars
    shared = sum(
        dollars for name, dollars in same.items() if name.startswith(("S3", "requests", "logs"))
    )
    recognising = transcribe(answers, prices) if old.transcribes else 0.0
    return answers * (encoding + leading) + recognising + shared


def transcribe(minutes: float, prices: Prices) -> float:
    """Return what AWS Transcribe takes for up to a million minutes a month."""
    first = min(minutes, 250_000)
    more = minutes - first
    return first * prices.transcribe.dollars + more * prices.transcribe_more.dollars


def mux(answers: int, stage: Stage) -> float:
    """Return a month's dollars of Mux, basic quality: it encodes for nothing."""
    return answers * stage.months_kept * stage.prices.mux_stored.dollars


def cloudflare(answers: int, stage: Stage) -> float:
    """Return a month's dollars of Cloudflare Stream, which encodes for nothing."""
    return answers * stage.months_kept * stage.prices.cloudflare_stored.dollars


def break_even(theirs: Callable[[int], float], stage: Stage) -> int | None:
    """Return the least answers a month from which ours costs no more; ``None`` where it never is.

    From some number on the difference only grows, and before it ours costs more.
    """
    low, high = 0, _LARGEST
    if ours(high, stage) > theirs(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if ours(middle, stage) <= theirs(middle):
            high = middle
        else:
            low = middle
    return high
