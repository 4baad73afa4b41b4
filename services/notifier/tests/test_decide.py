"""The rules of an answer, one a test: from what was observed to what has to be written."""

from __future__ import annotations

from typing import Any

import pytest

from mentor_common.jobs import ALIGNMENT, BeforeSwitch, Outcome
from mentor_notifier.answers import view, writes
from mentor_notifier.answers.field_ownership import EMPTIED, sha256_of, values
from mentor_notifier.answers.ports import Pace
from mentor_notifier.answers.superseded_objects import unneeded_keys

OLDER = "bbbbbbbb-0000-5000-8000-000000000000"
ELSEWHERE = {"url": "https://elsewhere.example.org/mine.mp4"}
PACE = Pace()
SPANISH = {"transcript": "transcript.json", "vtt": "es.vtt", "vtt_en": "en.vtt"}


def kinds(decision: Any) -> list[str]:
    """Return the names of the writes, in their order."""
    return [type(write).__name__ for write in decision.writes]


def answer_of(given: Any, upload: str, text: str = "old words") -> dict[str, Any]:
    """Return an answer that shows another upload."""
    folder = f"{given.ANSWER.prefix}{upload}/1/"
    return {
        "webMedia": {"url": f"{folder}web.mp4"},
        "mobileMedia": {"url": f"{folder}mobile.mp4"},
        "vttMedia": {"url": f"{folder}en.vtt"},
        "markdownTranscript": text,
        "hasEditedTranscript": False,
    }


# ---- how it goes on ------------------------------------------------------------------------------


def test_what_is_equal_is_not_written_and_observed_again_after_a_while(given: Any) -> None:
    running = given.having(transcribe=given.task("transcribe", "IN_PROGRESS"))
    shown = running.shown_document() | {
        f"{name}Media": {"url": f"https://s.example.org/{given.FOLDER}{name}.mp4"}
        for name in ("original", "web", "mobile")
    }
    decision = running.having(document=shown).decision
    assert decision.writes == ()
    assert not decision.settled
    assert decision.due_at(None, given.NOW, PACE) == given.NOW + PACE.poll


def test_the_outcome_is_decided_first_and_published_last(given: Any) -> None:
    decision = given.decision
    assert kinds(decision) == [
        "SwitchAnswer",
        "UpdateDocument",
        "UpdateDocument",
        "PublishOutcome",
    ]
    (switch,) = given.writes(writes.SwitchAnswer)
    assert switch.outcome == Outcome(kind="ready", at=given.NOW), "decided along with it"
    failed = given.having(transcode=given.task("transcode", "FAILED", "transcoding-web"))
    assert kinds(failed.decision)[0] == "DecideOutcome"
    assert decision.settled
    assert decision.due_at(given.NOW + 60, given.NOW, PACE) == given.NOW + 60, "to read back"
    assert decision.due_at(None, given.NOW, PACE) is None


def test_an_outcome_that_stands_is_not_decided_again_nor_published_twice(given: Any) -> None:
    decided = Outcome(kind="ready", at=given.NOW - 1)
    stands = given.having(outcomes={"1.1": decided})
    assert "DecideOutcome" not in kinds(stands.decision)
    assert [switch.outcome for switch in stands.writes(writes.SwitchAnswer)] == [None]
    published = decided.model_copy(update={"said": True})
    again = kinds(given.having(outcomes={"1.1": published}).decision)
    assert "PublishOutcome" not in again
    assert "SwitchAnswer" in again


def test_a_failure_is_not_settled_while_its_transcription_runs(given: Any) -> None:
    failed = given.having(
        transcode=given.task("transcode", "FAILED"),
        transcribe=given.task("transcribe", "IN_PROGRESS"),
    )
    assert not failed.decision.settled
    assert failed.having(transcribe=given.task("transcribe")).decision.settled


@pytest.mark.parametrize("status", ["CANCELLING", "CANCELLED"])
def test_a_cancel_in_the_document_is_put_and_all_observed_again(given: Any, status: str) -> None:
    running = given.having(transcribe=None)
    document = running.shown_document()
    document["transcribeTask"] |= {"status": status}
    assert running.having(document=document).decision.writes == (writes.PutCancel("graphql"),)
    decided = given.having(document=document)
    assert not decided.writes(writes.PutCancel), "too late: it is ready"
    document["transcribeTask"] |= {"task_id": "of another upload"}
    assert not running.having(document=document).writes(writes.PutCancel)


# ---- the switch ----------------------------------------------------------------------------------


