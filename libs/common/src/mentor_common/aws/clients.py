"""AWS clients with bounded waits, and the classification of AWS errors."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,  # a certificate of another time is one, too
)
from botocore.loaders import create_loader
from botocore.parsers import ResponseParserError
from botocore.session import get_session

from mentor_common.aws.access_denied import action_of, advice_on, is_denied
from mentor_common.bulkhead import Bulkhead
from mentor_common.errors import AccessDeniedError, DependencyDownError
from mentor_common.telemetry.aws_calls import observe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

AwsRefusedError = ClientError
"""A refusal by AWS; for services, which do not import botocore. See :func:`error_code`."""

_USER_AGENT = f"mentor-upload Boto3/{boto3.__version__} Botocore/{botocore.__version__}"
"""Botocore otherwise puts one together twice a call, which is a tenth of what a call costs."""

MODELS = create_loader(str(Path(__file__).with_name("models")))
"""Reads AWS's models from disk once, for all sessions of the process that are given it.

Our own addition to that of DynamoDB calls an attribute's value a document, which botocore then
passes on as JSON has it. Otherwise it takes every value of an item apart by the model, and does so
again to check those that are sent: a quarter of the time of a query.
"""

_REFUSED, _SERVER_ERROR = 400, 500
_BUSY_CODES = frozenset(
    {
        "InternalError",
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",  # another's transaction holds the item for the moment
        "KMSThrottling",
        "KmsThrottled",
        "OverLimit",
        "RequestThrottled",
    }
)
# Without a name of AWS's, these say something about the object, and all others about neither.
_ABOUT_THE_OBJECT = frozenset({"304", "404", "409", "412", "416"})
_NETWORK_ERRORS = (
    NoConnectionError,
    HTTPClientError,
    # A role that is missing or cannot be taken on is an outage, not a fault of a message.
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
    # What is between us and AWS has answered.
    ResponseParserError,
)


def config(service: str, *, read_timeout: float = 25, connections: int | None = None) -> Config:
    """Return the botocore configuration of a client: short waits, three tries.

    ``read_timeout`` (seconds) must exceed the longest SQS long poll (20 s). ``connections`` are
    kept open for the next calls.
    """
    common: dict[str, Any] = {
        "connect_timeout": 5,
        "read_timeout": read_timeout,
        "retries": {"mode": "standard", "total_max_attempts": 3},
        "max_pool_connections": connections or 32,
        "user_agent": _USER_AGENT,
    }
    if service == "s3":
        common |= {"signature_version": "s3v4", "s3": {"addressing_style": "path"}}
    return Config(**common)


@cache
def session() -> boto3.Session:
    """Return the process's session. It keeps the login that it has found once."""
    inner = get_session()
    inner.register_component("data_loader", MODELS)
    return boto3.Session(botocore_session=inner)


def client(
    service: str, region: str, *, endpoint_url: str | None = None, most_calls: int | None = None
) -> Any:
    """Return a thread-safe boto3 client. ``AWS_ENDPOINT_URL`` is honoured by boto3 itself.

    ``most_calls`` is how many may be under way at once: one more is ``DependencyDownError``.
    """
    made = session().client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        config=config(service, connections=most_calls),
    )
    observe(made)
    limit(made, service, most_calls)
    return made


def limit(made: Any, service: str, most_calls: int | None) -> None:
    """Bound the calls of a client that are under way, each until its answer's headers are there."""
    if most_calls is None:
        return
    bulkhead = Bulkhead(service, most_calls)
    taken = "mentor_upload_place"

    def begin(context: dict[str, Any], **_: Any) -> None:
        context[taken] = bulkhead.take()

    def end(context: dict[str, Any], **_: Any) -> None:
        if context.pop(taken, False):
            bulkhead.give_back()

    events = made.meta.events
    events.register_first("before-call", begin)
    events.register_last("after-call", end)
    events.register_last("after-call-error", end)


def error_code(error: Exception) -> str:
    """Return AWS's error code of a ``ClientError``, or the empty string."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


def refusal_of_entry(entry: Mapping[str, Any]) -> ClientError:
    """Return the error that a call of its own had met, of a failed entry of a batch of SQS.

    One without ``SenderFault`` is AWS's own failure.
    """
    error = {"Code": entry.get("Code", ""), "Message": entry.get("Message", "")}
    status = _REFUSED if entry.get("SenderFault") else _SERVER_ERROR
    metadata: Any = {"HTTPStatusCode": status}
    return ClientError({"Error": error, "ResponseMetadata": metadata}, "a batch")


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def is_outage(error: Exception) -> bool:
    """Return whether an exception means that the service does not answer as it should.

    A refusal of our role is one: see :mod:`mentor_common.aws.access_denied`.
    """
    if isinstance(error, ClientError):
        code, status = error_code(error), _status(error)
        if status >= _SERVER_ERROR or code in _BUSY_CODES or is_denied(code, status):
            return True
        return _is_nameless(code) and code not in _ABOUT_THE_OBJECT
    return isinstance(error, _NETWORK_ERRORS)


def _is_nameless(code: str) -> bool:
    """Return whether AWS has not named the error.

    botocore then gives the status or nothing. So S3 answers a HEAD, whose 400 is a token that has
    expired; and so does whatever is between us and AWS.
    """
    return code.isdecimal() or code in {"", "Unknown"}


def outage(dependency: str, error: Exception) -> DependencyDownError:
    """Return the outage that an exception of an AWS client means, without secrets."""
    code = error_code(error)
    if isinstance(error, ClientError) and is_denied(code, _status(error)):
        details = error.response.get("Error", {})
        action = action_of(dependency, str(error.operation_name), details)
        return AccessDeniedError(dependency, code, action, advice_on(code))
    if isinstance(error, ClientError) and _is_nameless(code):
        return DependencyDownError(dependency, f"HTTP {_status(error)}")
    return DependencyDownError(dependency, code or type(error).__name__)


@contextmanager
def outages_of(dependency: str, but: frozenset[str] = frozenset()) -> Iterator[None]:
    """Turn outages of an AWS service into :class:`DependencyDownError`; let the rest through.

    ``but`` names error codes that count as an outage elsewhere and not here.
    """
    try:
        yield
    except (ClientError, BotoCoreError, ResponseParserError) as error:
        if is_outage(error) and error_code(error) not in but:
            raise outage(dependency, error) from error
        raise
