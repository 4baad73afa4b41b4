"""The old service read the wrong DSN variable, so Sentry never received anything."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest
import sentry_sdk
from opentelemetry.sdk.trace import TracerProvider
from structlog.contextvars import bound_contextvars
from structlog.testing import capture_logs

from mentor_common.consumer import ReleaseBreaker
from mentor_common.settings import CommonSettings, load
from mentor_common.sweeping import Sweeping
from mentor_common.telemetry import error_reports, redaction, tracing
from mentor_common.telemetry.error_summary import error_summary, origin
from mentor_common.telemetry.logs import get_logger
from sentry_endpoint import KEY, SentryEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUIRED = {
    "AWS_REGION": "us-east-1",
    "JOBS_TABLE_NAME": "jobs",
    "TOPIC_ARN": "arn",
    "SIGNED_UPLOAD_BUCKET": "uploads",
    "S3_STATIC_ARN": "arn:aws:s3:::static",
    "STAGE": "qa",
    "MENTOR_UPLOAD_VERSION": "1.2.3",
}
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IngifQ.c2lnbmF0dXJl"


@pytest.fixture
def required(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def sentry(required: pytest.MonkeyPatch) -> Iterator[SentryEndpoint]:
    """Reports are on, as of the service `transcoder`."""
    with SentryEndpoint() as endpoint:
        for name, value in endpoint.environment.items():
            required.setenv(name, value)
        error_reports.start("transcoder", CommonSettings())
        yield endpoint
        error_reports.finish()
        sentry_sdk.init(default_integrations=False)


def heard(sentry: SentryEndpoint) -> list[dict[str, Any]]:
    sentry_sdk.flush(timeout=10)
    return sentry.events


def broken(text: str = "it broke") -> None:
    raise ValueError(text)


def caught(text: str = "it broke") -> ValueError:
    try:
        broken(text)
    except ValueError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize("enabled", [True, False])
def test_a_report_reaches_sentry_exactly_when_switched_on(
    required: pytest.MonkeyPatch, *, enabled: bool
) -> None:
    with SentryEndpoint() as endpoint:
        required.setenv("IS_SENTRY_ENABLED", str(enabled).lower())
        required.setenv("SENTRY_DSN_MENTOR_UPLOAD", endpoint.dsn)
        error_reports.start("transcoder", CommonSettings())
        try:
            error_reports.report("something broke", code="broke", error=caught())
            error_reports.finish()
            assert len(endpoint.events) == int(enabled)
        finally:
            sentry_sdk.init(default_integrations=False)


def test_a_report_says_what_where_and_of_whom(sentry: SentryEndpoint) -> None:
    tracer = TracerProvider().get_tracer("test")
    bound = {"upload_id": "u", "mentor": "m", "question": "q", "task": "transcode", "attempt": 2}
    with tracer.start_as_current_span("work") as span, bound_contextvars(event_id="e", **bound):
        error_reports.report("it broke", code="broke", error=caught(), starts=5)

    (event,) = heard(sentry)
    assert event["tags"] == {
        **{name: str(value) for name, value in bound.items()},
        "event_id": "e",
        "service": "transcoder",
        "code": "broke",
    }
    assert event["release"] == "mentor-upload@1.2.3"
    assert event["environment"] == "qa"
    assert event["server_name"] == socket.gethostname()
    context = span.get_span_context()
    assert event["contexts"]["trace"] == {
        "trace_id": f"{context.trace_id:032x}",
        "span_id": f"{context.span_id:016x}",
    }
    assert event["contexts"]["mentor-upload"] == {**bound, "event_id": "e", "starts": 5}
    (raised,) = event["exception"]["values"]
    assert (raised["type"], raised["value"]) == ("ValueError", "it broke")
    assert [frame["function"] for frame in raised["stacktrace"]["frames"]] == ["caught", "broken"]
    assert "vars" not in json.dumps(raised["stacktrace"])
    assert event["fingerprint"] == ["transcoder", "transcode", "broke", "ValueError"]
    assert not event.get("breadcrumbs", {}).get("values")


def test_reports_are_grouped_by_what_failed_and_never_by_whose(sentry: SentryEndpoint) -> None:
    for upload in ("a", "b"):
        with bound_contextvars(upload_id=upload, mentor=upload, attempt=1):
            error_reports.report("it broke", code="broke", error=caught())
    one, other = heard(sentry)
    assert one["fingerprint"] == other["fingerprint"]
    assert one["event_id"] != other["event_id"]


def test_what_is_reported_twice_under_a_name_is_one_event(sentry: SentryEndpoint) -> None:
    for _ in range(2):
        error_reports.report("gave up", code="gave_up", once=("UPLOAD#x", "TASK#transcode", 1))
    error_reports.report("gave up", code="gave_up", once=("UPLOAD#x", "TASK#transcode", 2))
    ids = [event["event_id"] for event in heard(sentry)]
    assert (len(ids), len(set(ids))) == (3, 2)


def test_what_is_logged_is_not_reported(sentry: SentryEndpoint) -> None:
    try:
        broken()
    except ValueError:
        logging.getLogger("test").exception("in a logger")
        get_logger("test").critical("in ours", exc_info=True)
    assert heard(sentry) == []


def test_a_report_is_redacted_like_a_log_line(sentry: SentryEndpoint) -> None:
    # Put together here: an event shows the lines of code around the failure.
    key, signature = "plain-api-" + "secret", "dead" + "beef"
    redaction.register_secrets([key])
    failure = caught(f"bearer {JWT}, {key}, https://h/k?X-Amz-Signature={signature}")
    with bound_contextvars(upload_id=f"x{JWT}", Authorization=f"bearer {JWT}"):
        error_reports.report(
            f"with {JWT}",
            code=key,
            error=failure,
            headers={"Cookie": signature},
            note=[{"deep": key}],
        )
    assert len(heard(sentry)) == 1
    (raw,) = sentry.envelopes
    assert [secret for secret in (JWT, key, signature) if secret.encode() in raw] == []


def test_the_release_breaker_is_reported_once_when_it_opens(sentry: SentryEndpoint) -> None:
    breaker = ReleaseBreaker()
    for number in range(30):
        breaker.record(f"mentor{number % 3}", failed=True)
    (event,) = heard(sentry)
    assert (event["tags"]["code"], event["level"]) == ("release_breaker", "fatal")


def test_a_sweep_reports_once_for_each_run_of_failures_of_a_thing(
    sentry: SentryEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_things = {"a"}
    looked: list[str] = []

    def look(thing: str) -> None:
        looked.append(thing)
        if thing in broken_things:
            broken()

    sweeping = Sweeping("a thing cannot be swept")

    def sweep() -> None:
        sweeping.each(["a", "b"], look, str, lambda thing: {"upload_id": thing})

    for _ in range(3):
        sweep()
    assert len(heard(sentry)) == 1, "not at each try"
    broken_things.clear()
    sweep()
    broken_things.add("a")
    sweep()
    assert len(heard(sentry)) == 1, "what went well once may have met another at work"
    monkeypatch.setattr(error_reports, "_SERIES_SECONDS", 0.0)
    sweep()
    assert [event["tags"]["upload_id"] for event in heard(sentry)] == ["a", "a"]
    assert looked.count("b") == 6, "one's trouble keeps nobody waiting"


def test_what_fails_in_a_sweep_is_reported_with_the_trace_of_what_it_is_about(
    sentry: SentryEndpoint,
) -> None:
    traceparent = "00-" + "4bf92f3577b34da6" * 2 + "-00f067aa0ba902b7-01"

    def look(_thing: str) -> None:
        with tracing.upload_span("look", traceparent, "an upload"):
            broken()

    sweeping = Sweeping("a thing cannot be swept")
    sweeping.each(["a"], look, str, lambda thing: {"upload_id": thing})
    (event,) = heard(sentry)
    assert event["contexts"]["trace"]["trace_id"] == "4bf92f3577b34da6" * 2


def test_reports_without_a_dsn_are_a_warning(required: pytest.MonkeyPatch) -> None:
    required.setenv("IS_SENTRY_ENABLED", "true")
    with capture_logs() as lines:
        error_reports.start("transcoder", CommonSettings())
    (line,) = lines
    assert line["log_level"] == "warning"
    assert "SENTRY_DSN_MENTOR_UPLOAD" in line["event"]


@pytest.mark.timeout(60)  # what waits for an answer waits for ever
def test_an_unreachable_sentry_costs_nothing_and_blocks_nobody(
    required: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as deaf:
        # Connections are taken by the system and never answered: who waits for one never ends.
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        required.setenv("IS_SENTRY_ENABLED", "true")
        dsn = f"http://key@127.0.0.1:{deaf.getsockname()[1]}/1"
        required.setenv("SENTRY_DSN_MENTOR_UPLOAD", dsn)
        error_reports.start("transcoder", CommonSettings())
        try:

            async def scene() -> None:
                for _ in range(500):  # more than fit into the queue
                    error_reports.report("it broke", code="broke", error=caught())
                    await asyncio.sleep(0)

            asyncio.run(scene())
            error_reports.finish()
            assert caplog.records == [], "and no line for each that cannot be delivered"
        finally:
            sentry_sdk.init(default_integrations=False)


def test_a_report_that_cannot_be_made_raises_nothing(sentry: SentryEndpoint) -> None:
    class Hostile(Exception):  # noqa: N818 -- a name for a test
        def __str__(self) -> str:
            raise RuntimeError("no")

    error_reports.report("it broke", code="broke", error=Hostile())
    error_reports.report("it broke", code="broke")
    assert heard(sentry)[-1]["tags"]["code"] == "broke"


@pytest.mark.parametrize("dsn", ["https://sentry.example.org/1", "a-dsn-of-another-kind"])
def test_a_wrong_dsn_stops_the_process_at_start_with_the_variables_name(
    required: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dsn: str
) -> None:
    required.setenv("SENTRY_DSN_MENTOR_UPLOAD", dsn)
    with pytest.raises(SystemExit) as ended:
        load(CommonSettings)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "SENTRY_DSN_MENTOR_UPLOAD" in said
    assert dsn not in said


def test_a_defects_text_says_where_it_was_raised_within_bounds() -> None:
    try:
        load("no settings")  # type: ignore[arg-type]
    except TypeError as error:
        failure = error
    place = origin(failure)
    assert place is not None
    assert (place[0], place[2]) == ("settings.py", "load")
    assert error_summary(failure).startswith(f"TypeError at settings.py:{place[1]} in load: ")
    assert error_summary(ValueError(f"{JWT} " * 200)) == f"ValueError: {'[jwt] ' * 200}"[:500]
    assert KEY not in error_summary(ValueError(f"http://{KEY}@sentry/1"))
