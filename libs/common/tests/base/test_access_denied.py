"""A refusal by AWS is a dependency that is down: never the fault of an upload."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from inspect import unwrap
from typing import TYPE_CHECKING, Any

import pytest
from botocore import exceptions

from mentor_common.aws import clients
from mentor_common.aws.access_denied import is_denied
from mentor_common.aws.storage import ObjectMissingError, Storage
from mentor_common.consumer import Consumer, DependencyBreaker, Policy
from mentor_common.errors import AccessDeniedError, DependencyDownError
from mentor_common.telemetry import metrics
from serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "AKIAABCDEFGHIJKLMNOP"


def xml(code: str, message: str = f"Access Denied for {SECRET}") -> bytes:
    return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()


def query(code: str) -> bytes:
    error = f"<Type>Sender</Type><Code>{code}</Code><Message>no {SECRET}</Message>"
    return f"<ErrorResponse><Error>{error}</Error></ErrorResponse>".encode()


def says(code: str, message: str = f"no {SECRET}") -> bytes:
    return json.dumps({"__type": f"com.amazonaws#{code}", "message": message}).encode()


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """Give the URL of an AWS that answers every request alike."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = _answer  # noqa: N815 -- http.server's names

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as url:
        yield url


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", SECRET)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(clients, "session", unwrap(clients.session))  # without cached keys


PUBLISH = {"TopicArn": "arn:aws:sns:us-east-1:1:mentor-upload-qa-api", "Message": "m"}
SEND = {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/a-queue", "MessageBody": "m"}
START = {
    "TranscriptionJobName": "mentor-upload-qa-1",
    "LanguageCode": "en-US",
    "Media": {"MediaFileUri": "s3://b/k"},
}
GET = {"TableName": "jobs", "Key": {"pk": {"S": "1"}}}
ROLE = "arn:aws:sts::1:assumed-role/mentor-upload-qa-transcriber/x"
PERFORM = f"User: {ROLE} is not authorized to perform: transcribe:StartTranscriptionJob"


@pytest.mark.parametrize(
    ("service", "call", "parameters", "status", "body", "told"),
    [
        (
            *("s3", "head_object", {"Bucket": "b", "Key": "k/1"}, 403, b""),
            "s3: 403: s3:GetObject on b/k/1 is refused",
        ),
        (
            *("s3", "get_object", {"Bucket": "b", "Key": "k"}, 403, xml("AccessDenied")),
            "s3: AccessDenied: s3:GetObject on b/k is refused",
        ),
        (
            *("s3", "put_object", {"Bucket": "b", "Key": "k"}, 403, xml("InvalidAccessKeyId")),
            "s3: InvalidAccessKeyId: s3:PutObject on b/k is refused",
        ),
        (
            *("s3", "get_object", {"Bucket": "b", "Key": "k"}, 400, xml("ExpiredToken")),
            "s3: ExpiredToken: s3:GetObject on b/k is refused",
        ),
        (
            *("s3", "put_object", {"Bucket": "b", "Key": "k"}),
            *(403, xml("KMS.AccessDeniedException")),
            "s3: KMS.AccessDeniedException: s3:PutObject on b/k is refused",
        ),
        (
            *("sns", "publish", PUBLISH, 403, query("AuthorizationError")),
            f"sns: AuthorizationError: sns:Publish on {PUBLISH['TopicArn']} is refused",
        ),
        (
            *("sns", "publish", PUBLISH, 400, query("KMSAccessDenied")),
            f"sns: KMSAccessDenied: sns:Publish on {PUBLISH['TopicArn']} is refused",
        ),
        (
            *("sqs", "send_message", SEND, 403, says("InvalidClientTokenId")),
            "sqs: InvalidClientTokenId: sqs:SendMessage on a-queue is refused",
        ),
        (
            *("sqs", "send_message", SEND, 400, says("KmsAccessDenied")),
            "sqs: KmsAccessDenied: sqs:SendMessage on a-queue is refused",
        ),
        (
            *("dynamodb", "get_item", GET, 400, says("AccessDeniedException")),
            "dynamodb: AccessDeniedException: dynamodb:GetItem on jobs is refused",
        ),
        (
            *("dynamodb", "get_item", GET, 400, says("UnrecognizedClientException")),
            "dynamodb: UnrecognizedClientException: dynamodb:GetItem on jobs is refused",
        ),
        (
            *("transcribe", "start_transcription_job", START),
            *(400, says("AccessDeniedException", f"{PERFORM} on resource: arn:aws:x because no")),
            "transcribe: AccessDeniedException: transcribe:StartTranscriptionJob on arn:aws:x is",
        ),
        (
            *("transcribe", "start_transcription_job", START),
            *(400, says("SubscriptionRequiredException")),
            "transcribe: SubscriptionRequiredException: transcribe:StartTranscriptionJob on mentor",
        ),
    ],
)
def test_access_denied_in_any_spelling_names_action_and_resource_and_no_secret(
    service: str,
    call: str,
    parameters: dict[str, Any],
    status: int,
    body: bytes,
    told: str,
) -> None:
    with answering(status, body) as url:
        client = clients.client(service, "us-east-1", endpoint_url=url)
        with pytest.raises(AccessDeniedError) as refused, clients.outages_of(service):
            getattr(client, call)(**parameters)

    assert str(refused.value).startswith(told)
    assert SECRET not in str(refused.value)
    assert ROLE not in str(refused.value)
    # What rings `AwsErrors`: an answer, but not one that the work could go on with.
    counted = metrics.AWS_SECONDS.labels(
        service=service, operation="".join(map(str.title, call.split("_"))), outcome="error"
    )
    assert counted._sum.get() > 0


CLOCK_AND_SIGNATURE = (
    *("AuthorizationHeaderMalformed", "ExpiredToken", "ExpiredTokenException"),
    *("IncompleteSignature", "InvalidClientTokenId", "InvalidSignatureException"),
    *("MissingAuthenticationToken", "RequestExpired", "RequestInTheFuture"),
    *("RequestTimeTooSkewed", "SignatureDoesNotMatch", "UnrecognizedClientException"),
)


@pytest.mark.parametrize("code", CLOCK_AND_SIGNATURE)
@pytest.mark.parametrize("status", [400, 403])
def test_clock_and_signature_errors_are_outages_of_whom_we_asked(code: str, status: int) -> None:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error = exceptions.ClientError(answer, "GetItem")
    with pytest.raises(DependencyDownError, match=code) as down, clients.outages_of("dynamodb"):
        raise error
    assert down.value.dependency == "dynamodb"
    assert ("clock" in str(down.value)) == code.startswith(
        ("IncompleteS", "InvalidSig", "Request", "Signature")
    )


@pytest.mark.parametrize("status", [400, 403, 407])
def test_a_head_that_is_refused_without_a_body_is_an_outage(status: int) -> None:
    with answering(status, b"") as url:
        storage = Storage(clients.client("s3", "us-east-1", endpoint_url=url))
        with pytest.raises(DependencyDownError, match=rf"s3: (HTTP )?{status}"):
            storage.probe("b")
        with pytest.raises(DependencyDownError):
            storage.head("b", "k")


def test_an_answer_of_something_before_aws_is_an_outage() -> None:
    with answering(400, b"<html>the proxy wants a login</html>") as url:
        for service, call, parameters in (
            ("sns", "publish", PUBLISH),
            ("dynamodb", "get_item", GET),
        ):
            client = clients.client(service, "us-east-1", endpoint_url=url)
            with pytest.raises(DependencyDownError), clients.outages_of(service):
                getattr(client, call)(**parameters)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.SSLError(endpoint_url="https://x", error="certificate is not yet valid"),
        exceptions.ProxyConnectionError(proxy_url="http://x"),
        exceptions.NoCredentialsError(),
        exceptions.UnauthorizedSSOTokenError(),
    ],
)
def test_no_connection_and_no_credentials_are_outages(error: Exception) -> None:
    assert clients.is_outage(error)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("NoSuchKey", 404),
        ("404", 404),
        ("PreconditionFailed", 412),
        ("ConditionalCheckFailedException", 400),
        ("BadRequestException", 400),
        ("InvalidObjectState", 403),
        ("RequestThrottled", 403),
        ("OverLimit", 403),
    ],
)
def test_what_is_no_refusal_of_our_role_is_none(code: str, status: int) -> None:
    assert not is_denied(code, status)


