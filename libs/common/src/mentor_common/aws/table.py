"""The one adapter to DynamoDB: conditional writes in short, everything else left out.

Conditions and update expressions are written as DynamoDB writes them, with ``#name`` for an
attribute and ``:name`` for a value; the name mapping is derived from the text.
"""

from __future__ import annotations

import itertools
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random

from mentor_common.aws import clients
from mentor_common.aws.attributes import read, written
from mentor_common.aws.clients import error_code, outages_of
from mentor_common.errors import DependencyDownError
from mentor_common.failpoints import effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Item = dict[str, Any]
_DUE_INDEX = "due"
_MENTOR_INDEX = "mentor"
_DAY_INDEX = "day"
_SHARDED = frozenset({"api", "notifier"})
_SHARDS = 4
_ASIDE_SECONDS = 15 * 60
_TRIES = 4
_BATCH = 100  # keys that DynamoDB takes at once


class ConditionFailedError(Exception):
    """A conditional write found another state than it asked for.

    ``failed`` has the positions of the writes of a transaction whose condition failed; it is empty
    when another transaction held one of the items.
    """

    def __init__(self, failed: tuple[int, ...] = (0,)) -> None:
        super().__init__(f"condition failed: {failed}")
        self.failed = failed


@dataclass(frozen=True)
class Write:
    """One conditional write, alone or in a transaction.

    Parameters
    ----------
    put
        The whole new item (without its key), or ``None`` for an update.
    update
        An update expression, or ``None``; neither put nor update means delete.
    values
        Values of the ``:names`` in both expressions.
    checks_only
        In a transaction: nothing is written here, and the condition must hold all the same.
    """

    pk: str
    sk: str
    put: Mapping[str, Any] | None = None
    update: str | None = None
    condition: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    checks_only: bool = False

    def request(self, table: str) -> tuple[str, dict[str, Any]]:
        """Return the transaction verb and its parameters.

        Raises
        ------
        UnstorableError
            An attribute cannot be stored and read back.
        """
        parameters: dict[str, Any] = {"TableName": table}
        key = {"pk": self.pk, "sk": self.sk}
        if self.checks_only:
            verb = "ConditionCheck"
            parameters["Key"] = written(key)
        elif self.put is not None:
            verb = "Put"
            given = {name: value for name, value in self.put.items() if value is not None}
            parameters["Item"] = written(given | key)
        elif self.update is not None:
            verb = "Update"
            parameters |= {"Key": written(key), "UpdateExpression": self.update}
        else:
            verb = "Delete"
            parameters["Key"] = written(key)
        if self.condition:
            parameters["ConditionExpression"] = self.condition
        names = re.findall(r"#(\w+)", f"{self.update or ''} {self.condition or ''}")
        if names:
            parameters["ExpressionAttributeNames"] = {f"#{name}": name for name in names}
        if self.values:
            values = written(self.values).items()
            parameters["ExpressionAttributeValues"] = {f":{name}": value for name, value in values}
        return verb, parameters


