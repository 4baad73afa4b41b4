"""DynamoDB's condition and update expressions, as far as this project uses the language.

Grammar: "Condition and filter expressions, operators, and functions" and "Using update
expressions" of the Amazon DynamoDB Developer Guide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Item = dict[str, Any]
_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[#:]?\w+)")
_CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "<>": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}
_ABSENT = object()


@dataclass
class _Parser:
    tokens: tuple[str, ...]
    item: Mapping[str, Any]
    names: Mapping[str, str]
    values: Mapping[str, Any]
    position: int = 0

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def next(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    def expect(self, token: str) -> None:
        found = self.next()
        if found.upper() != token:
            raise ValueError(f"expected {token}, found {found!r} in {' '.join(self.tokens)}")

    def disjunction(self) -> bool:
        result = self.conjunction()
        while self.peek().upper() == "OR":
            self.next()
            result = self.conjunction() or result
        return result

    def conjunction(self) -> bool:
        result = self.negation()
        while self.peek().upper() == "AND":
            self.next()
            result = self.negation() and result
        return result

    def negation(self) -> bool:
        if self.peek().upper() == "NOT":
            self.next()
            return not self.negation()
        if self.peek() == "(":
            self.next()
            result = self.disjunction()
            self.expect(")")
            return result
        return self.predicate()

    def predicate(self) -> bool:
        if self.peek() in {"attribute_exists", "attribute_not_exists", "contains", "begins_with"}:
            function = self.next()
            arguments = self.arguments()
            first = arguments[0]
            if function.startswith("attribute"):
                return (first is not _ABSENT) == (function == "attribute_exists")
            if first is _ABSENT:
                return False
            if function == "contains":
                return arguments[1] in first
            return str(first).startswith(arguments[1])
        left = self.operand()
        compare = _COMPARE[self.next()]
        right = self.operand()
        if left is _ABSENT or right is _ABSENT:
            return False
        return compare(left, right)

    def arguments(self) -> list[Any]:
        self.expect("(")
        found = [self.operand()]
        while self.peek() == ",":
            self.next()
            found.append(self.operand())
        self.expect(")")
        return found

    def operand(self) -> Any:
        token = self.next()
        if token == "size":
            return len(self.arguments()[0])
        if token == "if_not_exists":
            first, default = self.arguments()
            return default if first is _ABSENT else first
        if token.startswith(":"):
            return self.values[token]
        return self.item.get(self.names.get(token, token), _ABSENT)

    def sum(self) -> Any:
        total = self.operand()
        while self.peek() in {"+", "-"}:
            sign = 1 if self.next() == "+" else -1
            total += sign * self.operand()
        return total

    def name(self) -> str:
        token = self.next()
        return self.names.get(token, token)


@lru_cache(maxsize=500)
def _tokens(expression: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(expression))


def holds(
    expression: str | None,
    item: Mapping[str, Any] | None,
    names: Mapping[str, str],
    values: Mapping[str, Any],
) -> bool:
    """Return whether a condition holds for an item (``None``: there is none)."""
    if not expression:
        return True
    parser = _Parser(_tokens(expression), item or {}, names, values)
    result = parser.disjunction()
    if parser.peek():
        raise ValueError(f"trailing {parser.peek()!r} in {expression}")
    return result


def updated(
    expression: str, item: Item, names: Mapping[str, str], values: Mapping[str, Any]
) -> Item:
    """Return the item as an update expression leaves it; right sides see it as it was."""
    parser = _Parser(_tokens(expression), item, names, values)
    result = dict(item)
    while clause := parser.next().upper():
        if clause not in _CLAUSES:
            raise ValueError(f"unknown clause {clause!r} in {expression}")
        while True:
            _apply(clause, parser, result)
            if parser.peek() != ",":
                break
            parser.next()
    return result


def _apply(clause: str, parser: _Parser, result: Item) -> None:
    name = parser.name()
    if clause == "SET":
        parser.expect("=")
        result[name] = parser.sum()
    elif clause == "REMOVE":
        result.pop(name, None)
    elif clause == "ADD":
        value = parser.operand()
        old = result.get(name)
        if isinstance(value, set):
            result[name] = (old or set()) | value
        else:
            result[name] = (old or 0) + value
    else:
        left = result.get(name, set()) - parser.operand()
        result[name] = left
        if not left:
            del result[name]  # An empty set does not exist in DynamoDB.
