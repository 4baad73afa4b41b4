"""What a sent video is refused for, and what an edited transcript needs of the answer."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from mentor_api import graphql_documents
from mentor_api.http.auth import Caller
from mentor_api.http.examples import MENTOR, QUESTION
from mentor_api.http.problems import Problem
from mentor_api.uploads.edited_transcript import EditedTranscripts, captions_of_alignment
from mentor_api.uploads.gateway import AnswerBefore, Gateway
from mentor_api.uploads.models import AnswerUpload
from mentor_api.uploads.source import Sources
from mentor_common import captions
from mentor_common.aws.storage import ObjectMissingError
from mentor_common.captions import TimedTranscript
from mentor_common.errors import DependencyDownError
from mentor_common.events import Trim
from mentor_common.graphql import GraphQLRefusedError
from mentor_common.jobs import AnswerKey, UploadRequest
from mentor_common.media import NO_VIDEO, refusal_text

MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\x00" * 64
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nOne two three four\n"
BASE = "https://static.example/"
FOLDER = f"videos/{MENTOR}/{QUESTION}/u/0"
NOTHING = AnswerBefore(
    question_is_idle=False,
    transcript=None,
    markdown_transcript=None,
    captions_url=None,
    captions=None,
)


class Objects:
    """A bucket in memory."""

    def __init__(self, **contents: bytes) -> None:
        self._contents = contents
        self.texts: dict[str, str] = {}

    def beginning(self, _bucket: str, key: str, count: int) -> tuple[Any, bytes]:
        if key not in self._contents:
            raise ObjectMissingError(key)
        content = self._contents[key]
        return SimpleNamespace(size=len(content), etag="e"), content[:count]

    def put_text(self, text: str, _bucket: str, key: str) -> None:
        self.texts[key] = text


def inspect(content: bytes | None) -> Any:
    objects: Any = Objects(**({} if content is None else {"clip": content}))
    return Sources(objects, "uploads", max_bytes=1000, form_max_bytes=500 << 20).inspect("clip")


def test_a_video_is_pinned_by_its_etag() -> None:
    source = inspect(MP4)
    assert (source.bucket, source.key, source.etag, source.size) == (
        "uploads", "clip", "e", len(MP4),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "status", "text"),
    [
        (None, 404, r"object not found: .* \(a file over 500 MB is refused: shorten it\)"),
        (MP4 * 20, 413, "video is larger than 1000 bytes; shorten it"),
        (b"", 400, re.escape(NO_VIDEO)),
        (b"nonsense", 400, re.escape(refusal_text(b"nonsense"))),
    ],
)
def test_what_is_no_video_is_refused(content: bytes | None, status: int, text: str) -> None:
    with pytest.raises(Problem, match=text) as problem:
        inspect(content)
    assert problem.value.status == status


def store(
    before: AnswerBefore,
    *,
    trim: Trim | None = None,
    timings: TimedTranscript | None = None,
    stored: dict[str, bytes] | None = None,
) -> tuple[dict[str, Any], dict[str, str]]:
    objects: Any = Objects(**(stored or {}))
    word_timings: Any = SimpleNamespace(of=lambda _: timings)
    request = UploadRequest(has_edited_transcript=True, trim=trim)
    upload = AnswerUpload(AnswerKey(MENTOR, QUESTION), "user1/clip", request)
    kept = EditedTranscripts(word_timings, objects, "static", BASE).store(upload, "u", before)
    return kept, objects.texts


def before(**fields: Any) -> AnswerBefore:
    return AnswerBefore(**{name: getattr(NOTHING, name) for name in vars(NOTHING)} | fields)


def test_without_word_timings_the_text_is_kept_to_be_aligned() -> None:
    kept, texts = store(before(transcript="my own words"))
    assert kept == {
        "words_key": None,
        "captions_key": None,
        "align_key": f"{FOLDER}/edited.txt",
        "align_language": "en",
    }
    assert texts == {f"{FOLDER}/edited.txt": "my own words"}
    for blank in (None, "", " \n"):
        assert store(before(transcript=blank))[0]["align_key"] is None
    spanish, _ = store(
        before(transcript="mis palabras", captions_url="https://static/videos/es.vtt")
    )
    assert spanish["align_language"] == "es"


def test_word_timings_and_captions_are_cut_to_the_trim() -> None:
    timings = TimedTranscript.from_json(TimedTranscript((), 4.0, {}).to_json())
    held = before(transcript="my own words", captions=VTT)
    kept, texts = store(held, trim=Trim(start=0, end=2), timings=timings)
    assert kept["align_key"] is None
    assert TimedTranscript.from_json(texts[kept["words_key"]]).duration == pytest.approx(2.0)
    (cue, *_) = captions.parse_vtt(texts[kept["captions_key"]])
    assert cue.end <= 2.0
    kept, _ = store(held, timings=timings)
    assert (kept["words_key"], kept["captions_key"]) == (f"{FOLDER}/transcript.json", None)


def test_captions_keep_the_name_of_their_language() -> None:
    spanish = before(captions=VTT, captions_url=f"https://static.example/{FOLDER}/es.vtt")
    kept, _ = store(spanish, trim=Trim(start=0, end=2))
    assert kept["captions_key"] == f"{FOLDER}/es.vtt"


def test_captions_that_nobody_can_read_stay_as_they_are() -> None:
    kept, texts = store(before(captions="nonsense"), trim=Trim(start=0, end=2))
    assert (kept["captions_key"], texts) == (None, {})
    for url in (f"{BASE}en.vtt", f"{BASE}missing.vtt", "https://elsewhere.example/en.vtt"):
        for content in (b"\xff\xfe", VTT.encode() + b" " * 2_000_000):
            held = before(captions_url=url)
            kept, texts = store(held, trim=Trim(start=0, end=2), stored={"en.vtt": content})
            assert (kept["captions_key"], texts) == (None, {})


def test_captions_whose_text_graphql_does_not_have_are_read_from_their_file() -> None:
    older = before(captions="", captions_url=f"{BASE}en.vtt")
    kept, texts = store(older, trim=Trim(start=0, end=2), stored={"en.vtt": VTT.encode()})
    (cue, *_) = captions.parse_vtt(texts[kept["captions_key"]])
    assert cue.end <= 2.0


def test_alignment_makes_captions_unless_a_persons_or_untrimmed_ones_are_shown() -> None:
    trim = Trim(start=0, end=2)
    theirs = captions.manual_captions_key(MENTOR, QUESTION, "v")
    machine = f"{FOLDER}/en.vtt"
    assert captions_of_alignment(trim, NOTHING) == "always"
    assert captions_of_alignment(None, before(captions_url=machine)) == "never"
    assert captions_of_alignment(trim, before(captions_url=theirs)) == "never"
    assert captions_of_alignment(trim, before(captions_url=machine)) == "credible"


CALLER = Caller(user="user1", role="USER", token="-", mentors=())
ANSWERED: dict[str, Any] = {
    "mentorCanEdit": True,
    "mentor": {"name": " Clint\nAnderson "},
    "question": {"name": None, "question": "Who " + "are " * 200},
    "answer": {"transcript": "words"},
}


def read(*answers: Any) -> tuple[AnswerBefore, list[str]]:
    """Read with a server that answers so, in turn; return the documents that were sent, too."""
    sent: list[str] = []

    def as_user(_token: str, document: str, _variables: dict[str, Any]) -> Any:
        sent.append(document)
        answer = answers[len(sent) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    graphql: Any = SimpleNamespace(as_user=as_user)
    return Gateway(graphql).before(CALLER, AnswerKey(MENTOR, QUESTION)), sent


def test_hints_come_with_the_answer_in_one_call_and_are_bounded() -> None:
    found, sent = read(ANSWERED)
    assert sent == [graphql_documents.BEFORE]
    assert found.hints is not None
    assert found.hints.mentor == "Clint Anderson"
    assert len(found.hints.question or "") == 300
    nothing = {"mentor": None, "question": {"name": "_IDLE_", "question": " "}}
    found, _ = read(ANSWERED | nothing)
    assert (found.hints, found.question_is_idle) == (None, True)


@pytest.mark.parametrize(
    "refused",
    [
        GraphQLRefusedError(['Cannot query field "question" on type "Question".']),
        GraphQLRefusedError(["mentor is private"], ANSWERED | {"mentor": None}),
    ],
)
def test_a_server_that_gives_no_hints_costs_no_upload(refused: GraphQLRefusedError) -> None:
    known = {"mentorCanEdit": True, "question": {"name": None}, "answer": ANSWERED["answer"]}
    found, sent = read(refused, known)
    assert sent == [graphql_documents.BEFORE, graphql_documents.BEFORE_WITHOUT_HINTS]
    assert (found.hints, found.transcript) == (None, "words")


JOB: Any = SimpleNamespace(
    answer=AnswerKey(MENTOR, QUESTION), upload_id="u", transcription="edited"
)


def create(answer: Any, **fields: Any) -> tuple[Any, dict[str, Any]]:
    sent: dict[str, Any] = {}

    def as_service(_document: str, variables: dict[str, Any]) -> Any:
        sent.update(variables)
        if isinstance(answer, Exception):
            raise answer
        return answer

    graphql: Any = SimpleNamespace(as_service=as_service)
    gateway = Gateway(graphql, "https://static.example/")
    return gateway.create_task(JOB, [], before(**fields)), sent


def test_a_task_is_created_with_all_nine_keys() -> None:
    failure, sent = create(
        {"api": {"uploadTaskUpdate": True}}, captions_url="https://static.example/videos/x.vtt"
    )
    assert failure is None
    assert len(sent["status"]) == 9
    assert sent["status"]["vttMedia"]["url"] == "videos/x.vtt"
    assert sent["status"]["transcript"] is None


@pytest.mark.parametrize(
    ("answer", "maybe_written"),
    [
        ({"api": {"uploadTaskUpdate": False}}, False),
        ({}, False),
        (GraphQLRefusedError(["no"]), False),
        (DependencyDownError("graphql", "timed out"), True),
    ],
)
def test_a_write_that_timed_out_may_have_happened(answer: Any, maybe_written: bool) -> None:
    failure, _ = create(answer)
    assert failure.maybe_written is maybe_written
    assert failure.error
