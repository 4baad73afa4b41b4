"""The faults that hit requests at the fault proxy, decided by rates and a seeded generator."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, fields
from typing import Any, Literal

Fault = Literal["refuse", "unavailable", "cut_answer", "cut_request", "swallow", "twice"]

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/(\w+)/aws4_request")
_DELETES = {"DeleteMessage", "DeleteMessageBatch"}
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")


@dataclass(frozen=True)
class Rates:
    """Shares of requests, 0 to 1, that each fault hits.

    Attributes
    ----------
    s3_unavailable
        S3 answers 503 SlowDown.
    s3_cut
        An S3 stream ends in the middle: the answer of a GET, the request of a PUT or POST.
    sqs_refused
        SQS closes the connection without an answer; 1 is an outage.
    delete_lost
        SQS says that it deleted a message and did not.
    publish_twice
        SNS delivers a message again, up to ``late_seconds`` later: doubled and out of order.
    late_seconds
        See above.
    """

    s3_unavailable: float = 0
    s3_cut: float = 0
    sqs_refused: float = 0
    delete_lost: float = 0
    publish_twice: float = 0
    late_seconds: float = 15

    @classmethod
    def of(cls, values: dict[str, Any]) -> Rates:
        """Read rates as JSON gives them.

        Raises
        ------
        ValueError
            For a name that is none of the rates.
        """
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"no such rate: {', '.join(sorted(unknown))}")
        return cls(**{name: float(value) for name, value in values.items()})


def service_of(authorization: str, query: str) -> str:
    """Return the AWS service a signed request is for; unsigned and presigned ones are S3's."""
    scope = _SCOPE.search(authorization or query.replace("%2F", "/"))
    return scope.group(1) if scope else "s3"


def action_of(target: str, body: bytes) -> str:
    """Return the operation of a JSON or query protocol request, or the empty string."""
    if target:
        return target.rsplit(".", 1)[-1]
    found = _ACTION.search(body)
    return found.group(1).decode() if found else ""


class Plan:
    """Decides, request by request.

    Which requests are hit depends on ``seed`` and their order alone.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- no secret
        self.rates = Rates()
        self.counts: dict[str, int] = {}

    def decide(self, service: str, action: str, method: str) -> Fault | None:
        """Return the fault that hits a request, or ``None``."""
        fault = self._decide(service, action, method)
        if fault:
            name = f"{service} {fault}"
            self.counts[name] = self.counts.get(name, 0) + 1
        return fault

    def _decide(self, service: str, action: str, method: str) -> Fault | None:
        rates = self.rates
        if service == "sqs":
            if self._hits(rates.sqs_refused):
                return "refuse"
            return "swallow" if action in _DELETES and self._hits(rates.delete_lost) else None
        if service == "sns":
            return "twice" if action == "Publish" and self._hits(rates.publish_twice) else None
        if service == "s3":
            if self._hits(rates.s3_unavailable):
                return "unavailable"
            if self._hits(rates.s3_cut):
                return "cut_answer" if method == "GET" else "cut_request"
        return None

    def late(self) -> float:
        """Return after how many seconds a doubled message comes again."""
        return self._random.uniform(0, self.rates.late_seconds)

    def _hits(self, share: float) -> bool:
        return share > 0 and self._random.random() < share
