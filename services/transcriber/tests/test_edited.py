"""An edited transcript without word timings: its words are found in the sound."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.aws import clients
from mentor_common.aws.storage import Storage
from mentor_common.captions import parse_vtt
from mentor_common.events import AlignmentRequested, SourceObject, Trim
from mentor_common.media import Limits, Tools
from mentor_common.work.result import WorkDone
from mentor_common.work.upload_work import Assignment
from mentor_transcriber.edited import Aligner
from mentor_transcriber.handlers import Workspace
from mentor_transcriber.settings import TranscriberSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_common.events import AlignedCaptions
    from mentor_common.jobs import AnswerKey

SAID = "When I was a student I did not know what I wanted to do."
WRONG = "A good teacher helped me find work that I love because the ocean is deep and blue."
UPLOAD = "7a0cb5e5-91ab-53c9-bf6e-2e34b3f95dd8"


async def never(_assignment: Assignment) -> WorkDone:
    raise AssertionError("the transcript of an edited upload was heard anew")


@dataclass
class Room:
    """An aligner with storage, and what it left there."""

    storage: Storage
    settings: TranscriberSettings
    answer: AnswerKey
    scratch: Path

    def align(
        self,
        film: Path,
        text: str,
        captions: AlignedCaptions,
        trim: Trim | None = None,
        language: str | None = None,
    ) -> WorkDone:
        """Align a text with a film as the worker does."""
        static, uploads = self.settings.static_bucket, self.settings.signed_upload_bucket
        folder = f"videos/{self.answer.mentor}/{self.answer.question}/{UPLOAD}"
        self.storage.put_text(text, static, f"{folder}/0/edited.txt")
        self.storage.upload(film, uploads, "user1/film")
        head = self.storage.head(uploads, "user1/film")
        upload = AlignmentRequested(
            upload_id=UPLOAD,
            mentor=self.answer.mentor,
            question=self.answer.question,
            source=SourceObject(bucket=uploads, key="user1/film", etag=head.etag, size=head.size),
            trim=trim,
            align_key=f"{folder}/0/edited.txt",
            align_captions=captions,
            align_language=language,
        )
        workspace = Workspace(self.storage, static, self.scratch, Tools(), Limits())
        assignment = Assignment(upload, f"{folder}/1", [], lambda _: None)
        done = asyncio.run(Aligner(workspace, never)(assignment))
        assert isinstance(done, WorkDone)
        return done

    def text(self, key: str) -> str:
        """Return a stored result."""
        return self.storage.get_text(self.settings.static_bucket, key)


@pytest.fixture
def room(
    cloud: Any, answer_key: AnswerKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Room:
    for name, value in cloud.environment("transcriber").items():
        monkeypatch.setenv(name, value)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    storage = Storage(clients.client("s3", "us-east-1"))
    return Room(storage, TranscriberSettings(), answer_key, scratch)


@pytest.mark.usefixtures("pocketsphinx")
def test_words_are_found_in_all_of_the_video_and_cut_to_the_trim(
    room: Room, speak: Callable[[str], Path], film: Callable[..., Path]
) -> None:
    video = film("answer.mp4", seconds=4, sound=speak(SAID))
    whole = room.align(video, SAID, "never")
    assert set(whole.results) == {"transcript"}, "captions that are to stay are not made"
    heard = json.loads(room.text(whole.results["transcript"]))
    assert heard["text"] == SAID
    (know,) = (word for word in heard["words"] if word["text"] == "know")

    cut = room.align(video, SAID, "credible", Trim(start=know["start"] - 0.05, end=4))
    assert set(cut.results) == {"transcript", "vtt"}
    heard = json.loads(room.text(cut.results["transcript"]))
    assert heard["text"] == "know what I wanted to do."
    assert heard["words"][0]["start"] == pytest.approx(0.05, abs=0.01)
    assert heard["duration"] == pytest.approx(4.05 - know["start"], abs=0.1)
    cues = parse_vtt(room.text(cut.results["vtt"]))
    assert " ".join(" ".join(cue.text.split()) for cue in cues) == heard["text"]
    assert all(cue.end <= heard["duration"] for cue in cues)


@pytest.mark.usefixtures("pocketsphinx")
def test_a_text_of_another_language_is_not_pronounced_as_english(
    room: Room, speak: Callable[[str], Path], film: Callable[..., Path]
) -> None:
    """The words are those of the sound: as English they would be found."""
    video = film("answer.mp4", seconds=4, sound=speak(SAID))
    assert room.align(video, SAID, "credible", language="es").results == {}
    spread = room.align(video, SAID, "always", language="es")
    assert [key.rpartition("/")[2] for key in spread.results.values()] == ["es.vtt"]


@pytest.mark.usefixtures("pocketsphinx")
def test_what_cannot_be_aligned_fails_nothing(
    room: Room, speak: Callable[[str], Path], film: Callable[..., Path], tmp_path: Path
) -> None:
    video = film("answer.mp4", seconds=4, sound=speak(SAID))
    assert (room.align(video, WRONG, "credible")).results == {}
    spread = room.align(video, WRONG, "always")
    assert set(spread.results) == {"vtt"}, "times that nobody heard are no word timings"
    cues = parse_vtt(room.text(spread.results["vtt"]))
    assert " ".join(" ".join(cue.text.split()) for cue in cues) == WRONG
    assert (room.align(film("mute.mp4", seconds=2), SAID, "credible")).results == {}
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(video.read_bytes()[:600])
    done = room.align(broken, SAID, "always")
    assert (done.results, done.failures) == ({}, {})
