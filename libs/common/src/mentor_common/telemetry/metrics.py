"""Catalogue of every metric of every service: name, type, unit, labels, meaning.

``python -m mentor_common.telemetry.metrics`` writes ``docs/metrics.md`` from it, and compares with
``--check``. Dashboards and alert rules are held against :data:`CATALOGUE` by a test.

Which process a sample comes from is said by the scraper's ``job`` and ``instance`` labels
(``job`` is ``api-web``, ``api-ingest``, ``transcoder``, ``transcriber`` or ``notifier``).
No label holds an id or anything a client chose: the number of series is bounded.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mentor_common.telemetry.instruments import (
    CATALOGUE,
    MULTIPROCESS_DIRECTORY,
    PREFIX,
    Metric,
    counter,
    exposition,
    gauge,
    histogram,
    scraped_within,
    timed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "CATALOGUE",
    "MULTIPROCESS_DIRECTORY",
    "PREFIX",
    "Metric",
    "exposition",
    "scraped_within",
    "timed",
]

_CALLS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WORK = (0.05, 0.25, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640, 1280, 3600)
_WAITS = (0.1, 0.5, 1, 2.5, 5, 15, 30, 60, 120, 300, 900, 3600, 14400, 86400)
_SPEEDS = (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 32)
_FAILURE_CODES = (
    *("gave_up", "stalled", "captions", "source_missing", "trim_invalid", "trim_too_short"),
    *("no_video", "not_a_video", "too_demanding", "too_long", "too_short", "too_large"),
    *("truncated", "dolby_vision", "encode_failed", "verification_failed"),
)
"""Codes known in advance, whose series begin at 0; others appear when they first happen."""
_BYTES = (1e5, 1e6, 5e6, 1e7, 2.5e7, 5e7, 1e8, 2.5e8, 5e8, 1e9, 5e9)

# ---- the process ---------------------------------------------------------------------------------
BUILD = gauge(
    "build_info",
    ["service", "version"],
    "Always 1; says which release runs.",
    "all",
    mode="livemax",
)
DEPENDENCY_UP = gauge(
    "dependency_up",
    ["dependency"],
    "1 while a dependency answers; 0 while its breaker is open and nothing is received, or one "
    "message at a time tries whether a refused action is allowed again.",
)
RELEASE_BREAKER_OPEN = gauge(
    "release_breaker_open",
    [],
    "1 while most messages fail for reasons other than bad input and only one at a time is tried.",
)
POLL_LOOP_IDLE = gauge(
    "poll_loop_idle_seconds",
    [],
    "Time since the poll loop last turned; a long poll is at most 20 s.",
    unit="seconds",
)
SWEEP_SECONDS = histogram(
    "sweep", "seconds", ["sweep", "outcome"], _CALLS, "Run of a sweep; `outcome` is ok or failed."
)

SWEEP_FAILING = gauge(
    "sweep_failing",
    ["sweep"],
    "1 while a sweep fails at everything that is due, run after run; nothing is mended meanwhile.",
    mode="livemax",
)

# ---- stored items --------------------------------------------------------------------------------
UNREADABLE_ITEMS = counter(
    "unreadable_items",
    ["model"],
    "Items of the jobs table that were read, fit no model of this release and were set aside, by "
    "the model that they should fit; each reading counts.",
    "all",
    initial=[
        *(("Job",), ("Task",), ("Outcome",), ("Cancel",), ("Current",), ("AnswerState",)),
        *(("Transfer",), ("Import",), ("Newest",), ("TaskTimes",)),
        *(("Worker",), ("Entry",), ("StoredAction",)),
    ],
)

# ---- messages ------------------------------------------------------------------------------------
MESSAGES_RECEIVED = counter("messages_received", ["type"], "Messages received, by event type.")
MESSAGES_SETTLED = counter(
    "messages_settled",
    ["type", "outcome"],
    "What became of a message: done, failed (the work failed for good, its message is handled), "
    "retried, handed_back, paused (a dependency is down) or dead_lettered.",
)
DEAD_LETTERS = counter(
    "dead_letters",
    ["code"],
    "Messages put into the dead-letter queue, by the reason's code.",
    initial=[
        *(("gave_up",), ("not_json",), ("not_an_event",), ("bad_data",), ("too_large",)),
        *(("unknown_type",), ("unexpected_type",)),
    ],
)
MESSAGES_IN_FLIGHT = gauge("messages_in_flight", [], "Messages being handled now.")
SLOTS = gauge("slots", [], "Messages that this process handles at once.")
MESSAGE_AGE = histogram(
    "message_age",
    "seconds",
    ["type"],
    _WAITS,
    "Age of a message when it was first received: how long it has waited, without time in work.",
)
HANDLER_SECONDS = histogram(
    "handler",
    "seconds",
    ["type", "outcome"],
    _WORK,
    "Handling of one message, by event type and what became of it.",
)
HEARTBEAT_LAG = histogram(
    "heartbeat_lag",
    "seconds",
    [],
    _CALLS,
    "How late a heartbeat's extension of the visibility timeout was done, after it was due.",
)
QUEUE_MESSAGES = gauge(
    "queue_messages",
    ["queue", "state"],
    "Messages in the service's queue and dead-letter queue as SQS says (approximately): visible, "
    "in_flight or delayed.",
    mode="livemax",
)

# ---- work ----------------------------------------------------------------------------------------
TASK_STARTS = counter(
    "task_starts",
    ["task"],
    "Claims of a unit of work, each a start.",
    "transcoder, transcriber, api-ingest",
)
TASK_ENDS = counter(
    "task_ends",
    ["task", "outcome", "code"],
    "Attempts of a unit of work that ended done or failed; `code` says why it failed.",
    "transcoder, transcriber, api-ingest",
    initial=[
        *((task, "done", "") for task in ("transcode", "transcribe")),
        *(
            (task, "failed", code)
            for task in ("transcode", "transcribe")
            for code in (*_FAILURE_CODES, "sound_unreadable")
        ),
    ],
)
TASK_SECONDS = histogram(
    "task",
    "seconds",
    ["task", "outcome"],
    _WORK,
    "From the first claim of an attempt to its end, pauses between starts included.",
    "transcoder, transcriber, api-ingest",
)
TOOL_SECONDS = histogram(
    "tool",
    "seconds",
    ["tool"],
    _WORK,
    "Run of a media tool: ffmpeg, ffprobe, recogniser or aligner.",
    "transcoder, transcriber",
)
ENCODE_SPEED = histogram(
    "encode_speed",
    "ratio",
    [],
    _SPEEDS,
    "Seconds of video encoded for each second that ffmpeg took, web and mobile at once.",
    "transcoder",
)
RECOGNISER_SPEED = histogram(
    "recogniser_speed",
    "ratio",
    ["engine"],
    _SPEEDS,
    "Seconds of sound heard for each second of recognition.",
    "transcriber",
)

# ---- dependencies --------------------------------------------------------------------------------
AWS_SECONDS = histogram(
    "aws_call",
    "seconds",
    ["service", "operation", "outcome"],
    _CALLS,
    "A call of AWS, retries included: ok, refused (an answer that says no, such as a failed "
    "condition) or error (no answer, 5xx, throttled, or our role is refused). ReceiveMessage "
    "waits for messages.",
    "all",
)
GRAPHQL_SECONDS = histogram(
    "graphql_call",
    "seconds",
    ["operation", "outcome"],
    _CALLS,
    "A request to the mentor's GraphQL API: ok, refused, down, or unknown (a mutation that may "
    "have been applied).",
    "api-web, api-ingest, notifier",
)

# ---- the api -------------------------------------------------------------------------------------
HTTP_SECONDS = histogram(
    "http_request",
    "seconds",
    ["method", "route", "status"],
    _CALLS,
    "A request, by route (never by path) and status.",
    "api-web",
)
EVENT_STREAMS = gauge(
    "event_streams",
    [],
    "Event streams of uploads' progress that are open now.",
    "api-web",
)
UPLOADS_ACCEPTED = counter(
    "uploads_accepted",
    ["transcription"],
    "Uploads accepted, by what is done about their transcript: wanted, idle or edited.",
    "api-web",
    initial=[("wanted",), ("idle",), ("edited",)],
)
UPLOAD_BYTES = histogram(
    "upload", "bytes", [], _BYTES, "Size of the video of an accepted upload.", "api-web"
)
UPLOADS_CANCELLED = counter(
    "uploads_cancelled", [], "Cancellations that people asked the api for.", "api-web"
)
TRANSFERS_ACCEPTED = counter("transfers_accepted", [], "Mentor transfers accepted.", "api-web")

# ---- backlog -------------------------------------------------------------------------------------
UPLOADS_WAITING = gauge(
    "uploads_waiting",
    ["task"],
    "Uploads that wait for a free worker, as the jobs table says; each replica says the same.",
    "api-ingest",
)
UPLOADS_WORKING = gauge(
    "uploads_working",
    ["task"],
    "Uploads that are worked on, as the jobs table says; each replica says the same.",
    "api-ingest",
)
OLDEST_WAITING = gauge(
    "oldest_waiting_seconds",
    ["task"],
    "For how long an upload has waited, at the most: since it was accepted, or since it may be"
    " begun again; 0 for nobody.",
    "api-ingest",
    unit="seconds",
)

# ---- answers -------------------------------------------------------------------------------------
UPLOADS_ENDED = counter(
    "uploads_ended",
    ["outcome", "code"],
    "Outcomes decided, one for each pair of attempts of an upload: ready, failed, cancelled or "
    "superseded; `code` says why it failed.",
    "notifier",
    initial=[
        *(("ready", ""), ("cancelled", "cancelled"), ("superseded", "superseded")),
        *(("failed", code) for code in _FAILURE_CODES),
    ],
)
READY_SECONDS = histogram(
    "ready",
    "seconds",
    [],
    _WAITS,
    "From the acceptance of an upload to the moment its answer was ready.",
    "notifier",
)
RECONCILE_SECONDS = histogram(
    "look",
    "seconds",
    [],
    _CALLS,
    "One reconcile of an answer: read the jobs table and GraphQL, write what differs.",
    "notifier",
)


def as_markdown() -> str:
    """Return the catalogue as a page."""
    lines = [
        "# Metrics",
        "",
        "Written by `python -m mentor_common.telemetry.metrics` from the catalogue; do not edit.",
        "",
        "Each process answers `GET /metrics`: the workers on `HEALTH_PORT`, the api's web process",
        "on its own port, where all of a pod's processes are counted together; it answers 404 to",
        "what comes through a proxy. The scraper's label `job` is the process: `api-web`,",
        "`api-ingest`, `transcoder`, `transcriber`, `notifier`. Beside these are the usual",
        "`process_*` and `python_*` of the Prometheus client (not for `api-web`).",
        "",
        "| name | type | unit | labels | meaning | from |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{metric.name}` | {metric.kind} | {metric.unit} "
        f"| {', '.join(f'`{label}`' for label in metric.labels) or '-'} "
        f"| {metric.meaning} | {metric.emitted_by} |"
        for metric in CATALOGUE.values()
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write ``docs/metrics.md`` in the folder we stand in, or compare it (``--check``)."""
    page = Path("docs/metrics.md")
    if "--check" not in arguments:
        page.write_text(as_markdown())
        return 0
    if page.read_text() == as_markdown():
        return 0
    print(f"{page} is not what the catalogue says; write it anew", file=sys.stderr)  # noqa: T201 -- a command line
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
