"""Every kind of secret that the system handles, tried on every road into a log."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
import structlog
from aiobotocore.session import get_session
from botocore.config import Config
from gunicorn.config import Config as GunicornConfig
from opentelemetry.sdk.trace import TracerProvider
from pydantic import SecretStr
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars

from mentor_api.http.server import RedactingLogger
from mentor_common.settings import CommonSettings, GraphQLSettings
from mentor_common.telemetry import logs, redaction
from mentor_common.telemetry.logs import get_logger
from mentor_common.telemetry.version import version
from mentor_common.threads import in_current_context
from mentor_local.provision import service_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IngiLCJyb2xlIjoiVVNFUiJ9.c2lnbmF0dXJlLW9mLWl0"
API_SECRET = "the/api+secret of=tests"
HEADER_VALUE = 'header"value\\of-tests'
KEY_ID, SECRET_KEY = "AKIDWITHOUTASHAPE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYKEY"
SESSION_TOKEN = "FwoGZXIvYXdzEXAMPLETOKEN//////////wEaDCtests"
DSN_KEY = "0123456789abcdef0123456789abcdef"
DSN = f"https://{DSN_KEY}@sentry.example.org/7"
OTLP = "Basic%20b3RscDpwYXNzd29yZA%3D%3D"
TEMPORARY = "a-temporary-secret-without-shape"


class Settings(GraphQLSettings, CommonSettings):
    """All that is secret among the settings."""


def settings() -> Settings:
    return Settings(
        aws_region="us-east-1",
        jobs_table_name="jobs",
        topic_arn="arn",
        signed_upload_bucket="uploads",
        s3_static_arn="static",
        graphql_endpoint="https://user:pass-word@graphql.example.org/graphql",
        api_secret=SecretStr(API_SECRET),
        secret_header_name="x-secret",
        secret_header_value=SecretStr(HEADER_VALUE),
        sentry_dsn_mentor_upload=SecretStr(DSN),
    )


# One for all clients: each session reads AWS's models anew, and this file is read by each worker.
SESSION = boto3.Session(
    aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
    aws_secret_access_key=TEMPORARY,
    aws_session_token="a-session-token-without-shape",
    region_name="us-east-1",
)


def s3(signature: str) -> Any:
    return SESSION.client("s3", config=Config(signature_version=signature))


def presigned_post(signature: str) -> tuple[str, list[str]]:
    post = s3(signature).generate_presigned_post(Bucket="b", Key="user/clip")
    kept = {"key", "x-amz-algorithm", "x-amz-date"}
    return str(post), [value for name, value in post["fields"].items() if name not in kept]


def presigned_url(signature: str) -> tuple[str, list[str]]:
    url = s3(signature).generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    query = dict(pair.split("=", 1) for pair in url.partition("?")[2].split("&"))
    kept = {"X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "Expires"}
    return url, [value for name, value in query.items() if name not in kept]


SECRETS: dict[str, tuple[str, list[str]]] = {
    "user's token": (JWT, [JWT, *JWT.split(".")]),
    "half of a token": (f"refused {JWT[:45]}", [JWT[:45], JWT[22:45]]),
    "bearer": ("Authorization: bearer some-opaque-token", ["some-opaque-token"]),
    "bearer without a header": ("sent bearer some-opaque-token", ["some-opaque-token"]),
    "API secret": (f"as {API_SECRET}.", [API_SECRET]),
    "API secret in a URL": ("?s=the%2Fapi%2Bsecret%20of%3Dtests&x", ["api%2Bsecret"]),
    "secret header": (f"x-secret: {HEADER_VALUE}", [HEADER_VALUE]),
    "secret header in JSON": (json.dumps({"h": HEADER_VALUE}), ["value\\\\of-tests"]),
    "presigned POST v4": presigned_post("s3v4"),
    "presigned POST v2": presigned_post("s3"),
    "presigned URL v4": presigned_url("s3v4"),
    "presigned URL v2": presigned_url("s3"),
    "presigned URL in a URL": (
        "?to=https%3A%2F%2Fh%2Fk%3FX-Amz-Signature%3D00ff00ff%26a",
        ["00ff00ff"],
    ),
    "AWS secret key": (f"using {SECRET_KEY}", [SECRET_KEY]),
    "AWS key id": (f"using {KEY_ID} and AKIAIOSFODNN7EXAMPLE", [KEY_ID, "AKIAIOSFODNN7"]),
    "AWS session token": (f"using {SESSION_TOKEN}", [SESSION_TOKEN]),
    "AWS answer in JSON": (
        json.dumps({"SecretAccessKey": TEMPORARY, "Token": TEMPORARY}),
        [TEMPORARY],
    ),
    "AWS answer in XML": (f"<SecretAccessKey>{TEMPORARY}</SecretAccessKey>", [TEMPORARY]),
    "signature v4 in a header": (
        "Authorization: AWS4-HMAC-SHA256 Credential=AK/x, SignedHeaders=h, Signature=00ff00ff",
        ["AK/x", "00ff00ff"],
    ),
    "signature v2 in a header": (
        "Authorization: AWS AK1:frJIUN8DYpKDtOLCwo//yllqDzg=",
        ["frJIUN8DYpKDtOLCwo"],
    ),
    "Sentry DSN": (f"to {DSN}", [DSN_KEY]),
    "Sentry key": (f"X-Sentry-Auth: Sentry sentry_key={DSN_KEY}", [DSN_KEY]),
    "OTLP headers": (f"authorization={OTLP}", [OTLP, "b3RscDpwYXNzd29yZA"]),
    "OTLP header alone": ("sent b3RscDpwYXNzd29yZA==", ["b3RscDpwYXNzd29yZA"]),
    "OTLP header of any name": ("x-team: team-secret-0123", ["team-secret-0123"]),
    "cookie": ("Cookie: session=00ff00ff; other=11ee11ee", ["00ff00ff", "11ee11ee"]),
    "set-cookie": ("Set-Cookie: session=00ff00ff; Secure", ["00ff00ff"]),
    "API key": ("X-API-Key: 00ff00ff", ["00ff00ff"]),
    "password": ("password='00ff 00ff'", ["00ff 00ff", "00ff"]),
    "userinfo": ("redis://:00ff00ff@cache:6379/0", ["00ff00ff"]),
    "headers as pairs": ("[('Cookie', 'a=00ff00ff'), ('X-Api-Key', '11ee11ee')]", ["00ff", "11ee"]),
    "headers in JSON in JSON": (
        json.dumps({"h": json.dumps({"authorization": "00ff 00ff", "api_secret": "11ee"})}),
        ["00ff", "11ee"],
    ),
}


@dataclass
class Held:
    """An object whose repr tells all."""

    inside: Any


class Failure(Exception):  # noqa: N818 -- a name for a test
    """Its text is a secret."""


def fail(text: str) -> None:
    raise Failure(text)


def failing(text: str) -> None:
    try:
        fail(text)
    except Failure as error:
        raise RuntimeError("as a consequence") from error


def caught(text: str, log: Callable[[], None]) -> None:
    try:
        failing(text)
    except RuntimeError:
        log()


def uncaught(text: str) -> None:
    try:
        failing(text)
    except RuntimeError:
        sys.excepthook(*sys.exc_info())


def in_a_thread(text: str) -> None:
    thread = threading.Thread(target=failing, args=(text,))
    thread.start()
    thread.join()


def by_gunicorn(text: str) -> None:
    words = RedactingLogger(GunicornConfig())
    caught(text, lambda: words.exception("Error handling request %s", f"/upload?{text}"))
    words.warning("Invalid request: %s", text)


def bound(text: str) -> None:
    with bound_contextvars(note=text):
        get_logger("test").info("x")


LIBRARY = logging.getLogger("a.library")
ROADS: dict[str, Callable[[str], None]] = {
    "text": lambda text: get_logger("test").info(f"got {text}"),
    "text with arguments": lambda text: get_logger("test").info("got %s", text),
    "value": lambda text: get_logger("test").info("x", note=text),
    "nested value": lambda text: get_logger("test").info("x", note={"a": [{"b": (1, text, 2)}]}),
    "key": lambda text: get_logger("test").info("x", note={text: 1}),
    "bytes": lambda text: get_logger("test").info("x", note=text.encode()),
    "an object's repr": lambda text: get_logger("test").info("x", note=Held([text])),
    "error as value": lambda text: get_logger("test").info("x", error=Failure(text)),
    "bound": bound,
    "exception": lambda text: caught(text, lambda: get_logger("test").exception("x")),
    "library": lambda text: LIBRARY.warning("got %s", text),
    "library with a dict": lambda text: LIBRARY.warning("got %(a)r", {"a": text}),
    "library's exception": lambda text: caught(text, lambda: LIBRARY.exception("x")),
    "library's stack": lambda text: LIBRARY.error("x %s", text, stack_info=True),
    "debug": lambda text: LIBRARY.debug("got %s", [text]),
    "warning": lambda text: warnings.warn(text, stacklevel=1),
    "uncaught": uncaught,
    "uncaught in a thread": in_a_thread,
    "gunicorn": by_gunicorn,
}


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return a function that sets logging up as a process does; undone at the end."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for owner, name in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setattr(redaction, "_registered", set())
    monkeypatch.setattr(redaction, "_patterns", [])
    clear_contextvars()
    before = structlog.get_config()

    def configure(style: Any = "json", log_level: str = "DEBUG") -> None:
        environment = {
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": SESSION_TOKEN,
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={OTLP},x-team=team-secret-0123",
        }
        redaction.register_secrets_of(settings(), environment)
        logs.configure("transcoder", level=log_level, style=style)
        # What is cached would outlive the test.
        structlog.configure(cache_logger_on_first_use=False)

    yield configure
    logging.captureWarnings(capture=False)
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("style", ["json", "console"])
def test_no_secret_takes_this_road_into_the_log(
    configured: Callable[..., None], capsys: pytest.CaptureFixture[str], road: str, style: str
) -> None:
    configured(style)
    leaked = {}
    for name, (text, hidden) in SECRETS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(capture=False)
            logging.captureWarnings(capture=True)
            ROADS[road](text)
        captured = capsys.readouterr()
        said = captured.err
        assert said, name
        assert captured.out == ""
        # As it stands there, and as a reader of JSON sees it.
        seen = [said, said.encode().decode("unicode_escape", errors="replace")]
        if found := [part for part in hidden if any(part in each for each in seen)]:
            leaked[name] = found
        if style == "json":
            for line in said.splitlines():
                json.loads(line)
    assert leaked == {}


def test_a_tool_logs_an_error_without_secrets_and_variables(
    capsys: pytest.CaptureFixture[str],
) -> None:
    variable = "of no use to anybody"
    with logs.logs_on_stderr():
        try:
            SECRETS[f"{JWT} {len(variable)}"]
        except KeyError:
            get_logger("tool").warning("failed", token="a-token", exc_info=True)
    said = capsys.readouterr().err
    assert "KeyError" in said
    assert not [secret for secret in (variable, "a-token", JWT) if secret in said]


def test_what_is_no_secret_stays_readable(
    configured: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    configured()
    plain = [
        "NoCredentialsError: Unable to locate credentials",
        "ExpiredToken: The provided token has expired",
        "unexpected token } at 12",
        "videos/5ffdf41a1ee2c62320b49ea1/5ffdf41a1ee2c62320b49eb2/x/1/web.mp4",
        "https://static.example.org/videos/a.mp4?start=1.5&end=11",
        "an upload for mentor@example.org",
        '{"presign_signature": "v4", "secret_header_name": "x-team"}',
    ]
    for text in plain:
        get_logger("test").info(text, note=text, count=3, ok=True, nothing=None)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == plain
    assert [line["note"] for line in lines] == plain
    assert (lines[0]["count"], lines[0]["ok"], lines[0]["nothing"]) == (3, True, None)


def test_a_line_says_of_which_service_release_message_and_trace_it_is(
    configured: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    configured()
    names = {
        "upload_id": "u",
        "mentor": "m",
        "question": "q",
        "task": "transcode",
        "attempt": 1,
        "event_id": "e",
    }
    tracer = TracerProvider().get_tracer("test")
    with bound_contextvars(**names), tracer.start_as_current_span("work") as span:
        get_logger("test").info("ours")
        LIBRARY.warning("a library's")
    get_logger("test").info("after")
    ours, theirs, after = map(json.loads, capsys.readouterr().err.splitlines())
    expected = names | {
        "service": "transcoder",
        "version": version(),
        "trace_id": f"{span.get_span_context().trace_id:032x}",
    }
    assert {name: ours[name] for name in expected} == expected
    assert {name: theirs[name] for name in expected} == expected
    assert not {*names, "trace_id"} & set(after)


def test_a_thread_of_an_executor_carries_the_context_and_leaves_nothing_in_it(
    configured: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 -- of this test alone

    configured()
    meet = threading.Barrier(2, timeout=10)

    def say(number: int) -> None:
        bind_contextvars(number=number)
        meet.wait()  # both at once, so both in threads of their own
        get_logger("test").info("said")

    with ThreadPoolExecutor(2) as pool:
        with bound_contextvars(upload_id="u"):
            list(pool.map(in_current_context(say), [1, 2]))
        list(pool.map(lambda _: (meet.wait(), get_logger("test").info("after")), [1, 2]))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    said = [(line["number"], line["upload_id"]) for line in lines if line["event"] == "said"]
    assert sorted(said) == [(1, "u"), (2, "u")]
    after = [line for line in lines if line["event"] == "after"]
    assert (len(after), [line for line in after if "upload_id" in line]) == (2, [])


def test_aws_libraries_at_debug_do_not_tell_what_they_sign(
    configured: Callable[..., None], capsys: pytest.CaptureFixture[str], cloud: Any
) -> None:
    """``LOG_LEVEL=DEBUG`` leaves them at WARNING; here they say all they know."""
    keys = service_credentials(cloud.stack, "api")
    login = {name.lower(): value for name, value in keys.items()}
    configured()
    redaction.register_secrets_of(settings(), keys)
    for name in ("botocore", "boto3", "aiobotocore", "urllib3", "s3transfer"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    bucket, endpoint = cloud.stack.upload_bucket, cloud.stack.endpoint
    signed = []
    try:
        for signature in ("s3v4", "s3"):
            # A session of its own: the default one would keep these keys for other tests.
            client = boto3.Session(region_name="us-east-1", **login).client(
                "s3",
                endpoint_url=endpoint,
                config=Config(signature_version=signature, s3={"addressing_style": "path"}),
            )
            client.put_object(Bucket=bucket, Key="user/clip", Body=b"x")
            where = {"Bucket": bucket, "Key": "user/clip"}
            url = client.generate_presigned_url("get_object", Params=where)
            signed.append(url.rpartition("ignature=")[2].partition("&")[0])
            requests.get(url, timeout=10)

        async def queue() -> None:
            session = get_session()
            async with session.create_client(
                "sqs", region_name="us-east-1", endpoint_url=endpoint, **login
            ) as sqs:
                await sqs.get_queue_url(QueueName=cloud.environment("api")["QUEUE_NAME"])

        asyncio.run(queue())
    finally:
        for name in logs._CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
    said = capsys.readouterr().err
    for proof in ("CanonicalRequest", "GET /", "Sending http request", "StringToSign"):
        assert proof in said, f"the libraries did not say {proof}"
    hidden = [*keys.values(), *signed]
    assert [value for value in hidden if value in said] == []


@pytest.mark.parametrize(
    "line",
    [
        '{"sentry_dsn_mentor_upload": null, "signed_upload_bucket": "b", "api_secret": "x"}',
        "token=abcdefgh, then more",
        "Authorization: bearer abcdefgh",
        "?X-Amz-Signature=0123456789abcdef&part=1",
    ],
)
def test_what_was_starred_out_already_stays_as_it_is(line: str) -> None:
    """A line may pass the redaction twice: once bound, once written."""
    once = redaction.redact_text(line)
    assert "[secret]" in once or "[token]" in once
    assert redaction.redact_text(once) == once
