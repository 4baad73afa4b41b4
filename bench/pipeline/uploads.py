"""Uploads that wait, many of them at once: copies of one that the api has accepted."""

from __future__ import annotations

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

from bench.connections import accepted
from mentor_local.graphql import seed
from mentor_local.provision import client, service_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.connections import Site

_ITEMS_AT_ONCE = 25  # that DynamoDB takes
_MESSAGES_AT_ONCE = 10  # that SQS takes
_SENDERS = 4
_DUE_SECONDS = 900
T = TypeVar("T")


@dataclass(frozen=True)
class Template:
    """The items and the message of an upload that was accepted.

    Parameters
    ----------
    upload, question
        Ids, in whose place those of copies come.
    items
        As DynamoDB writes them, JSON.
    message
        As the transcoder's queue delivered it.
    """

    site: Site
    upload: str
    question: str
    items: str
    message: dict[str, Any]

    @classmethod
    def accept(cls, site: Site) -> Self:
        """Have an upload accepted, which nobody works on."""
        upload = accepted(site.url, site.token)
        table = client("dynamodb", site.cloud.endpoint)
        found = table.scan(TableName=site.cloud.jobs_table)["Items"]
        due = {"N": str(time.time() + _DUE_SECONDS)}  # as the workers' first look leaves it
        items = [item | ({"due_at": due} if "due_at" in item else {}) for item in found]
        sqs, url = queue_of(site)
        asked = {"MessageAttributeNames": ["All"], "WaitTimeSeconds": 10}
        (message,) = sqs.receive_message(QueueUrl=url, **asked)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return cls(site, upload, seed.SEED_QUESTION_ID, json.dumps(items), message)

    def store(self, count: int) -> list[tuple[str, str]]:
        """Store copies, each of an answer of its own; return ids of uploads and questions."""
        ids = [(str(uuid.uuid4()), uuid.uuid4().hex[:24]) for _ in range(count)]
        writes = [
            {"PutRequest": {"Item": item}}
            for each in ids
            for item in json.loads(self._renamed(self.items, each))
        ]
        table = client("dynamodb", self.site.cloud.endpoint)

        def write(batch: Sequence[dict[str, Any]]) -> None:
            left = {self.site.cloud.jobs_table: list(batch)}
            while left:
                left = table.batch_write_item(RequestItems=left).get("UnprocessedItems")

        with ThreadPoolExecutor(_SENDERS) as pool:
            list(pool.map(write, _batches(writes, _ITEMS_AT_ONCE)))
        return ids

    def send(self, ids: Sequence[tuple[str, str]]) -> None:
        """Announce copies to the transcoder."""
        sqs, url = queue_of(self.site)
        attributes = {
            name: {"DataType": value["DataType"], "StringValue": value["StringValue"]}
            for name, value in self.message.get("MessageAttributes", {}).items()
        }
        for batch in _batches(ids, _MESSAGES_AT_ONCE):
            entries = [
                {
                    "Id": str(number),
                    "MessageBody": self._renamed(self.message["Body"], each),
                    "MessageAttributes": attributes,
                }
                for number, each in enumerate(batch)
            ]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)

    def _renamed(self, text: str, ids: tuple[str, str]) -> str:
        upload, question = ids
        return text.replace(self.upload, upload).replace(self.question, question)


def queue_of(site: Site) -> tuple[Any, str]:
    """Return a client of SQS and the URL of the transcoder's queue."""
    sqs = client("sqs", site.cloud.endpoint)
    name = service_environment(site.cloud, "transcoder")["QUEUE_NAME"]
    return sqs, sqs.get_queue_url(QueueName=name)["QueueUrl"]


def _batches(whole: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Yield a sequence in parts; ``itertools.batched`` is Python 3.12's."""
    for begin in range(0, len(whole), most):
        yield whole[begin : begin + most]