def test_the_answer_switches_whole_and_what_it_showed_is_kept(given: Any) -> None:
    (switch,) = given.having(content=answer_of(given, OLDER), job={
        "transcript_sha256": sha256_of("old words")
    }).writes(writes.SwitchAnswer)  # fmt: skip
    assert switch.content["transcript"] == "new words"
    assert switch.content["hasEditedTranscript"] is False
    assert switch.content["webMedia"]["url"] == f"{given.FOLDER}web.mp4"
    assert switch.content["vttMedia"]["vttText"] == "WEBVTT"
    assert switch.before.of == f"{given.UPLOAD}/1.1"
    assert switch.before.shown == values(answer_of(given, OLDER), switch.content)


def test_english_captions_beside_others_are_kept_and_shown_nowhere(given: Any) -> None:
    spanish = {name: f"{given.FOLDER}{file}" for name, file in SPANISH.items()}
    transcribe = given.task("transcribe", results=spanish)
    translated = given.having(transcribe=transcribe)
    keys = view.text_keys(translated.upload, translated.job, translated.outcome)
    assert keys == (spanish["transcript"], spanish["vtt"])
    media = view.Transcript("nuevas", spanish["vtt"], "WEBVTT").media
    assert (media or {})["tag"] == "es"
    old = f"{given.ANSWER.prefix}{OLDER}/1/en.vtt"
    unneeded = unneeded_keys([*spanish.values(), old], translated.upload, translated.job)
    assert unneeded == [old]


def test_the_answer_switches_once_for_an_outcome(given: Any) -> None:
    switched = given.having(answer_state={"switched": f"{given.UPLOAD}/1.1"})
    assert switched.writes(writes.SwitchAnswer) == []
    assert given.having(answer_state={"switched": f"{OLDER}/1.1"}).writes(writes.SwitchAnswer)


def test_a_failed_upload_switches_nothing_and_failed_captions_an_empty_text(given: Any) -> None:
    failed = given.having(transcode=given.task("transcode", "FAILED", "transcoding-mobile"))
    assert failed.writes(writes.SwitchAnswer) == []
    silent = given.having(transcribe=given.task("transcribe", "FAILED"))
    (switch,) = silent.writes(writes.SwitchAnswer)
    assert (switch.content["transcript"], switch.content["vttMedia"]) == ("", None)
    assert switch.content["webMedia"]["url"] == f"{given.FOLDER}web.mp4"


@pytest.mark.parametrize(
    ("text", "accepted_with", "switched_text", "stays"),
    [
        ("my own words", None, None, True),
        ("my own words", "old words", None, True),
        ("my own words", "old words", "others", True),
        ("old words", "old words", None, False),
        ("its words", None, "its words", False),
        ("", "old words", None, False),
    ],
)
def test_a_text_that_a_person_changed_since_the_acceptance_stays(
    given: Any, text: str, accepted_with: str | None, switched_text: str | None, stays: bool
) -> None:
    sha256 = sha256_of(accepted_with) if accepted_with else None
    (switch,) = given.having(
        content=answer_of(given, OLDER, text),
        job={"transcript_sha256": sha256},
        switched_text=switched_text,
    ).writes(writes.SwitchAnswer)
    assert ("transcript" not in switch.content) == stays
    assert ("vttMedia" not in switch.content) == stays
    assert "webMedia" in switch.content


def test_an_answer_that_cannot_be_read_is_switched_whole_and_nothing_of_it_known(
    given: Any,
) -> None:
    (switch,) = given.having(readable=False).writes(writes.SwitchAnswer)
    assert {"webMedia", "mobileMedia", "vttMedia", "transcript"} <= set(switch.content)
    assert switch.before == BeforeSwitch(of=f"{given.UPLOAD}/1.1", shown=None)


@pytest.mark.parametrize("applied", [False, True])
def test_a_switch_that_was_begun_is_repeated_only_where_it_was_not_applied(
    given: Any, live: Any, applied: bool
) -> None:
    old = answer_of(given, OLDER)
    fields = ("webMedia", "mobileMedia", "vttMedia", "transcript")
    before = BeforeSwitch(of=f"{given.UPLOAD}/1.1", shown=values(old, fields))
    content = (live.content if applied else old) | {"mobileMedia": ELSEWHERE}
    job = {"transcript_sha256": sha256_of("old words" if not applied else "new words")}
    tried = given.having(content=content, answer_state={"before": before}, job=job)
    (switch,) = tried.writes(writes.SwitchAnswer)
    assert bool(switch.content) != applied
    assert switch.before is None, "what stood before is kept as it was"


