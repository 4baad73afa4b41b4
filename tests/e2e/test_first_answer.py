"""A mentor's upload through the whole stack, by the exact wire behaviour of the real UI."""

from __future__ import annotations

import hashlib
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
import requests

from mentor_common.captions import normalised, parse_vtt
from mentor_local.graphql.seed import (
    SEED_ANSWERED_QUESTION_ID,
    SEED_IDLE_QUESTION_ID,
    SEED_QUESTION_ID,
    SEED_SECOND_QUESTION_ID,
    SEED_THIRD_QUESTION_ID,
    SEED_TRANSCRIPT,
)
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_local.running import RunningStack

TASK_FIELDS = ("trimUploadTask", "transcodeWebTask", "transcodeMobileTask", "transcribeTask")


def statuses(document: dict[str, Any] | None) -> set[str]:
    return {document[name]["status"] for name in TASK_FIELDS if document and document[name]}


def word_errors(reference: list[str], heard: list[str]) -> float:
    """Word error rate: edit distance over the length of the reference."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(reference, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (word != other))
    return row[-1] / len(reference)


def test_trimmed_mp4_becomes_a_complete_answer(
    running: RunningStack, clip: Callable[[str], Path], probe: Callable[[str], dict[str, Any]]
) -> None:
    question, source = SEED_QUESTION_ID, clip("six.mp4")
    data = running.ui.upload(source, running.body(question, trim={"start": 2.0, "end": 5.0}))
    assert [task["task_name"] for task in data["taskList"]] == [
        "transcoding-web",
        "transcoding-mobile",
        "transcribing",
        "trim-upload",
    ]
    seen: list[dict[str, Any]] = []

    def all_done() -> bool:
        document = running.document(question)
        assert document is not None, "nobody but the UI deletes the document"
        seen.append(document)
        return statuses(document) == {"DONE"}

    wait_until(all_done, seconds=60, what="all tasks DONE")
    final = seen[-1]
    assert final["originalMedia"]["url"].endswith("original.mp4")
    assert final["webMedia"]["tag"] == "web"
    assert final["mobileMedia"]["tag"] == "mobile"
    assert final["vttMedia"]["type"] == "subtitles"
    running.ui.delete_task(running.endpoints["mentor"], question)

    answer = running.answer(question)
    assert answer is not None
    assert answer["webMedia"]["url"] == final["webMedia"]["url"]
    assert answer["webMedia"]["transparentVideoUrl"] == ""
    assert answer["webMedia"]["duration"] == pytest.approx(3000, abs=100)
    assert (
        answer["webMedia"]["hash"]
        == hashlib.sha1(source.read_bytes(), usedforsecurity=False).hexdigest()
    )
    web, mobile = probe(answer["webMedia"]["url"]), probe(answer["mobileMedia"]["url"])
    assert web["duration"] == pytest.approx(3.0, abs=0.1)
    assert mobile["duration"] == pytest.approx(3.0, abs=0.1)
    assert web["video"]["codec_name"] == "h264"
    assert web["video"]["pix_fmt"] == "yuv420p"
    assert web["audio"]["codec_name"] == "aac"
    assert (mobile["video"]["width"], mobile["video"]["height"]) == (480, 480)
    assert probe(final["originalMedia"]["url"])["duration"] == pytest.approx(6.0, abs=0.1)


def test_vp8_webm_labelled_mp4_is_trimmed(
    running: RunningStack, clip: Callable[[str], Path], probe: Callable[[str], dict[str, Any]]
) -> None:
    body = running.body(SEED_SECOND_QUESTION_ID, trim={"start": 2.0, "end": 5.0})
    data = running.ui.upload(clip("webm-labelled.mp4"), body)
    status = running.finish(data["upload_id"])
    assert status["state"] == "READY"
    assert status["urls"]["original"].endswith("original.webm")
    assert probe(status["urls"]["web"])["duration"] == pytest.approx(3.0, abs=0.1)
    assert probe(status["urls"]["mobile"])["duration"] == pytest.approx(3.0, abs=0.1)


def test_speech_becomes_transcript_and_captions(
    running: RunningStack, clip: Callable[[str], Path], spoken_words: list[str]
) -> None:
    question = SEED_THIRD_QUESTION_ID
    data = running.ui.upload(clip("spoken.mp4"), running.body(question))
    assert running.finish(data["upload_id"])["state"] == "READY"
    answer = running.answer(question)
    assert answer is not None
    words = [normalised(word) for word in answer["markdownTranscript"].split()]
    assert word_errors(spoken_words, words) <= 0.3
    assert answer["hasEditedTranscript"] is False
    served = requests.get(answer["vttMedia"]["url"], timeout=10)
    assert served.headers["Content-Type"].startswith("text/vtt")
    assert served.text == answer["vttMedia"]["vttText"]
    said = " ".join(cue.text for cue in parse_vtt(served.text)).split()
    assert said == answer["markdownTranscript"].split()


def test_video_without_sound_is_done_with_empty_transcript(
    running: RunningStack, clip: Callable[[str], Path]
) -> None:
    question = SEED_SECOND_QUESTION_ID
    running.ui.delete_task(running.endpoints["mentor"], question)
    data = running.ui.upload(clip("silent.mp4"), running.body(question))
    status = running.finish(data["upload_id"])
    assert {task["status"] for task in status["tasks"]} == {"DONE"}
    answer = running.answer(question)
    assert answer is not None
    assert answer["markdownTranscript"] == ""


def test_idle_clip_is_done_without_transcription(
    running: RunningStack, clip: Callable[[str], Path]
) -> None:
    data = running.ui.upload(clip("silent.mp4"), running.body(SEED_IDLE_QUESTION_ID))
    status = running.finish(data["upload_id"])
    assert {task["task_name"]: task["status"] for task in status["tasks"]} == {
        "transcoding-web": "DONE",
        "transcoding-mobile": "DONE",
        "transcribing": "DONE",
    }
    assert "transcript" not in status["urls"]


def test_edited_transcript_is_kept_and_captions_follow_the_trim(
    running: RunningStack, clip: Callable[[str], Path]
) -> None:
    question = SEED_ANSWERED_QUESTION_ID
    body = running.body(question, trim={"start": 1.0, "end": 4.0}, hasEditedTranscript=True)
    data = running.ui.upload(clip("six.mp4"), body)
    assert "transcribing" not in {task["task_name"] for task in data["taskList"]}
    assert running.finish(data["upload_id"])["state"] == "READY"
    answer = running.answer(question)
    assert answer is not None
    assert answer["markdownTranscript"] == SEED_TRANSCRIPT
    cues = parse_vtt(answer["vttMedia"]["vttText"])
    assert all(0 <= cue.start < cue.end <= 3.0 for cue in cues)
    document = running.document(question)
    assert document is not None
    assert document["vttMedia"]["url"] == answer["vttMedia"]["url"]


def test_text_labelled_as_video_leaves_nothing_active(
    running: RunningStack, tmp_path: Path
) -> None:
    fake = tmp_path / "fake.mp4"
    fake.write_text("this is no video")
    form = running.ui.presign()
    running.ui.send_file(form, fake)
    refused = running.ui.post_answer(
        running.body(SEED_THIRD_QUESTION_ID, video=form["fields"]["key"])
    )
    assert refused.status_code == 400
    assert "No video found" in refused.json()["data"]["message"]


@pytest.mark.timeout(600)
def test_transcoder_killed_in_mid_encode_is_taken_over_and_ends_done(
    running: RunningStack, clip: Callable[[str], Path]
) -> None:
    question = SEED_SECOND_QUESTION_ID
    running.ui.delete_task(running.endpoints["mentor"], question)
    data = running.ui.upload(clip("long.mp4"), running.body(question))
    upload_id = data["upload_id"]

    def encoding() -> bool:
        tasks = {task["task_name"]: task for task in running.ui.status(upload_id)["tasks"]}
        return bool(tasks["transcoding-web"]["status"] == "IN_PROGRESS")

    wait_until(encoding, seconds=60, what="the transcoder to be at work")
    shown: set[str] = set()
    os.kill(running.pid("transcoder"), signal.SIGKILL)

    def finished() -> bool:
        shown.update(statuses(running.document(question)))
        return running.ui.status(upload_id)["finished_at"] is not None

    wait_until(finished, seconds=400, what="the upload to end after the kill")
    assert running.ui.status(upload_id)["state"] == "READY"
    assert "FAILED" not in shown