class Table:
    """Reads and conditional writes on the jobs table.

    Every read is consistent, except those that say so.

    Every method raises ``DependencyDownError`` when DynamoDB does not answer as it should, and
    those that write ``UnstorableError``, before anything is sent.
    """

    def __init__(
        self, name: str, region: str, client: Any = None, most_calls: int | None = None
    ) -> None:
        self.name = name
        self._client = client or clients.client("dynamodb", region, most_calls=most_calls)
        self._turns = itertools.count()

    def get(self, pk: str, sk: str) -> Item | None:
        """Return an item, or ``None``."""
        with outages_of("dynamodb"):
            answer = self._client.get_item(
                TableName=self.name, Key=written({"pk": pk, "sk": sk}), ConsistentRead=True
            )
        return read(answer["Item"]) if "Item" in answer else None

    def partition(self, pk: str) -> dict[str, Item]:
        """Return all items of a partition by their sort key."""
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": written({":pk": pk}),
            "ConsistentRead": True,
        }
        return {item["sk"]: item for item in self._all(self._client.query, request)}

    def write(self, write: Write) -> Item:
        """Do one write; return the item as an update left it, else an empty dict.

        Raises
        ------
        ConditionFailedError
            When the condition does not hold; nothing is written.
        """
        verb, parameters = write.request(self.name)
        if verb == "Update":
            parameters["ReturnValues"] = "ALL_NEW"
        try:
            with effect("jobs.write"), outages_of("dynamodb"):
                answer = _past_conflicts(
                    lambda: getattr(self._client, f"{verb.lower()}_item")(**parameters)
                )
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                raise ConditionFailedError from None
            raise
        return read(answer.get("Attributes", {}))

    def overwrite(self, pk: str, sk: str, item: Mapping[str, Any]) -> None:
        """Put an item on which nothing depends, whatever was there.

        Beside :meth:`write`, so that tests which let a write fail do not meet this one.
        """
        _, parameters = Write(pk, sk, put=item).request(self.name)
        with effect("registry.write"), outages_of("dynamodb"):
            self._client.put_item(**parameters)

    def transact(self, *writes: Write) -> None:
        """Do all writes or none.

        Raises
        ------
        ConditionFailedError
            Naming the positions whose condition did not hold; nothing is written.
        """
        items = [{verb: parameters} for verb, parameters in (w.request(self.name) for w in writes)]
        _past_conflicts(lambda: self._transact(items))

    def write_all(self, *writes: Write) -> None:
        """Do one write, or several as :meth:`transact` does; raise as these do."""
        if len(writes) == 1:
            self.write(writes[0])
        else:
            self.transact(*writes)

    def _transact(self, items: list[dict[str, Any]]) -> None:
        try:
            with effect("jobs.transact"), outages_of("dynamodb"):
                self._client.transact_write_items(TransactItems=items)
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            reasons = error.response.get("CancellationReasons", [])
            codes = [reason.get("Code") for reason in reasons]
            raise ConditionFailedError(
                tuple(i for i, code in enumerate(codes) if code == "ConditionalCheckFailed")
            ) from None

    def due(
        self, kind: str, until: float, limit: int = 1000, *, by_turns: bool = False
    ) -> list[Item]:
        """Return items of ``kind`` whose ``due_at`` has come, the longest due first.

        As many as a sweep can reach, so that a hundred that stay due do not hide the others.
        Eventually consistent: read an item again before acting on it. ``by_turns`` reads one of the
        kind's shards at each call, the next one at the next.
        """
        found: list[Item] = []
        keys = due_keys(kind)
        if by_turns and len(keys) > 1:
            keys = (kind, keys[1 + next(self._turns) % (len(keys) - 1)])
        for key in keys:
            request: dict[str, Any] = {
                "TableName": self.name,
                "IndexName": _DUE_INDEX,
                "KeyConditionExpression": "due_kind = :kind AND due_at <= :until",
                "ExpressionAttributeValues": written({":kind": key, ":until": until}),
                "Limit": limit,
            }
            found += itertools.islice(self._all(self._client.query, request), limit)
        return sorted(found, key=lambda item: float(item["due_at"]))[:limit]

    def watched(self, kind: str, most: int, *attributes: str) -> Iterator[Item]:
        """Yield the items of ``kind`` that wait for a sweep, due or not, the next due first.

        Eventually consistent.
        """
        request: dict[str, Any] = {
            "TableName": self.name,
            "IndexName": _DUE_INDEX,
            "KeyConditionExpression": "due_kind = :kind",
            "ExpressionAttributeValues": written({":kind": kind}),
            "Limit": most,
            **_projection(attributes),
        }
        yield from itertools.islice(self._all(self._client.query, request), most)

    def get_many(
        self, keys: Sequence[tuple[str, str]], *attributes: str, consistent: bool = False
    ) -> Iterator[Item]:
        """Yield those of the items that exist, in no order; eventually consistent by default."""
        asked_for = {"ConsistentRead": consistent, **_projection(attributes)}
        for start in range(0, len(keys), _BATCH):
            left = [written({"pk": pk, "sk": sk}) for pk, sk in keys[start : start + _BATCH]]
            while left:
                with outages_of("dynamodb"):
                    answer = self._client.batch_get_item(
                        RequestItems={self.name: {"Keys": left, **asked_for}}
                    )
                yield from map(read, answer["Responses"].get(self.name, []))
                asked = len(left)
                left = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
                if len(left) == asked:
                    raise DependencyDownError("dynamodb", "throttled")

    def scan(self, sk: str | None = None) -> Iterator[Item]:
        """Yield all items, or all with a sort key, in no order.

        Reads the whole table, page by page: for operators, never for a service.
        """
        request: dict[str, Any] = {"TableName": self.name}
        if sk is not None:
            request |= {
                "FilterExpression": "sk = :sk",
                "ExpressionAttributeValues": written({":sk": sk}),
            }
        yield from self._all(self._client.scan, request)

    def scan_jobs(self, prefix: str = "") -> Iterator[Item]:
        """Yield the keys of all uploads' JOB items, or of those whose partition begins so.

        Each with ``mentor`` and ``prepared_at``, in no order, eventually consistent. Reads the
        whole index ``mentor``, about 150 bytes an upload: for operators, never for a service.
        """
        request: dict[str, Any] = {"TableName": self.name, "IndexName": _MENTOR_INDEX}
        if prefix:
            request |= {
                "FilterExpression": "begins_with(pk, :prefix)",
                "ExpressionAttributeValues": written({":prefix": prefix}),
            }
        yield from (item for item in self._all(self._client.scan, request) if item["sk"] == "JOB")

    def scan_days(self, item: str) -> Iterator[Item]:
        """Yield what the index ``day`` holds of a type, as :meth:`scan_jobs` of the other one."""
        request = {
            "TableName": self.name,
            "IndexName": _DAY_INDEX,
            "FilterExpression": "begins_with(#day, :item)",
            "ExpressionAttributeNames": {"#day": "day"},
            "ExpressionAttributeValues": written({":item": f"{item}#"}),
        }
        yield from self._all(self._client.scan, request)

    def _all(self, ask: Callable[..., dict[str, Any]], request: dict[str, Any]) -> Iterator[Item]:
        """Yield what a query or scan finds, page by page."""
        while True:
            with outages_of("dynamodb"):
                page = ask(**request)
            yield from map(read, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def of_mentor(
        self, mentor: str, limit: int, after: Item | None = None
    ) -> tuple[list[Item], Item | None]:
        """Return the keys of a mentor's uploads, the latest first, and where the next page begins.

        Eventually consistent: an upload that has just been prepared may be missing.
        """
        start = {"ExclusiveStartKey": written(after)} if after else {}
        with outages_of("dynamodb"):
            page = self._client.query(
                TableName=self.name,
                IndexName=_MENTOR_INDEX,
                KeyConditionExpression="mentor = :mentor",
                ExpressionAttributeValues=written({":mentor": mentor}),
                ScanIndexForward=False,
                Limit=limit,
                **start,
            )
        following = page.get("LastEvaluatedKey")
        return list(map(read, page["Items"])), read(following) if following else None

    def of_day(
        self, day: str, since: float, until: float, limit: int, after: Item | None = None
    ) -> tuple[list[Item], Item | None]:
        """Return items of a day from ``until`` back to ``since``, and where the next page begins.

        Eventually consistent, and only what the index holds of an item.
        """
        start = {"ExclusiveStartKey": written(after)} if after else {}
        with outages_of("dynamodb"):
            page = self._client.query(
                TableName=self.name,
                IndexName=_DAY_INDEX,
                KeyConditionExpression="#day = :day AND #at BETWEEN :since AND :until",
                ExpressionAttributeNames={"#day": "day", "#at": "day_at"},
                ExpressionAttributeValues=written({":day": day, ":since": since, ":until": until}),
                ScanIndexForward=False,
                Limit=limit,
                **start,
            )
        following = page.get("LastEvaluatedKey")
        return list(map(read, page["Items"])), read(following) if following else None

    def latest(self, pk: str, limit: int, before: str | None = None) -> list[Item]:
        """Return items of a partition from the highest sort key down, below ``before``."""
        values = {":pk": pk} | ({":before": before} if before else {})
        with outages_of("dynamodb"):
            page = self._client.query(
                TableName=self.name,
                KeyConditionExpression="pk = :pk" + (" AND sk < :before" if before else ""),
                ExpressionAttributeValues=written(values),
                ScanIndexForward=False,
                Limit=limit,
                ConsistentRead=True,
            )
        return list(map(read, page["Items"]))

    def set_aside(self, pk: str, sk: str, now: float) -> None:
        """Make a due item due in 15 minutes; one that is not due any more is left alone.

        ``now`` is epoch seconds. So an item that nobody can read does not keep its sweep from
        others, nor for ever a later release from it.
        """
        with suppress(ConditionFailedError):
            self.write(
                Write(
                    pk,
                    sk,
                    update="SET #due_at = :later",
                    condition="attribute_exists(#due_kind)",
                    values={"later": now + _ASIDE_SECONDS},
                )
            )

    def probe(self) -> None:
        """Raise ``DependencyDownError`` unless the table answers."""
        self.get("PROBE", "PROBE")


def due_keys(kind: str) -> tuple[str, ...]:
    """Return the keys of the ``due`` index under which items of a kind may stand.

    A key of an index takes about 1,000 writes a second. The kinds that every upload writes are
    therefore divided into shards by the next release; this one reads them already (ADR 46).
    """
    shards = _SHARDS if kind in _SHARDED else 0
    return (kind, *(f"{kind}#{number}" for number in range(shards)))


def _past_conflicts(call: Callable[[], Any]) -> Any:
    """Return what a write answers, repeated while another's transaction holds the item."""
    retrying = Retrying(
        retry=retry_if_exception(_is_conflict),
        stop=stop_after_attempt(_TRIES),
        wait=wait_random(0.01, 0.05),
        reraise=True,
    )
    return retrying(call)


def _is_conflict(error: BaseException) -> bool:
    """Return whether another's transaction has held an item for the moment."""
    if isinstance(error, ConditionFailedError):
        return not error.failed
    return isinstance(error, ClientError) and error_code(error) == "TransactionConflictException"


def _projection(attributes: Sequence[str]) -> dict[str, Any]:
    """Return what asks for these attributes only, which may be DynamoDB's reserved words.

    Without any, for whole items.
    """
    if not attributes:
        return {}
    return {
        "ProjectionExpression": ", ".join(f"#{name}" for name in attributes),
        "ExpressionAttributeNames": {f"#{name}": name for name in attributes},
    }
