"""A DynamoDB of one table with its ``due`` index, which lags behind as the real one may."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from simulation.expressions import Item, holds, updated
from simulation.outside import Outside, refusal
from simulation.template import SERVICES, may

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulation.capacity import Capacity
    from simulation.process import Process

Key = tuple[str, str]
_INDEX_LAG_SECONDS = 1.0
_ATTRIBUTES = frozenset({"ExpressionAttributeValues", "Item", "Key", "Keys"})
"""Parameters of requests that are attributes by name, or lists of such."""


class _AllDigits(TypeSerializer):  # type: ignore[misc]  # boto3 is untyped
    """Writes numbers of any length out, as DynamoDB does; boto3 refuses more than 38 digits."""

    def _serialize_n(self, value: Decimal | int) -> str:
        return format(Decimal(value), "f")


_typed, _untyped = _AllDigits().serialize, TypeDeserializer().deserialize


class Stored(Item):
    """An item of the table: it is replaced and never changed."""

    @cached_property
    def answered(self) -> Item:
        """It in DynamoDB's own form, as every answer has it."""
        return {name: _typed(value) for name, value in self.items()}


@dataclass
class Items:
    """The table's content."""

    outside: Outside
    items: dict[Key, Stored] = field(default_factory=dict)
    index: dict[Key, Stored] = field(default_factory=dict)
    watchers: list[Any] = field(default_factory=list)
    gates: list[Callable[[Process, Key], None]] = field(default_factory=list)
    """Called before each write sets out: a story may hold its process up there."""
    meters: list[Capacity] = field(default_factory=list)
    """Each counts the units of all requests."""
    looks: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(process, kind) to how often it has looked what is due."""

    def client(self, process: Process) -> Client:
        """Return a process's client."""
        return Client(Dynamo(self, process))

    def set(self, process: Process | None, key: Key, item: Item | None) -> Stored | None:
        """Replace an item and tell who watches; return it as it is stored."""
        before = self.items.get(key)
        after = None if item is None else Stored(item)
        if after is None:
            self.items.pop(key, None)
        else:
            self.items[key] = after
        for watch in self.watchers:
            watch(process, key, before, after)
        lag = _INDEX_LAG_SECONDS * self.outside.chance.random()
        self.outside.loop.call_later(lag, self._reindex, key)
        return after

    def _reindex(self, key: Key) -> None:
        item = self.items.get(key)
        if item is None or "due_kind" not in item:
            self.index.pop(key, None)
        else:
            self.index[key] = item


class Client:
    """A client of boto3, whose attributes are in DynamoDB's own form (``{"S": …}``)."""

    def __init__(self, dynamo: Dynamo) -> None:
        self._dynamo = dynamo

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._dynamo, name)
        return lambda **request: _answer(call(**_request(request)))


def _request(message: Any) -> Any:
    """Return a request, or a part of it, with Python's values for attributes."""
    if isinstance(message, list):
        return [_request(part) for part in message]
    if not isinstance(message, dict):
        return message
    return {
        name: _values(part) if name in _ATTRIBUTES else _request(part)
        for name, part in message.items()
    }


def _values(attributes: Any) -> Any:
    if isinstance(attributes, list):
        return [_values(one) for one in attributes]
    return {name: _untyped(value) for name, value in attributes.items()}


def _answer(message: Any) -> Any:
    """Return an answer, or a part of it, with DynamoDB's own form of the items in it."""
    if isinstance(message, Stored):
        return message.answered
    if isinstance(message, list):
        return [_answer(part) for part in message]
    if isinstance(message, dict):
        return {name: _answer(part) for name, part in message.items()}
    return message


