"""Fields whose value is not simply what the document holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError

from mentor_local.graphql.values import absolute_url, without_markdown

if TYPE_CHECKING:
    from mentor_local.graphql.context import Context
    from mentor_local.graphql.values import Document


def media_url(context: Context, media: Document) -> str:
    """Return the url on the static host; what is read is not what was written."""
    return absolute_url(media.get("url"), context.static_url_base)


def media_transparent_url(context: Context, media: Document) -> str:
    """Return the url of the transparent video on the static host, or an empty text."""
    return absolute_url(media.get("transparentVideoUrl"), context.static_url_base)


def task_mentor(context: Context, task: Document) -> Document:
    """Return the mentor of an upload task."""
    return _referenced(context, "mentors", "mentor", task)


def task_question(context: Context, task: Document) -> Document:
    """Return the question of an upload task; an error once the question was deleted."""
    return _referenced(context, "questions", "question", task)


def answer_question(context: Context, answer: Document) -> Document | None:
    """Return the question of an answer, null once it was deleted."""
    return context.store.by_id("questions", answer["question"])


def answer_transcript(_context: Context, answer: Document) -> str:
    """Return the transcript without its markdown."""
    return without_markdown(answer.get("transcript") or "")


def answer_markdown(_context: Context, answer: Document) -> str | None:
    """Return the transcript as it is stored."""
    transcript: str | None = answer.get("transcript")
    return transcript


def answer_external_video_ids(_context: Context, answer: Document) -> Document:
    """Return the ids at other video hosts, empty ones when there are none."""
    return answer.get("externalVideoIds") or {"wistiaId": "", "paraproId": ""}


def mentor_thumbnail(context: Context, mentor: Document) -> str:
    """Return the thumbnail's url, or an empty text."""
    return absolute_url(mentor.get("thumbnail"), context.static_url_base)


def mentor_background(context: Context, mentor: Document) -> str:
    """Return the virtual background's url, or an empty text."""
    return absolute_url(mentor.get("virtualBackgroundUrl"), context.static_url_base)


def mentor_org_permissions(_context: Context, mentor: Document) -> list[Document]:
    """Return what organisations may do with the mentor."""
    return [{**permission, "orgId": permission["org"]} for permission in mentor["orgPermissions"]]


def mentor_default_subject(context: Context, mentor: Document) -> Document | None:
    """Return the default subject, if there is one."""
    subject = mentor.get("defaultSubject")
    return context.store.by_id("subjects", subject) if subject else None


def mentor_subjects(context: Context, mentor: Document) -> list[Document]:
    """Return the mentor's subjects in alphabetical order."""
    found = (context.store.by_id("subjects", subject) for subject in mentor["subjects"])
    return sorted((subject for subject in found if subject), key=lambda s: s.get("name") or "")


def mentor_answers(context: Context, mentor: Document) -> list[Document]:
    """Return all answers of the mentor, oldest first."""
    return context.store.find("answers", {"mentor": mentor["_id"]})


def mentor_complete_answers(context: Context, mentor: Document) -> int:
    """Return how many answers are complete."""
    answers = mentor_answers(context, mentor)
    return sum(_is_complete(context, mentor, answer) for answer in answers)


def subject_questions(context: Context, subject: Document) -> list[Document]:
    """Return the subject's questions, each with its category and topics in full."""
    categories = {entry["id"]: entry for entry in subject.get("categories") or []}
    topics = {entry["id"]: entry for entry in subject.get("topics") or []}
    return [
        {
            "question": context.store.by_id("questions", entry["question"]),
            "category": categories.get(entry["category"]),
            "topics": [topics[topic] for topic in entry["topics"] if topic in topics],
        }
        for entry in subject.get("questions") or []
    ]


def organization_members(context: Context, organization: Document) -> list[Document]:
    """Return the members with their user documents."""
    return [
        {"user": context.store.by_id("users", member["user"]), "role": member["role"]}
        for member in organization["members"]
    ]


def _is_complete(context: Context, mentor: Document, answer: Document) -> bool:
    """Return what the status says; NONE says to look: text, and for a video mentor a video."""
    if answer["status"] != "NONE":
        return bool(answer["status"] == "COMPLETE")
    if mentor["mentorType"] != "VIDEO":
        return bool(answer["transcript"])
    question = context.store.by_id("questions", answer["question"]) or {}
    videos = (answer.get("webMedia") or {}, answer.get("mobileMedia") or {})
    spoken = bool(answer["transcript"]) or question.get("name") == "_IDLE_"
    return spoken and any(video.get("url") for video in videos)


def _referenced(context: Context, collection: str, kind: str, document: Document) -> Document:
    found = context.store.by_id(collection, document[kind])
    if found is None:
        raise GraphQLError(f'{kind} not found for id "{document[kind]}"')
    return found
