"""The answer as it is written and read (docs/graphql-contract.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mentor_local.graphql.seed import (
    SEED_ANSWERED_QUESTION_ID,
    SEED_IDLE_QUESTION_ID,
    SEED_MEDIA_PREFIX,
    SEED_MENTOR_ID,
    SEED_QUESTION_ID,
    SEED_TRANSCRIPT,
    SEED_VTT_TEXT,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_local.graphql.store import Store
    from mentor_local.graphql.testing import GraphQLClient, Reply

    Call = Callable[..., Reply]

UNKNOWN = "5ee0000000000000000000ff"
ANSWERED = {"questionId": SEED_ANSWERED_QUESTION_ID}
ELSEWHERE = {"type": "video", "tag": "web", "url": "https://elsewhere.example.org/a.mp4"}
HERE = {"type": "video", "tag": "web", "url": "videos/m/q/web.mp4"}
STATIC = "https://static.example.org/"
UPDATE_ANSWERS = """mutation($m: ID!, $answers: [UploadAnswersType]) { api {
  updateAnswers(mentorId: $m, answers: $answers) } }"""


def stored(store: Store, question: str = SEED_ANSWERED_QUESTION_ID) -> dict[str, Any]:
    answer = store.answer(SEED_MENTOR_ID, question)
    assert answer is not None
    return answer


def mentor(store: Store) -> dict[str, Any]:
    found = store.mentor(SEED_MENTOR_ID)
    assert found is not None
    return found


# ---------------------------------------------------------------- uploadAnswer


def test_row_1_the_mentor_becomes_dirty_even_if_the_rest_fails(
    upload_answer: Call, store: Store
) -> None:
    assert mentor(store)["isDirty"] is False
    assert "startsWith" in upload_answer({"webMedia": {"tag": "web"}}).message
    assert (mentor(store)["isDirty"], mentor(store)["dirtyReason"]) == (True, "ANSWERS_ADDED")
    assert store.answer(SEED_MENTOR_ID, SEED_QUESTION_ID) is None
    assert store.write_log() == []


def test_row_2_the_status_is_reset(upload_answer: Call, store: Store) -> None:
    assert stored(store)["status"] == "COMPLETE"
    assert upload_answer({}, **ANSWERED).data == {"api": {"uploadAnswer": True}}
    assert stored(store)["status"] == "NONE"


@pytest.mark.parametrize(
    ("question", "given", "complete"),
    [
        (SEED_QUESTION_ID, {"transcript": "spoken", "webMedia": HERE}, True),
        (SEED_QUESTION_ID, {"transcript": "spoken", "mobileMedia": HERE}, True),
        (SEED_QUESTION_ID, {"transcript": "spoken"}, False),
        (SEED_QUESTION_ID, {"transcript": "", "webMedia": HERE}, False),
        (SEED_QUESTION_ID, {"transcript": "spoken", "webMedia": {"url": ""}}, False),
        (SEED_IDLE_QUESTION_ID, {"webMedia": HERE}, True),
    ],
)
def test_row_2_none_means_that_completeness_is_derived(
    upload_answer: Call,
    anonymous: GraphQLClient,
    question: str,
    given: dict[str, Any],
    *,
    complete: bool,
) -> None:
    query = "query($m: ID) { mentor(id: $m) { numAnswersComplete } }"
    before = anonymous.ask(query, m=SEED_MENTOR_ID).data["mentor"]["numAnswersComplete"]
    upload_answer(given, questionId=question)
    after = anonymous.ask(query, m=SEED_MENTOR_ID).data["mentor"]["numAnswersComplete"]
    assert (before, after) == (1, 2 if complete else 1)


@pytest.mark.parametrize("text", ["new words", ""])
def test_row_3_a_given_transcript_is_written(upload_answer: Call, store: Store, text: str) -> None:
    upload_answer({"transcript": text, "hasEditedTranscript": False}, **ANSWERED)
    answer = stored(store)
    assert (answer["transcript"], answer["hasEditedTranscript"]) == (text, False)


def test_row_3_an_absent_transcript_stays(upload_answer: Call, store: Store) -> None:
    upload_answer({"webMedia": HERE}, **ANSWERED)
    answer = stored(store)
    assert (answer["transcript"], answer["hasEditedTranscript"]) == (SEED_TRANSCRIPT, True)


def test_row_3_a_new_answer_begins_empty(upload_answer: Call, store: Store) -> None:
    upload_answer({"webMedia": HERE})
    answer = stored(store, SEED_QUESTION_ID)
    assert (answer["transcript"], answer["hasEditedTranscript"]) == ("", False)
    assert (answer["status"], answer["mentor"]) == ("NONE", SEED_MENTOR_ID)


def test_row_4_a_given_medium_replaces_null_clears_absent_stays(
    upload_answer: Call, store: Store
) -> None:
    mobile = stored(store)["mobileMedia"]
    upload_answer({"webMedia": {"url": "new.mp4"}, "vttMedia": None}, **ANSWERED)
    answer = stored(store)
    assert answer["webMedia"] == {
        "url": "new.mp4",
        "stringMetadata": "",
        "vttText": "",
        "hash": "",
        "duration": -1,
        "needsTransfer": False,
    }
    assert answer["vttMedia"] is None
    assert answer["mobileMedia"] == mobile


def test_row_4_url_is_mandatory_and_may_be_empty(upload_answer: Call, store: Store) -> None:
    missing = upload_answer({"vttMedia": {"vttText": "WEBVTT"}}, **ANSWERED)
    assert missing.message == "Cannot read properties of undefined (reading 'startsWith')"
    assert missing.status == 200
    assert stored(store)["vttMedia"]["vttText"] == SEED_VTT_TEXT
    assert upload_answer({"vttMedia": {"url": ""}}, **ANSWERED).data
    assert stored(store)["vttMedia"]["url"] == ""


@pytest.mark.parametrize(
    ("url", "needed"),
    [
        ("https://elsewhere.example.org/a.mp4", True),
        ("http://static.example.org/a.mp4", True),
        (f"{STATIC}videos/a.mp4", False),
        ("videos/a.mp4", False),
        ("", False),
    ],
)
def test_row_5_needs_transfer_is_computed_whatever_the_caller_says(
    upload_answer: Call, store: Store, url: str, *, needed: bool
) -> None:
    upload_answer({"webMedia": {"url": url, "needsTransfer": not needed}})
    answer = stored(store, SEED_QUESTION_ID)
    assert answer["webMedia"]["needsTransfer"] is needed
    assert answer["hasUntransferredMedia"] is needed


def test_row_6_untransferred_looks_at_this_call_only(upload_answer: Call, store: Store) -> None:
    upload_answer({"webMedia": ELSEWHERE})
    upload_answer({"mobileMedia": HERE})
    answer = stored(store, SEED_QUESTION_ID)
    assert answer["webMedia"]["needsTransfer"] is True
    assert answer["hasUntransferredMedia"] is False


def test_external_video_ids_are_stored(upload_answer: Call, store: Store) -> None:
    upload_answer({"externalVideoIds": {"wistiaId": "w"}})
    upload_answer({})
    assert stored(store, SEED_QUESTION_ID)["externalVideoIds"] == {"wistiaId": "w"}


def test_unknown_question_and_mentor_are_errors(upload_answer: Call) -> None:
    no_question = upload_answer({}, questionId=UNKNOWN)
    assert no_question.message == f"no question found for id '{UNKNOWN}'"
    assert upload_answer({}, mentorId=UNKNOWN).message == f"no mentor found for id '{UNKNOWN}'"


# ---------------------------------------------------------------- mediaUpdate, mentorVttUpdate


def test_media_update_needs_an_answer(media_update: Call) -> None:
    assert media_update(webMedia=HERE).message == "no answer found"


def test_media_update_sets_media_as_they_are_and_nothing_else(
    media_update: Call, store: Store
) -> None:
    before = stored(store)
    assert media_update(
        webMedia={**ELSEWHERE, "needsTransfer": False}, vttMedia=None, **ANSWERED
    ).data
    after = stored(store)
    assert after["webMedia"]["url"] == ELSEWHERE["url"]
    assert after["webMedia"]["needsTransfer"] is False
    kept = ("transcript", "status", "hasEditedTranscript", "mobileMedia", "vttMedia")
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert mentor(store)["isDirty"] is False


def test_media_update_knows_untransferred_media_one_call_late(
    media_update: Call, store: Store
) -> None:
    waiting = {**ELSEWHERE, "needsTransfer": True}
    media_update(webMedia=waiting, **ANSWERED)
    assert stored(store)["hasUntransferredMedia"] is False
    media_update(webMedia=HERE, **ANSWERED)
    assert stored(store)["hasUntransferredMedia"] is True


def test_vtt_update_replaces_the_subtitles_by_a_string_id(api: Call, store: Store) -> None:
    signature = "mentorId: ID!, questionId: String!, vttUrl: String!, vttText: String"
    reply = api("mentorVttUpdate", signature, vttUrl="new.vtt", vttText="WEBVTT", **ANSWERED)
    assert reply.data == {"api": {"mentorVttUpdate": True}}
    media = stored(store)["vttMedia"]
    assert (media["type"], media["tag"]) == ("subtitles", "en")
    assert (media["url"], media["vttText"]) == ("new.vtt", "WEBVTT")
    assert mentor(store)["isDirty"] is False
    missing = api("mentorVttUpdate", signature, vttUrl="new.vtt")
    assert missing.message.startswith("no answer found for mentor")
    as_id = api("mentorVttUpdate", signature.replace("String!", "ID!", 1), vttUrl="new.vtt")
    assert as_id.status == 400


# ---------------------------------------------------------------- updateAnswers


def test_row_update_answers_applies_entries_in_order_and_keeps_the_status(
    service: GraphQLClient, store: Store
) -> None:
    entries = [
        {"questionId": SEED_ANSWERED_QUESTION_ID, "transcript": "first", "webMedia": ELSEWHERE},
        {"questionId": SEED_ANSWERED_QUESTION_ID, "transcript": "second"},
    ]
    assert service.ask(UPDATE_ANSWERS, m=SEED_MENTOR_ID, answers=entries).data
    answer = stored(store)
    assert (answer["transcript"], answer["status"]) == ("second", "COMPLETE")
    assert answer["webMedia"]["needsTransfer"] is True
    assert answer["hasUntransferredMedia"] is False
    assert mentor(store)["isDirty"] is True


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (SEED_QUESTION_ID, "Cannot read properties of null (reading 'externalVideoIds')"),
        (UNKNOWN, f"no question found for id '{UNKNOWN}'"),
    ],
)
def test_row_update_answers_writes_nothing_when_one_answer_is_missing(
    service: GraphQLClient, store: Store, question: str, message: str
) -> None:
    entries = [
        {"questionId": SEED_ANSWERED_QUESTION_ID, "transcript": "lost"},
        {"questionId": question, "transcript": "nowhere"},
    ]
    reply = service.ask(UPDATE_ANSWERS, m=SEED_MENTOR_ID, answers=entries)
    assert reply.message == message
    assert stored(store)["transcript"] == SEED_TRANSCRIPT
    assert store.find("answers", {"question": question}) == []
    assert mentor(store)["isDirty"] is True


# ---------------------------------------------------------------- reading


def test_row_reading_returns_absolute_urls_and_both_transcripts(anonymous: GraphQLClient) -> None:
    answer = anonymous.ask(
        """query($m: ID!, $q: ID!) { answer(mentor: $m, question: $q) {
          transcript markdownTranscript webMedia { url } vttMedia { url vttText }
          externalVideoIds { wistiaId } } }""",
        m=SEED_MENTOR_ID,
        q=SEED_ANSWERED_QUESTION_ID,
    ).data["answer"]
    assert answer == {
        "transcript": "I grew up in a small town and always wanted to fly.",
        "markdownTranscript": SEED_TRANSCRIPT,
        "webMedia": {"url": f"{STATIC}{SEED_MEDIA_PREFIX}web.mp4"},
        "vttMedia": {"url": f"{STATIC}{SEED_MEDIA_PREFIX}en.vtt", "vttText": SEED_VTT_TEXT},
        "externalVideoIds": {"wistiaId": ""},
    }


def test_what_is_absent(service: GraphQLClient) -> None:
    query = """query($m: ID!, $q: ID!) { answer(mentor: $m, question: $q) { _id }
      importTask(mentorId: $m) { _id } mentor(id: $m) { thumbnail virtualBackgroundUrl } }"""
    assert service.ask(query, m=SEED_MENTOR_ID, q=SEED_QUESTION_ID).data == {
        "answer": None,
        "importTask": None,
        "mentor": {"thumbnail": "", "virtualBackgroundUrl": ""},
    }
    for kind in ("mentor", "question"):
        missing = service.ask(f"query($i: ID) {{ {kind}(id: $i) {{ _id }} }}", i=UNKNOWN)
        assert missing.message == f'{kind} not found for args "{{"id":"{UNKNOWN}"}}"'


def test_a_person_edits_the_transcript(owner: GraphQLClient, store: Store) -> None:
    mutation = """mutation($q: ID!, $answer: UpdateAnswerInputType!) { me {
      updateAnswer(questionId: $q, answer: $answer) } }"""
    version = {"transcript": "before", "vttText": "", "webVideoHash": "h", "videoDuration": 1.5}
    for question in (SEED_ANSWERED_QUESTION_ID, SEED_QUESTION_ID):
        given = {"transcript": "by hand", "status": "COMPLETE", "previousVersions": [version]}
        assert owner.ask(mutation, q=question, answer=given).data == {"me": {"updateAnswer": True}}
        answer = stored(store, question)
        assert (answer["transcript"], answer["status"]) == ("by hand", "COMPLETE")
        assert answer["previousVersions"] == [version]
    assert stored(store)["hasEditedTranscript"] is True
    assert stored(store, SEED_QUESTION_ID)["hasEditedTranscript"] is False
