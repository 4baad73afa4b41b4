"""``api``: the import of one mentor's export into another mentor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from mentor_local.graphql.resolvers_mentor import save_question, save_subject
from mentor_local.graphql.store import ANSWER_DEFAULTS
from mentor_local.graphql.values import is_object_id, object_id, stored_media

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mentor_local.graphql.context import Context
    from mentor_local.graphql.store import Store
    from mentor_local.graphql.values import Document

    Args = Mapping[str, Any]

_MEDIA = ("webMedia", "mobileMedia", "vttMedia")


def import_task_create(context: Context, args: Args) -> bool:
    """Write both parts, over a running import too; errors of an earlier one stay."""
    where = context.owned_by("import_tasks", args["mentor"])
    read = context.store.find_one("import_tasks", where)
    changes = {
        "graphQLUpdate": _part(args["graphQLUpdate"]),
        "s3VideoMigrate": _part(args["s3VideoMigrate"]),
        **({"migrationErrors": []} if read is None else {}),
    }
    return context.commit(
        "importTaskCreate",
        args,
        lambda: context.store.change("import_tasks", where, changes, upsert=True) is not None,
    )


async def import_task_update(context: Context, args: Args) -> bool:
    """Replace the given part, write the other back as it was read, and reset the errors."""
    where = context.owned_by("import_tasks", args["mentor"])
    read = context.store.find_one("import_tasks", where)
    if read is None:
        raise GraphQLError(f"Failed to find import task for mentor: {args['mentor']}")
    graphql, media = args.get("graphQLUpdate"), args.get("s3VideoMigrateUpdate")
    changes = {
        "graphQLUpdate": read["graphQLUpdate"] if graphql is None else _part(graphql),
        "s3VideoMigrate": read["s3VideoMigrate"] if media is None else _part(media),
        "migrationErrors": args.get("migrationErrors") or [],
    }
    await context.gap("importTaskUpdate")
    return context.commit(
        "importTaskUpdate",
        args,
        lambda: context.store.change("import_tasks", where, changes) is not None,
    )


def mentor_import(context: Context, args: Args) -> Document:
    """Overwrite a mentor with an export. Step by step, not as one: a failure leaves half of it."""
    store, json = context.store, args["json"]
    where = {"_id": object_id(args["mentor"], "_id", "Mentor")}
    mentor = store.change("mentors", where, json.get("mentorInfo") or {})
    if mentor is None:
        raise GraphQLError("mentor not found")
    _remove(store, mentor["_id"], args["replacedMentorDataChanges"])
    store.change("mentors", where, {"subjects": []})
    renamed = _import_questions(store, mentor["_id"], json.get("questions") or [])
    _import_subjects(store, mentor["_id"], json.get("subjects") or [], renamed)
    for answer in json.get("answers") or []:
        _import_answer(store, mentor["_id"], answer, renamed)
    for asked in json.get("userQuestions") or []:
        fields = {key: value for key, value in asked.items() if key != "_id"}
        _upsert(store, "user_questions", asked.get("_id"), {**fields, "mentor": mentor["_id"]})
    store.note("mentorImport", context.authenticated().name, args)
    return store.mentor(mentor["_id"]) or mentor


def _part(given: Args) -> Document:
    return {"status": given.get("status"), "errorMessage": given.get("errorMessage")}


def _remove(store: Store, mentor: str, changes: Args) -> None:
    """Delete the answers marked REMOVED, and the questions so marked that are the mentor's own."""
    for question in _removed(changes.get("answerChanges")):
        store.delete("answers", {"mentor": mentor, "question": question["question"]["_id"]})
    for question in _removed(changes.get("questionChanges")):
        if store.delete("questions", {"_id": question["_id"], "mentor": mentor}):
            store.delete("answers", {"mentor": mentor, "question": question["_id"]})


def _removed(changes: Iterable[Args] | None) -> list[Document]:
    return [change["data"] for change in changes or [] if change.get("editType") == "REMOVED"]


def _import_questions(store: Store, mentor: str, questions: Iterable[Args]) -> dict[str, str]:
    """Save the questions, those of the exported mentor as this mentor's; return old id → new id."""
    renamed = {}
    for given in questions:
        owned = {**given, "mentor": mentor} if given.get("mentor") else given
        renamed[given.get("_id") or ""] = save_question(store, owned)["_id"]
    return renamed


def _import_subjects(
    store: Store, mentor: str, subjects: Iterable[Args], renamed: Mapping[str, str]
) -> None:
    added: list[str] = []
    for given in subjects:
        entries = [
            {**entry, "question": {"_id": _known(entry["question"], renamed)}}
            for entry in given.get("questions") or []
        ]
        added.append(save_subject(store, {**given, "questions": entries})["_id"])
        store.change("mentors", {"_id": mentor}, {"subjects": list(added)})


def _import_answer(store: Store, mentor: str, given: Args, renamed: Mapping[str, str]) -> None:
    media = {
        key: stored_media({**given[key], "needsTransfer": True}) if given[key] else None
        for key in _MEDIA
        if key in given
    }
    fields = {key: value for key, value in given.items() if key not in {"_id", "question", *media}}
    where = {"mentor": mentor, "question": _known(given["question"], renamed)}
    changes = {
        **ANSWER_DEFAULTS,
        **fields,
        **media,
        "hasUntransferredMedia": any(media.values()),
    }
    store.change("answers", where, changes, upsert=True)


def _known(question: Args, renamed: Mapping[str, str]) -> str:
    return renamed.get(question.get("_id") or "", question.get("_id") or "")


def _upsert(store: Store, collection: str, document_id: str | None, fields: Document) -> None:
    if document_id is not None and is_object_id(document_id):
        store.change(collection, {"_id": document_id.lower()}, fields, upsert=True)
    else:
        store.insert(collection, fields)
