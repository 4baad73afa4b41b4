"""``api``: the two mutations of an upload task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from mentor_local.graphql.values import stored_media, stored_task, truthy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_local.graphql.context import Context
    from mentor_local.graphql.values import Document

    Args = Mapping[str, Any]

SUB_TASKS = ("trimUploadTask", "transcodeWebTask", "transcodeMobileTask", "transcribeTask")
MEDIA = ("originalMedia", "webMedia", "mobileMedia", "vttMedia")


async def upload_task_update(context: Context, args: Args) -> bool:
    """Set the given keys whole, null too; make the document when there is none, even a deleted one.

    What is not given keeps its value, so media of an earlier run survive.
    """
    context.require_question(args["questionId"])
    context.require_mentor(args["mentorId"])
    await context.gap("uploadTaskUpdate")
    changes = {key: _stored(key, value) for key, value in args["status"].items()}
    where = context.owned_by("upload_tasks", args["mentorId"], args["questionId"])
    return context.commit(
        "uploadTaskUpdate",
        args,
        lambda: context.store.change("upload_tasks", where, changes, upsert=True) is not None,
    )


async def upload_task_status_update(context: Context, args: Args) -> bool:
    """Merge one sub-task field by field; false when there is no document.

    The sub-task is merged with what was read and written back whole: of two calls for the same
    sub-task at once, one is lost. Nothing that is empty or null overwrites anything.
    """
    given = args["uploadTaskStatusInput"]
    if sum(truthy(given.get(key)) for key in SUB_TASKS) > 1:
        raise GraphQLError("Please only input one task to update at a time.")
    context.require_question(args["questionId"])
    context.require_mentor(args["mentorId"])
    where = context.owned_by("upload_tasks", args["mentorId"], args["questionId"])
    read = context.store.find_one("upload_tasks", where)
    if read is None:
        return False
    changes = {
        key: _merged(read.get(key), value) if key in SUB_TASKS else _stored(key, value)
        for key, value in given.items()
        if truthy(value)
    }
    await context.gap("uploadTaskStatusUpdate")
    return context.commit(
        "uploadTaskStatusUpdate",
        args,
        lambda: context.store.change("upload_tasks", where, changes) is not None,
    )


def _merged(read: Document | None, given: Document) -> Document | None:
    filled = {key: value for key, value in given.items() if truthy(value)}
    return stored_task({**(read or {}), **filled})


def _stored(key: str, value: Any) -> Any:
    if key in SUB_TASKS:
        return stored_task(value)
    return stored_media(value) if key in MEDIA else value