def test_a_redrive_of_captions_leaves_what_somebody_wrote_since_the_video_went_live(
    given: Any, live: Any
) -> None:
    by_hand = {"url": f"{given.ANSWER.prefix}captions/20260105/en.vtt"}
    redriven = given.having(
        transcribe=given.task("transcribe", attempt=2, claim=2),
        answer_state={"switched": f"{given.UPLOAD}/1.1"},
        content=live.content | {"vttMedia": by_hand, "markdownTranscript": ""},
    )
    (switch,) = redriven.writes(writes.SwitchAnswer)
    assert "vttMedia" not in switch.content
    assert switch.content["transcript"] == "new words"
    emptied = redriven.having(content=redriven.content | {"vttMedia": None})
    (switch,) = emptied.writes(writes.SwitchAnswer)
    assert switch.content["vttMedia"]["url"] == f"{given.FOLDER}en.vtt"
    assert EMPTIED["vttMedia"] == {}, "that is how a switch without captions leaves them"


def test_the_thumbnail_is_set_once_under_a_key_of_its_own(given: Any) -> None:
    made = given.task("transcode")
    key = f"{given.FOLDER}thumbnail.jpg"
    made = made.model_copy(update={"results": made.results | {"thumbnail": key}})
    asked = given.having(transcode=made, request={"generate_thumbnail": True})
    picture = f"mentor/thumbnails/{given.ANSWER.mentor}/{given.UPLOAD}/1/thumbnail.jpg"
    (switch,) = asked.writes(writes.SwitchAnswer)
    assert switch.picture == writes.SetThumbnail(key, picture)
    assert asked.writes(writes.SetThumbnail) == [], "along with the switch"
    live = asked.having(answer_state={"switched": f"{given.UPLOAD}/1.1"})
    assert live.writes(writes.SetThumbnail) == [writes.SetThumbnail(key, picture)]
    for unasked in (
        asked.having(answer_state={"thumbnail": given.UPLOAD}),
        given.having(transcode=made),
    ):
        (switch,) = unasked.writes(writes.SwitchAnswer)
        assert (switch.picture, unasked.writes(writes.SetThumbnail)) == (None, [])


@pytest.mark.parametrize(
    ("shown", "recorded", "expected"),
    [
        ("cut.vtt", None, "en.vtt"),
        ("", None, "en.vtt"),
        ("by/hand.vtt", None, None),
        ("cut.vtt", "1.1", "nothing"),
    ],
)
def test_late_captions_are_shown_once_where_the_answer_still_has_those_of_the_switch(
    given: Any, live: Any, shown: str, recorded: str | None, expected: str | None
) -> None:
    late = live.aligned(
        given.task("transcribe", facts={"engine": ALIGNMENT}),
        content=live.content | {"vttMedia": {"url": shown}, "markdownTranscript": ""},
        answer_state={"captions": f"{given.UPLOAD}/{recorded}"},
    )
    found = late.writes(writes.ShowLateCaptions)
    if expected == "nothing":
        assert found == []
    else:
        (captions,) = (write.captions for write in found)
        assert (captions and captions["url"]) == (expected and given.FOLDER + expected)


# ---- the document --------------------------------------------------------------------------------


def test_media_come_first_and_the_end_in_a_request_of_its_own(given: Any) -> None:
    before, end = given.writes(writes.UpdateDocument)
    assert (before.shows_end, end.shows_end) == (False, True)
    assert {"webMedia", "mobileMedia", "originalMedia", "vttMedia"} <= set(before.updates[0])
    assert [set(update) for update in end.updates] == [{"transcribeTask"}]
    names = ("transcodeWebTask", "transcodeMobileTask", "transcribeTask")
    updates = [*before.updates, *end.updates]
    assert [sum(name in update for name in names) for update in updates] == [1, 1, 1]


def test_failed_is_shown_last(given: Any) -> None:
    failed = given.having(transcode=given.task("transcode", "FAILED", "transcoding-web"))
    *before, end = failed.writes(writes.UpdateDocument)
    assert all("transcodeWebTask" not in update for one in before for update in one.updates)
    assert end.updates[0]["transcodeWebTask"]["status"] == "FAILED"
    assert end.shows_end


@pytest.mark.parametrize("seen", ["nobody", "recorded", "published"])
def test_a_document_that_is_gone_is_written_anew_unless_its_end_was_shown(
    given: Any, seen: str
) -> None:
    published = Outcome(kind="failed", code="captions", at=1, said=True)
    gone = given.having(
        document=None,
        answer_state={"ended": given.UPLOAD if seen == "recorded" else OLDER},
        outcomes={"1.0": published} if seen == "published" else {},
    )
    documents = [k for k in kinds(gone.decision) if k.endswith("Document")]
    assert documents == (["CreateDocument", "UpdateDocument"] if seen == "nobody" else [])
    assert gone.decision.settled