def test_a_missing_object_is_missing_and_one_that_may_not_be_seen_is_not() -> None:
    with answering(404, b"") as url, pytest.raises(ObjectMissingError):
        Storage(clients.client("s3", "us-east-1", endpoint_url=url)).head("b", "k")
    with answering(403, b"") as url, pytest.raises(AccessDeniedError):
        Storage(clients.client("s3", "us-east-1", endpoint_url=url)).head("b", "k")


REFUSED = AccessDeniedError("transcribe", "AccessDenied", "transcribe:StartTranscriptionJob")


async def _fine() -> None:
    """Answer a probe: what it asks is allowed."""


def up() -> float:
    return float(metrics.DEPENDENCY_UP.labels(dependency="transcribe")._value.get())


def test_after_a_refusal_one_message_tries_and_the_same_kind_of_work_ends_it() -> None:
    async def story() -> None:
        breaker = DependencyBreaker({"transcribe": _fine}, first_hold=0)
        consumer = Consumer(None, {}, Policy(slots=8), breaker, "test")  # type: ignore[arg-type] # it receives nothing
        breaker.trip(REFUSED, by="upload.accepted.v1")
        assert breaker.is_open
        assert await breaker.probe(), "it may be tried"
        assert (breaker.is_open, breaker.half_open) == (False, True)
        assert breaker.down == {"transcribe": str(REFUSED)}, "and still counts as down"
        assert consumer._free_slots() == 1
        assert up() == 0

        breaker.record_success("transcription.changed.v1")
        assert breaker.half_open, "that was other work"
        breaker.trip(REFUSED, by="upload.accepted.v1")
        assert breaker.is_open
        assert await breaker.probe()
        breaker.record_success("upload.accepted.v1")

        assert (breaker.down, breaker.is_open, breaker.half_open) == ({}, False, False)
        assert consumer._free_slots() == 8
        assert up() == 1

    asyncio.run(story())


def test_a_refused_action_is_left_alone_longer_each_time_whatever_probes_say() -> None:
    async def story() -> None:
        breaker = DependencyBreaker({"transcribe": _fine}, first_hold=3600)
        breaker.trip(REFUSED, by="w")
        assert not await breaker.probe()
        assert breaker.is_open

    asyncio.run(story())


def test_an_outage_while_a_refusal_is_half_open_stops_receiving() -> None:
    async def story() -> None:
        breaker = DependencyBreaker({"transcribe": _fine}, first_hold=0)
        breaker.trip(REFUSED, by="w")
        assert await breaker.probe()
        breaker.trip(DependencyDownError("transcribe", "InternalFailureException"))
        assert breaker.is_open

    asyncio.run(story())
