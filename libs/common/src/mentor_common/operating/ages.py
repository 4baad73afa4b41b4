"""Since when the oldest message of a queue waits, as CloudWatch measures it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mentor_common.aws.clients import AwsRefusedError, outages_of
from mentor_common.errors import DependencyDownError
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence

_log = get_logger(__name__)
_SPAN = timedelta(minutes=10)  # SQS reports each minute, and late
_KEEP_SECONDS = 30.0  # each question costs


class OldestMessageAges:
    """Ages of the oldest messages of queues."""

    def __init__(self, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch
        self._last: dict[str, float] = {}
        self._good_until = 0.0

    def seconds(self, queues: Sequence[str]) -> dict[str, float]:
        """Return the ages by queue name; those that are not measured are left out.

        What is down here is only left out, too: an operator needs the other figures all the more.
        An answer is good for half a minute.
        """
        if time.monotonic() >= self._good_until:
            self._last = self._ask(queues)
            self._good_until = time.monotonic() + _KEEP_SECONDS
        return self._last

    def _ask(self, queues: Sequence[str]) -> dict[str, float]:
        asked = [
            {
                "Id": f"queue{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SQS",
                        "MetricName": "ApproximateAgeOfOldestMessage",
                        "Dimensions": [{"Name": "QueueName", "Value": name}],
                    },
                    "Period": 60,
                    "Stat": "Maximum",
                },
            }
            for number, name in enumerate(queues)
        ]
        now = datetime.now(UTC)
        try:
            with outages_of("cloudwatch"):
                answer = self._cloudwatch.get_metric_data(
                    MetricDataQueries=asked,
                    StartTime=now - _SPAN,
                    EndTime=now,
                    ScanBy="TimestampDescending",
                )
        except (AwsRefusedError, DependencyDownError) as error:
            _log.warning("ages of messages not read", error=str(error))
            return {}
        return {
            queues[int(result["Id"].removeprefix("queue"))]: float(result["Values"][0])
            for result in answer["MetricDataResults"]
            if result["Values"]
        }
