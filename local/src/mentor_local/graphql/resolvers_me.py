"""``me``: what the recording UI changes with its user's token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from mentor_local.graphql.permissions import can_edit_mentor
from mentor_local.graphql.resolvers_query import own_or_named_mentor
from mentor_local.graphql.store import ANSWER_DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_local.graphql.context import Context
    from mentor_local.graphql.values import Document

    Args = Mapping[str, Any]


def upload_task_delete(context: Context, args: Args) -> bool:
    """Delete a task; true as well when there was none, but an error without its question."""
    _refuse_disabled(context)
    context.require_question(args["questionId"])
    mentor = _editable_mentor(context, args)
    where = context.owned_by("upload_tasks", mentor["_id"], args["questionId"])
    context.commit(
        "uploadTaskDelete", args, lambda: context.store.delete("upload_tasks", where) > 0
    )
    return True


def import_task_delete(context: Context, args: Args) -> bool:
    """Delete a mentor's import task; true as well when there was none."""
    _refuse_disabled(context)
    mentor = _editable_mentor(context, args)
    where = context.owned_by("import_tasks", mentor["_id"])
    context.commit(
        "importTaskDelete", args, lambda: context.store.delete("import_tasks", where) > 0
    )
    return True


def update_answer(context: Context, args: Args) -> bool:
    """Set what a person edited; another transcript than before counts as edited by hand."""
    _refuse_disabled(context)
    context.require_question(args["questionId"])
    mentor = _editable_mentor(context, args)
    where = context.owned_by("answers", mentor["_id"], args["questionId"])
    given = args["answer"]
    read = context.store.find_one("answers", where)
    before = read or ANSWER_DEFAULTS
    edited = bool(before["transcript"]) and before["transcript"] != given.get(
        "transcript", before["transcript"]
    )
    changes = {
        **(ANSWER_DEFAULTS if read is None else {}),
        **given,
        "hasEditedTranscript": edited or bool(before["hasEditedTranscript"]),
    }
    return context.commit(
        "updateAnswer",
        args,
        lambda: context.store.change("answers", where, changes, upsert=True) is not None,
    )


def _refuse_disabled(context: Context) -> None:
    if context.authenticated().is_disabled:
        raise GraphQLError("Your account has been disabled")


def _editable_mentor(context: Context, args: Args) -> Document:
    mentor = own_or_named_mentor(context, args)
    if not can_edit_mentor(context.store, mentor, context.caller):
        raise GraphQLError("you do not have permission to edit this mentor")
    return mentor
