"""The root queries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from mentor_local.graphql.permissions import (
    CONTENT_ROLES,
    can_edit_mentor,
    can_view_mentor,
    can_view_organization,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_local.graphql.context import Context
    from mentor_local.graphql.values import Document

    Args = Mapping[str, Any]

MENTOR_IS_PRIVATE = "mentor is private and you do not have permission to access"
MAY_NOT_VIEW = "you do not have permission to view this mentors information"


def mentor_can_edit(context: Context, args: Args) -> bool:
    """Return false, not an error, for nobody and for an unknown mentor."""
    mentor = context.by_id("mentors", args["mentor"])
    return can_edit_mentor(context.store, mentor, context.caller)


def upload_task(context: Context, args: Args) -> Document | None:
    """Return the task, or null: nothing in progress, or deleted."""
    _require_editor_or_service(context, args["mentorId"])
    where = context.owned_by("upload_tasks", args["mentorId"], args["questionId"])
    return context.store.find_one("upload_tasks", where)


def import_task(context: Context, args: Args) -> Document | None:
    """Return the import task, or null."""
    _require_editor_or_service(context, args["mentorId"])
    where = context.owned_by("import_tasks", args["mentorId"])
    return context.store.find_one("import_tasks", where)


def question(context: Context, args: Args) -> Document:
    """Return the question; anyone may ask."""
    return _existing(context, "questions", "question", args)


def answer(context: Context, args: Args) -> Document | None:
    """Return the answer, or null."""
    mentor = context.by_id("mentors", args["mentor"])
    if not can_view_mentor(mentor, context.caller):
        raise GraphQLError(MENTOR_IS_PRIVATE)
    where = context.owned_by("answers", args["mentor"], args["question"])
    return context.store.find_one("answers", where)


def mentor(context: Context, args: Args) -> Document:
    """Return the mentor, if the caller may see it."""
    found = _existing(context, "mentors", "mentor", args)
    if not can_view_mentor(found, context.caller):
        raise GraphQLError(MENTOR_IS_PRIVATE)
    return found


def organization(context: Context, args: Args) -> Document:
    """Return the organisation, if the caller may see it."""
    found = _existing(context, "organizations", "organization", args)
    if not can_view_organization(found, context.caller):
        raise GraphQLError("organization is private and you do not have permission to access")
    return found


def config(context: Context, _args: Args) -> Document:
    """Return the site's configuration, empty at first."""
    return context.store.find_one("settings", {}) or {}


def me(context: Context, _args: Args) -> Document:
    """Open the caller's own part of the schema."""
    context.authenticated()
    return {}


def me_upload_tasks(context: Context, args: Args) -> list[Document]:
    """Return all upload tasks of a mentor, by default of the caller's own."""
    found = own_or_named_mentor(context, args)
    if not can_edit_mentor(context.store, found, context.caller):
        raise GraphQLError(MAY_NOT_VIEW)
    return context.store.find("upload_tasks", {"mentor": found["_id"]})


def me_can_manage_content(context: Context, args: Args) -> bool:
    """Return whether the caller, or the user named, manages content for everyone."""
    user_id = args.get("userId") or context.authenticated().user_id
    user = context.by_id("users", user_id) if user_id else None
    if user is None:
        raise GraphQLError("Cannot read properties of null (reading 'userRole')")
    return user["userRole"] in CONTENT_ROLES


def own_or_named_mentor(context: Context, args: Args) -> Document:
    """Return the mentor named in ``mentorId``, else the caller's own.

    Raises
    ------
    GraphQLError
        When there is none.
    """
    if args.get("mentorId"):
        found = context.by_id("mentors", args["mentorId"])
    else:
        user_id = context.authenticated().user_id
        found = context.store.find_one("mentors", {"user": user_id}) if user_id else None
    if found is None:
        raise GraphQLError("invalid mentor")
    return found


def _require_editor_or_service(context: Context, mentor_id: str) -> None:
    if context.authenticated().user_id is None:
        return
    found = context.by_id("mentors", mentor_id)
    if found is None:
        raise GraphQLError("invalid mentor")
    if not can_edit_mentor(context.store, found, context.caller):
        raise GraphQLError(MAY_NOT_VIEW)


def _existing(context: Context, collection: str, kind: str, args: Args) -> Document:
    found = context.by_id(collection, args["id"]) if args.get("id") else None
    if found is None:
        sent = json.dumps(dict(args), separators=(",", ":"))
        raise GraphQLError(f'{kind} not found for args "{sent}"')
    return found
