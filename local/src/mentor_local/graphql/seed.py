"""The people, mentors, questions and answers an empty database starts with. Always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mentor_local.graphql.store import Store

SEED_OWNER_ID = "5ee0000000000000000000a1"
SEED_FOREIGN_USER_ID = "5ee0000000000000000000a2"
SEED_ADMIN_ID = "5ee0000000000000000000a3"

SEED_MENTOR_ID = "5ee0000000000000000000b1"
SEED_FOREIGN_MENTOR_ID = "5ee0000000000000000000b2"

SEED_QUESTION_ID = "5ee0000000000000000000c1"
SEED_SECOND_QUESTION_ID = "5ee0000000000000000000c2"
SEED_THIRD_QUESTION_ID = "5ee0000000000000000000c3"
SEED_ANSWERED_QUESTION_ID = "5ee0000000000000000000c4"
SEED_IDLE_QUESTION_ID = "5ee0000000000000000000c5"

SEED_ORGANIZATION_ID = "5ee0000000000000000000f1"
SEED_VIDEO = f"{SEED_OWNER_ID}/1f0e2d3c-4b5a-4697-8877-665544332211"
"""The key in the examples of the API's documentation; `make seed` stores a video there."""

SEED_SUBJECT_ID = "5ee0000000000000000000d1"
SEED_ANSWER_ID = "5ee0000000000000000000e1"

SEED_TRANSCRIPT = "I grew up in a *small* town and **always** wanted to fly."
SEED_VTT_TEXT = """WEBVTT

00:00:00.000 --> 00:00:02.500
I grew up in a small town

00:00:02.500 --> 00:00:05.000
and always wanted to fly.
"""
SEED_MEDIA_PREFIX = f"videos/{SEED_MENTOR_ID}/{SEED_ANSWERED_QUESTION_ID}/"

_QUESTIONS: tuple[tuple[str, str, str | None], ...] = (
    (SEED_QUESTION_ID, "What do you do on a normal day?", None),
    (SEED_SECOND_QUESTION_ID, "Who inspired you?", None),
    (SEED_THIRD_QUESTION_ID, "What would you tell your younger self?", None),
    (SEED_ANSWERED_QUESTION_ID, "Where did you grow up?", None),
    (SEED_IDLE_QUESTION_ID, "Look at the camera and listen for thirty seconds.", "_IDLE_"),
)


def seed(store: Store) -> bool:
    """Fill ``store`` unless it holds anybody already; tell whether it was filled now."""
    with store.transaction():
        if store.find("users"):
            return False
        _add_people(store)
        _add_questions(store)
        _add_answer(store)
        add_organization(store)
        return True


def add_organization(store: Store) -> None:
    """Add the organisation unless it is there."""
    with store.transaction():
        if store.by_id("organizations", SEED_ORGANIZATION_ID) is None:
            members = {SEED_OWNER_ID: "CONTENT_MANAGER", SEED_ADMIN_ID: "ADMIN"}
            store.add_organization(members, _id=SEED_ORGANIZATION_ID, name="Example University")


def _add_people(store: Store) -> None:
    store.add_user(_id=SEED_OWNER_ID, name="Olive Owner", email="olive@example.org")
    store.add_user(_id=SEED_FOREIGN_USER_ID, name="Felix Foreign", email="felix@example.org")
    store.add_user(_id=SEED_ADMIN_ID, name="Ada Admin", email="ada@example.org", role="ADMIN")
    subjects = [SEED_SUBJECT_ID]
    store.add_mentor(
        SEED_OWNER_ID, _id=SEED_MENTOR_ID, name="Olive Owner", firstName="Olive", subjects=subjects
    )
    store.add_mentor(
        SEED_FOREIGN_USER_ID, _id=SEED_FOREIGN_MENTOR_ID, name="Felix Foreign", firstName="Felix"
    )


def _add_questions(store: Store) -> None:
    for question_id, text, name in _QUESTIONS:
        kind = "UTTERANCE" if name else "QUESTION"
        store.add_question(text, _id=question_id, name=name, type=kind)
    store.insert(
        "subjects",
        {
            "_id": SEED_SUBJECT_ID,
            "name": "Background",
            "type": "SUBJECT",
            "isRequired": True,
            "categories": [],
            "topics": [],
            "questions": [
                {"question": question_id, "category": None, "topics": []}
                for question_id, _, _ in _QUESTIONS
            ],
        },
    )


def _add_answer(store: Store) -> None:
    def video(tag: str) -> dict[str, Any]:
        return {
            "type": "video",
            "tag": tag,
            "url": f"{SEED_MEDIA_PREFIX}{tag}.mp4",
            "transparentVideoUrl": "",
            "duration": 5000.0,
        }

    store.add_answer(
        SEED_MENTOR_ID,
        SEED_ANSWERED_QUESTION_ID,
        _id=SEED_ANSWER_ID,
        transcript=SEED_TRANSCRIPT,
        hasEditedTranscript=True,
        status="COMPLETE",
        webMedia=video("web"),
        mobileMedia=video("mobile"),
        vttMedia={
            "type": "subtitles",
            "tag": "en",
            "url": f"{SEED_MEDIA_PREFIX}en.vtt",
            "transparentVideoUrl": "",
            "vttText": SEED_VTT_TEXT,
        },
    )