def test_a_document_is_written_anew_without_its_end_which_follows(given: Any) -> None:
    (created,) = given.having(document=None).writes(writes.CreateDocument)
    (end,) = given.having(document=None).writes(writes.UpdateDocument)
    assert created.document["transcribeTask"]["status"] == "IN_PROGRESS"
    assert created.document["webMedia"]["url"] == f"{given.FOLDER}web.mp4"
    assert end.updates[0]["transcribeTask"]["status"] == "DONE"
    assert end.shows_end


@pytest.mark.parametrize("status", ["IN_PROGRESS", "FAILED"])
@pytest.mark.parametrize("end_was_shown", [False, True])
def test_the_document_of_another_upload_is_put_right_but_for_an_end_that_the_ui_is_to_delete(
    given: Any, status: str, end_was_shown: bool
) -> None:
    document = given.shown_document(status)
    for shown in document.values():
        if shown:
            shown["task_id"] = "of another upload"
    ended = given.UPLOAD if end_was_shown else None
    put_right = given.having(document=document, answer_state={"ended": ended})
    left = end_was_shown and status == "FAILED"
    assert bool(put_right.writes(writes.CreateDocument)) != left


def test_a_document_written_anew_shows_the_edited_answers_captions(given: Any) -> None:
    captions = {"url": "kept.vtt", "vttText": "x"}
    running = given.aligned(None, document=None, content={"vttMedia": captions})
    (created,) = running.writes(writes.CreateDocument)
    assert created.document["vttMedia"]["url"] == "kept.vtt"
    assert created.document["transcript"] is None


# ---- reading back --------------------------------------------------------------------------------


def test_what_was_read_back_and_is_equal_is_tidied_up(live: Any) -> None:
    due = live.having(read_back_at=live.NOW)
    assert due.decision.writes == (writes.TagSuperseded(),)
    assert due.decision.read_back_at is None
    assert due.decision.settled


def test_it_is_read_back_when_that_is_due_and_not_in_the_look_that_writes(live: Any) -> None:
    early = live.having(read_back_at=live.NOW + 1)
    assert early.decision.writes == ()
    assert early.decision.read_back_at == live.NOW + 1
    writing = live.having(read_back_at=live.NOW, answer_state={"switched": None})
    assert writing.writes(writes.SwitchAnswer)
    assert writing.writes(writes.TagSuperseded) == []


@pytest.mark.parametrize(
    ("field", "stands", "repaired"),
    [
        ("webMedia", "before", True),
        ("webMedia", "older", True),
        ("webMedia", "elsewhere", False),
        ("markdownTranscript", "before", True),
        ("markdownTranscript", "elsewhere", False),
    ],
)
def test_only_what_a_late_write_undid_is_written_again(
    live: Any, field: str, stands: str, repaired: bool
) -> None:
    before = {"webMedia": {"url": "before.mp4"}, "markdownTranscript": "words before"}
    older = answer_of(live, OLDER)
    shown: dict[str, Any] = {"before": before[field], "older": older[field]}
    shown["elsewhere"] = ELSEWHERE if field == "webMedia" else "my own words"
    fields = ("webMedia", "mobileMedia", "vttMedia", "transcript")
    kept = BeforeSwitch(of=f"{live.UPLOAD}/1.1", shown=values(before, fields))
    late = live.having(
        read_back_at=live.NOW,
        content=live.content | {field: shown[stands]},
        answer_state={"before": kept},
        transcripts={OLDER: frozenset({sha256_of("old words")})},
    )
    if not repaired:
        assert late.decision.writes == (writes.TagSuperseded(),)
        return
    (repair,) = late.writes(writes.RepairAnswer)
    if field == "webMedia":
        assert repair.media["webMedia"]["url"] == f"{live.FOLDER}web.mp4"
        assert repair.transcript is None
    else:
        assert repair == writes.RepairAnswer({}, "new words")
    assert late.writes(writes.TagSuperseded) == [], "only what is equal is tidied up"


def test_an_answer_that_is_not_readable_or_not_live_is_not_read_back(live: Any) -> None:
    due = live.having(read_back_at=live.NOW)
    assert due.having(readable=False, content=None).decision.writes == ()
    cancelled = {"1.1": Outcome(kind="cancelled", at=live.NOW - 60, said=True)}
    assert due.having(outcomes=cancelled).decision.writes == ()


def test_captions_of_another_language_are_tagged_with_it(given: Any) -> None:
    spanish = view.Transcript("palabras", f"{given.FOLDER}es.vtt", "WEBVTT")
    assert spanish.media == {
        "type": "subtitles",
        "tag": "es",
        "url": f"{given.FOLDER}es.vtt",
        "vttText": "WEBVTT",
    }