class Dynamo:
    """What a client asks for, in Python's values; its answers hold the stored items themselves."""

    def __init__(self, table: Items, process: Process) -> None:
        self._table = table
        self._process = process
        self._outside = table.outside
        self._role = _role(process)

    def _authorise(self, action: str, *partitions: str) -> None:
        """Refuse as AWS does what the service's policy does not allow."""
        for partition in partitions:
            kind, mark, _ = partition.partition("#")
            if self._role and not may(self._role, f"dynamodb:{action}", kind + mark):
                raise refusal("AccessDeniedException")

    def get_item(self, *, Key: dict[str, str], **_rest: Any) -> dict[str, Any]:  # noqa: N803 -- AWS's name
        """Return an item, consistently read."""
        self._outside.enter_thread(self._process, "dynamodb")
        self._authorise("GetItem", Key["pk"])
        item = self._table.items.get((Key["pk"], Key["sk"]))
        for meter in self._table.meters:
            meter.get(item)
        answer = {} if item is None else {"Item": item}
        self._outside.leave_thread(self._process, "dynamodb")
        return answer

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 -- AWS's name
        """Return items, each consistently read."""
        self._outside.enter_thread(self._process, "dynamodb")
        ((table, request),) = RequestItems.items()
        keys = [(key["pk"], key["sk"]) for key in request["Keys"]]
        self._authorise("BatchGetItem", *(pk for pk, _ in keys))
        found = [self._table.items[key] for key in keys if key in self._table.items]
        for meter in self._table.meters:
            for key in keys:
                meter.get(self._table.items.get(key))
        answer = {"Responses": {table: found}}
        self._outside.leave_thread(self._process, "dynamodb")
        return answer

    def query(self, **request: Any) -> dict[str, Any]:
        """Return a partition, or what is due by the lagging index."""
        self._outside.enter_thread(self._process, "dynamodb")
        values = request["ExpressionAttributeValues"]
        if request.get("IndexName") == "due":
            self._authorise("Query", values[":kind"])
            if self._process:
                self._table.looks[self._process.name, values[":kind"]] += 1
            found = [
                item
                for item in self._table.index.values()
                if item["due_kind"] == values[":kind"]
                and item["due_at"] <= values.get(":until", item["due_at"])
            ]
            found.sort(key=lambda item: item["due_at"])
            found = found[: request["Limit"]]
        else:
            self._authorise("Query", values[":pk"])
            keys = sorted(key for key in self._table.items if key[0] == values[":pk"])
            found = [self._table.items[key] for key in keys]
        for meter in self._table.meters:
            meter.query(found, consistent=request.get("ConsistentRead", False))
        answer = {"Items": found}
        self._outside.leave_thread(self._process, "dynamodb")
        return answer

    def put_item(self, **request: Any) -> dict[str, Any]:
        """Write an item whole."""
        return self._one("Put", request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        """Change an item."""
        return self._one("Update", request)

    def delete_item(self, **request: Any) -> dict[str, Any]:
        """Remove an item."""
        return self._one("Delete", request)

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> None:  # noqa: N803 -- AWS's name
        """Do all writes or none."""
        writes = [next(iter(entry.items())) for entry in TransactItems]
        for _, request in writes:
            for gate in self._table.gates:
                gate(self._process, self._key(request))
        self._outside.enter_thread(self._process, "dynamodb")
        partitions = [self._key(request)[0] for _, request in writes]
        for verb in {verb for verb, _ in writes}:  # each by all keys, as the emulator judges them
            action = "ConditionCheckItem" if verb == "ConditionCheck" else f"{verb}Item"
            self._authorise(action, *partitions)
        held = [self._holds(request) for _, request in writes]
        if not all(held):
            for _, request in writes:
                self._metered(request, in_transaction=True)
            reasons = [{"Code": "None" if ok else "ConditionalCheckFailed"} for ok in held]
            raise refusal("TransactionCanceledException", CancellationReasons=reasons)
        for verb, request in writes:
            if verb == "ConditionCheck":
                self._metered(request, in_transaction=True)
            else:
                self._apply(verb, request, in_transaction=True)
        self._outside.leave_thread(self._process, "dynamodb")

    def _one(self, verb: str, request: dict[str, Any]) -> dict[str, Any]:
        for gate in self._table.gates:
            gate(self._process, self._key(request))
        self._outside.enter_thread(self._process, "dynamodb")
        self._authorise(f"{verb}Item", self._key(request)[0])
        if not self._holds(request):
            self._metered(request)
            raise refusal("ConditionalCheckFailedException")
        item = self._apply(verb, request)
        self._outside.leave_thread(self._process, "dynamodb")
        wants = request.get("ReturnValues") == "ALL_NEW"
        return {"Attributes": item} if wants and item else {}

    def _key(self, request: dict[str, Any]) -> Key:
        key = request.get("Key") or request["Item"]
        return key["pk"], key["sk"]

    def _holds(self, request: dict[str, Any]) -> bool:
        return holds(
            request.get("ConditionExpression"),
            self._table.items.get(self._key(request)),
            request.get("ExpressionAttributeNames", {}),
            request.get("ExpressionAttributeValues", {}),
        )

    def _metered(self, request: dict[str, Any], *, in_transaction: bool = False) -> None:
        """Count a request that leaves the item as it was."""
        item = self._table.items.get(self._key(request))
        for meter in self._table.meters:
            meter.write(item, item, in_transaction=in_transaction)

    def _apply(
        self, verb: str, request: dict[str, Any], *, in_transaction: bool = False
    ) -> Stored | None:
        key = self._key(request)
        item: Item | None = None
        if verb == "Put":
            item = request["Item"]
        elif verb == "Update":
            base = self._table.items.get(key) or {"pk": key[0], "sk": key[1]}
            item = updated(
                request["UpdateExpression"],
                base,
                request.get("ExpressionAttributeNames", {}),
                request.get("ExpressionAttributeValues", {}),
            )
        self._outside.note(self._process, verb, *key, (item or {}).get("status", ""))
        for meter in self._table.meters:
            meter.write(self._table.items.get(key), item, in_transaction=in_transaction)
        return self._table.set(self._process, key, item)


def _role(process: Process | None) -> str | None:
    """Return the service whose policy holds for a process; ``None`` for a test's own."""
    name = process.name.partition("-")[0] if process else ""
    service = "api" if name in {"web", "ingest"} else name
    return service if service in SERVICES else None
