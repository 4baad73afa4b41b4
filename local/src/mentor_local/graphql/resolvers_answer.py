"""``api``: mutations of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from mentor_local.graphql.store import ANSWER_DEFAULTS
from mentor_local.graphql.values import needs_transfer, object_id, stored_media, truthy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_local.graphql.context import Context
    from mentor_local.graphql.values import Document

    Args = Mapping[str, Any]

MEDIA = ("webMedia", "mobileMedia", "vttMedia")
DIRTY = {"isDirty": True, "dirtyReason": "ANSWERS_ADDED"}


async def upload_answer(context: Context, args: Args) -> bool:
    """Set what is given, reset the status, and write the transcript that was read back.

    The write-back is the original's race: a transcript written in between is lost.
    """
    context.require_question(args["questionId"])
    _mark_dirty(context, args["mentorId"])
    where = context.owned_by("answers", args["mentorId"], args["questionId"])
    read = context.store.find_one("answers", where)
    given = args["answer"]
    changes = {
        **(ANSWER_DEFAULTS if read is None else {}),
        **_read_back(read, given),
        **given,
        **_transferable(context, given),
        "status": "NONE",
    }
    await context.gap("uploadAnswer")
    return context.commit(
        "uploadAnswer",
        args,
        lambda: context.store.change("answers", where, changes, upsert=True) is not None,
    )


async def update_answers(context: Context, args: Args) -> bool:
    """Set what is given in answers that exist; nothing is written unless all of it can be."""
    _mark_dirty(context, args["mentorId"])
    planned: list[tuple[Document, Document]] = []
    for given in args.get("answers") or []:
        question_id = given.get("questionId") or "undefined"
        context.require_question(question_id)
        where = context.owned_by("answers", args["mentorId"], question_id)
        read = context.store.find_one("answers", where)
        if read is None:
            raise GraphQLError("Cannot read properties of null (reading 'externalVideoIds')")
        changes = {
            **_read_back(read, given),
            **{key: value for key, value in given.items() if key in ANSWER_DEFAULTS},
            "externalVideoIds": given.get("externalVideoIds") or read.get("externalVideoIds"),
            **_transferable(context, given),
        }
        planned.append((where, changes))
    await context.gap("updateAnswers")

    def write() -> bool:
        for where, changes in planned:
            context.store.change("answers", where, changes)
        return True

    return context.commit("updateAnswers", args, write)


async def media_update(context: Context, args: Args) -> bool:
    """Set the given media as they are and nothing else that a person could have written.

    ``hasUntransferredMedia`` is computed from the media before this call.
    """
    where = context.owned_by("answers", args["mentorId"], args["questionId"])
    read = context.store.find_one("answers", where)
    if read is None:
        raise GraphQLError("no answer found")
    media = {key: stored_media(args[key]) for key in MEDIA if truthy(args.get(key))}
    stale = any((read.get(key) or {}).get("needsTransfer") for key in MEDIA)
    await context.gap("mediaUpdate")
    changes = {**media, "hasUntransferredMedia": stale}
    return context.commit(
        "mediaUpdate", args, lambda: context.store.change("answers", where, changes) is not None
    )


async def mentor_vtt_update(context: Context, args: Args) -> bool:
    """Replace the subtitles of an answer that exists; the mentor stays clean."""
    mentor, question = args["mentorId"], args["questionId"]
    where = context.owned_by("answers", mentor, question)
    media = {
        "type": "subtitles",
        "tag": "en",
        "url": args["vttUrl"],
        "transparentVideoUrl": "",
        **({"vttText": args["vttText"]} if "vttText" in args else {}),
    }
    changes = {"vttMedia": stored_media(media)}
    written = context.commit(
        "mentorVttUpdate", args, lambda: context.store.change("answers", where, changes) is not None
    )
    if not written:
        raise GraphQLError(f"no answer found for mentor '{mentor}' and question {question}")
    return True


def _mark_dirty(context: Context, mentor_id: str) -> None:
    where = {"_id": object_id(mentor_id, "_id", "Mentor")}
    if context.store.change("mentors", where, DIRTY) is None:
        raise GraphQLError(f"no mentor found for id '{mentor_id}'")


def _read_back(read: Document | None, given: Args) -> Document:
    """Return transcript and its flag as they were read, for those that are not given."""
    return {
        key: (read or ANSWER_DEFAULTS)[key]
        for key in ("transcript", "hasEditedTranscript")
        if key not in given
    }


def _transferable(context: Context, given: Args) -> Document:
    """Return the given media with ``needsTransfer`` computed, null ones as null.

    ``hasUntransferredMedia`` looks at these media only: another that still waits is forgotten.
    """
    base = context.static_url_base
    media: Document = {key: None for key in MEDIA if key in given}
    for key in MEDIA:
        if truthy(given.get(key)):
            needed = needs_transfer(given[key], base)
            media[key] = stored_media({**given[key], "needsTransfer": needed})
    waiting = any(medium and medium["needsTransfer"] for medium in media.values())
    return {**media, "hasUntransferredMedia": waiting}
