"""No effect without a fail point: the syntax tree of every service and of the library is walked."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mentor_common import failpoints

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for root in (ROOT / "libs", ROOT / "services")
    for path in root.rglob("*.py")
    if "src" in path.parts
)
# Operations of AWS clients that change nothing; everything else is an effect.
_READS = re.compile(
    r"(get|batch_get|head|list|describe|query|scan|receive|generate_presigned|can_paginate)(_|$)"
)
_CLIENTS = re.compile(r"(^|\.)_?(s3|sns|sqs|client|transcribe|dynamodb|session)(\(\))?$")


def unguarded(tree: ast.AST) -> Iterator[str]:
    """Yield each effect call that stands outside ``with effect(...)``, with its line."""
    yield from _walk(tree, guarded=False)


def _walk(node: ast.AST, *, guarded: bool) -> Iterator[str]:
    if isinstance(node, (ast.With, ast.AsyncWith)):
        guarded = guarded or any(
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id == "effect"
            for item in node.items
            for call in ast.walk(item.context_expr)
        )
    if isinstance(node, ast.Call) and not guarded and (name := _effect_of(node)):
        yield f"{node.lineno}: {name}"
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, guarded=guarded)


def _effect_of(call: ast.Call) -> str | None:
    function = call.func
    if isinstance(function, ast.Attribute):
        # S3's one road: the operation's name is its first argument.
        if function.attr == "_call" and call.args and isinstance(call.args[0], ast.Constant):
            operation = str(call.args[0].value)
            return None if _READS.match(operation) else operation
        if _CLIENTS.search(ast.unparse(function.value)) and not function.attr.startswith("_"):
            is_read = _READS.match(function.attr) or function.attr in {
                "client",
                "create_client",
                "register_component",
                "get",
                "mount",
                "close",
            }
            return None if is_read else ast.unparse(function)
    if (
        isinstance(function, ast.Call)
        and isinstance(function.func, ast.Name)
        and function.func.id == "getattr"
        and _CLIENTS.search(ast.unparse(function.args[0]))
        and not isinstance(function.args[1], ast.Name)
    ):
        return ast.unparse(function)
    return None


def test_every_effect_has_a_fail_point() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{place}"
        for path in SOURCES
        for place in unguarded(ast.parse(path.read_text()))
    ]
    assert not found, "wrap these in failpoints.effect(...)"


def test_the_walk_finds_the_effects_that_there_are() -> None:
    """It would notice: without their ``effect`` all adapters are reported."""
    found = set()
    for path in SOURCES:
        text = re.sub(r"\beffect\(", "no_longer(", path.read_text())
        found |= {line.partition(": ")[2] for line in unguarded(ast.parse(text))}
    assert {
        "self._sns.publish",
        "self._sqs.delete_message_batch",
        "self._sqs.send_message",
        "self._sqs.change_message_visibility",
        "self._client.transact_write_items",
        "put_object",
        "copy_object",
        "put_object_tagging",
        "self._session().post",
    } <= found
    assert any("getattr(self._client" in name for name in found)


def test_every_named_effect_is_known() -> None:
    used = {
        name
        for path in SOURCES
        for name in re.findall(r"\beffect\(\"([\w.]+)\"\)", path.read_text())
    }
    assert used - {"sns.publish"} <= failpoints.EFFECTS
    assert {"s3.put", "s3.copy", "jobs.write", "sns.publish", "sqs.delete", "sqs.send"} <= used


def test_inert_without_the_test_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(failpoints._state, "watcher", None)
    failpoints.arm({"MENTOR_UPLOAD_FAILPOINTS": "s3.put:before=raise"})
    with failpoints.effect("s3.put"):
        pass
    failpoints.arm(
        {"MENTOR_UPLOAD_FAILPOINTS": "s3.put:before#2=raise", "MENTOR_UPLOAD_PROFILE": "test"}
    )
    with failpoints.effect("s3.put"):
        pass
    with pytest.raises(failpoints.InjectedError), failpoints.effect("s3.put"):
        pass


@pytest.mark.parametrize("entry", ["s3.put=kill", "nothing:before=kill", "s3.put:after=explode"])
def test_an_unreadable_list_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="cannot read"):
        failpoints.arm({"MENTOR_UPLOAD_FAILPOINTS": entry, "MENTOR_UPLOAD_PROFILE": "test"})
