"""Captions that a person sends, and captions made anew."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import requests

from mentor_common.captions import is_manual_captions, parse_vtt
from mentor_common.clock import ManualClock
from mentor_common.jobs import AnswerKey, Answers
from mentor_common.transfers.imports import Imports
from mentor_common.work.claims import Claimant, Tasks
from mentor_local.graphql.seed import (
    SEED_ANSWERED_QUESTION_ID,
    SEED_FOREIGN_USER_ID,
    SEED_MENTOR_ID,
    SEED_QUESTION_ID,
)

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

CUE = "00:00:00.000 --> 00:00:02.500\nI grew up in a small town\n"
VALID = {
    "line feeds": f"WEBVTT\n\n{CUE}",
    "carriage returns": f"WEBVTT\n\n{CUE}".replace("\n", "\r\n"),
    "byte order mark": f"\ufeffWEBVTT\n\n{CUE}",
    "short times": "WEBVTT\n\n00:00.000 --> 00:02.500\nI grew up\n",
    "cue settings": "WEBVTT\n\n00:00:00.000 --> 00:00:02.500 align:start line:0\nI grew up\n",
    "numbered cues": f"WEBVTT\n\n1\n{CUE}\n2\n00:00:03.000 --> 00:00:04.000\nthere\n",
    "old header": f"WEBVTT FILE:\n\n{CUE}",
    "one digit of hours": "WEBVTT\n\n0:00:00.000 --> 0:00:02.500\nI grew up\n",
    "our own empty captions, as the upload UI restores them": "WEBVTT\n\n",
    "header alone": "WEBVTT",
    "comment alone": "WEBVTT\n\nNOTE nothing was said\n",
    "long video": "WEBVTT\n\n100:00:00.000 --> 100:00:02.500\nstill here\n",
}
INVALID = {
    "no header": (CUE.encode(), "Missing or incorrect header (WEBVTT)"),
    "no cue": (b"WEBVTT\n\nI grew up\n", "No timestamps found"),
    "one decimal, which browsers drop": (
        b"WEBVTT\n\n00:00:01.5 --> 00:00:02.500\nlost\n",
        "line 3: a browser cannot read these times; write 00:00:01.500",
    ),
    "no-break spaces round the arrow": (
        "WEBVTT\n\n00:00:01.000\u00a0-->\u00a000:00:02.500\nlost\n".encode(),
        "line 3: beside a time there is U+00A0 (no-break space)",
    ),
    "SRT": (b"1\n00:00:01,000 --> 00:00:02,500\nlost\n", "This is SRT"),
    "times of SRT": (
        b"WEBVTT\n\n00:00:01,000 --> 00:00:02,500\nlost\n",
        "line 3: these are SRT's times with a comma",
    ),
    "never shown": (
        b"WEBVTT\n\n00:00:03.000 --> 00:00:03.000\nx\n",
        "ends when it starts (line 3)",
    ),
    "arrow in the text": (
        b"WEBVTT\n\n00:00:01.000 --> 00:00:02.500\na --> b\n",
        "line 4: an arrow (-->) is for times alone",
    ),
    "end before start": (
        b"WEBVTT\n\n00:00:03.000 --> 00:00:02.000\nbackwards\n",
        "ends before it starts",
    ),
    "not UTF-8": ("WEBVTT\n\n00:00.000 --> 00:01.000\nGröße\n".encode("latin-1"), "UTF-8"),
    "empty": (b"", "header"),
}


def send(api: Any, raw: bytes, question: str = SEED_ANSWERED_QUESTION_ID, **more: Any) -> Any:
    fields = {"question": question, "mentor": SEED_MENTOR_ID} | more
    return api.post_form("/vtt", fields, "vtt_file", raw, "application/octet-stream")


def regenerate(api: Any, question: str = SEED_ANSWERED_QUESTION_ID) -> TestResponse:
    answer: TestResponse = api.client.post(
        "/regen_vtt",
        data=json.dumps({"mentor": SEED_MENTOR_ID, "question": question}).encode(),
        headers=api.headers | {"Content-Type": "application/x-www-form-urlencoded"},
    )
    return answer


def stored(api: Any) -> list[str]:
    bucket = api.settings.static_bucket
    found = api.cloud.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    return [each["Key"] for each in found]


def edit(api: Any, transcript: str, **media: Any) -> None:
    where = {"mentor": SEED_MENTOR_ID, "question": SEED_ANSWERED_QUESTION_ID}
    api.graphql.store.change("answers", where, {"transcript": transcript} | media)


def heard(api: Any, text: str, duration: float, language: str = "en-US") -> None:
    """Make the answer show an upload whose words were heard, one a second."""
    words = [
        {"text": word, "start": 1.0 + i, "end": 1.6 + i, "confidence": 0.9}
        for i, word in enumerate(text.split())
    ]
    document = {"version": 1, "language": language, "duration": duration, "text": text}
    document["words"] = words
    clock = ManualClock(time.time())
    key = AnswerKey(SEED_MENTOR_ID, SEED_ANSWERED_QUESTION_ID)
    upload_id = api.post(question=key.question).get_json()["data"]["upload_id"]
    path = f"videos/{key.mentor}/{key.question}/{upload_id}/1/transcript.json"
    bucket = api.settings.static_bucket
    api.cloud.client("s3").put_object(Bucket=bucket, Key=path, Body=json.dumps(document))
    tasks = Tasks(api.table, clock)
    claimant = Claimant.of_task(upload_id, "transcribe", ["transcribing"], "test", 60)
    claimed = tasks.claim(claimant)
    tasks.finish(claimant, claimed.task, {"status": "DONE", "results": {"transcript": path}})  # type: ignore[union-attr]  # a fresh task is claimed
    answers = Answers(api.table, clock)
    lease = answers.acquire(key, (upload_id,))
    assert lease is not None
    answers.record(lease, switched=f"{upload_id}/1.1")


def test_valid_captions_of_every_form_are_stored_and_echoed(api: Any) -> None:
    urls = []
    for what, text in VALID.items():
        answer = send(api, text.encode())
        assert answer.status_code == 200, (what, answer.text)
        data = answer.get_json()["data"]["data"]
        assert data["vtt_text"] == text.removeprefix("\ufeff").replace("\r\n", "\n")
        served = requests.get(data["vtt_path"], timeout=10)
        assert served.headers["Content-Type"].startswith("text/vtt")
        assert served.content.decode() == data["vtt_text"]
        shown = api.graphql.store.answer(SEED_MENTOR_ID, SEED_ANSWERED_QUESTION_ID)
        assert shown["vttMedia"]["vttText"] == data["vtt_text"]
        assert data["vtt_path"].endswith(shown["vttMedia"]["url"])
        assert is_manual_captions(data["vtt_path"]), "so that the notifier leaves them alone"
        urls.append(data["vtt_path"])
    assert len(set(urls)) == len(VALID)
    s3, bucket = api.cloud.client("s3"), api.settings.static_bucket
    tagged = [k for k in stored(api) if s3.get_object_tagging(Bucket=bucket, Key=k)["TagSet"]]
    base = api.settings.static_url_base
    assert {base + key for key in tagged} == set(urls[:-1]), "only the last one is still needed"


@pytest.mark.parametrize("named_by", ["nothing", "upload task", "imported mentor"])
def test_former_captions_that_are_still_named_elsewhere_are_not_tagged(
    api: Any, named_by: str
) -> None:
    key = AnswerKey(SEED_MENTOR_ID, SEED_ANSWERED_QUESTION_ID)
    first = send(api, VALID["line feeds"].encode()).get_json()["data"]["data"]["vtt_path"]
    former = first.removeprefix(api.settings.static_url_base)
    if named_by == "upload task":
        assert api.post(question=key.question, hasEditedTranscript=True).status_code == 200
        task = api.graphql.store.upload_task(key.mentor, key.question)
        assert task["vttMedia"]["url"].endswith(former), "as long as the upload has made no other"
    elif named_by == "imported mentor":
        Imports(api.table, ManualClock(time.time()), 60).mark_shared(key, {former})
    assert send(api, VALID["short times"].encode()).status_code == 200
    bucket = api.settings.static_bucket
    tags = api.cloud.client("s3").get_object_tagging(Bucket=bucket, Key=former)["TagSet"]
    assert bool(tags) == (named_by == "nothing")


def test_what_is_refused_changes_nothing(api: Any, make_token: Any) -> None:
    for what, (raw, message) in INVALID.items():
        answer = send(api, raw)
        assert answer.status_code == 400, what
        data = answer.get_json()["data"]
        assert data["error"] == "VTT File Validation Failed"
        assert message in data["message"]
    good = VALID["line feeds"].encode()
    assert send(api, good, SEED_QUESTION_ID).status_code == 404, "a question without answer"
    assert send(api, good, mentor="a/b").status_code == 400
    assert send(api, good + b"\n" * 2_000_000).status_code == 413
    assert send(api, b"\n" * 9_000_000).status_code == 413
    api.token = make_token(SEED_FOREIGN_USER_ID)
    assert send(api, b"not even captions").status_code == 403, "permission before work"
    assert stored(api) == []


def test_captions_of_50_users_at_once_never_mix(api: Any) -> None:
    def upload(number: int) -> tuple[str, Any]:
        text = f"WEBVTT\n\n00:00:00.000 --> 00:00:02.500\nuser {number} says {number * 7}\n"
        return text, send(api, text.encode())

    with ThreadPoolExecutor(50) as pool:
        for text, answer in pool.map(upload, range(50)):
            data = answer.get_json()["data"]["data"]
            assert data["vtt_text"] == text
            assert requests.get(data["vtt_path"], timeout=10).text == text


def test_changed_words_are_fitted_between_words_that_keep_their_times(api: Any) -> None:
    heard(api, "I grew up in a small town near the sea", 14.0)
    edit(api, "I grew up in a **tiny** village near the sea, and always wanted to fly.")
    answer = regenerate(api)
    assert answer.status_code == 200, answer.text
    data = answer.get_json()["data"]
    assert data["regen_vtt"] is True
    assert requests.get(data["new_vtt_url"], timeout=10).text == data["new_vtt_text"]
    cues = parse_vtt(data["new_vtt_text"])
    said = " ".join(" ".join(cue.text for cue in cues).split())
    assert said == "I grew up in a tiny village near the sea, and always wanted to fly."
    assert cues[0].start == 1.0, "the first word keeps its time"
    assert all(cue.end <= after.start for cue, after in pairwise(cues))
    assert all(0 <= cue.start < cue.end <= 14.0 for cue in cues)
    shown = api.graphql.store.answer(SEED_MENTOR_ID, SEED_ANSWERED_QUESTION_ID)
    assert shown["vttMedia"]["vttText"] == data["new_vtt_text"]
    assert send(api, data["new_vtt_text"].encode()).status_code == 200, "/vtt takes our own"


def test_lines_end_by_the_grammar_of_the_language_that_was_heard(api: Any) -> None:
    heard(api, "はい", 6.0, "ja-JP")
    edit(api, "東京の会社で10年間ソフトウェアを開発していました。")
    (cue,) = parse_vtt(regenerate(api).get_json()["data"]["new_vtt_text"])
    assert cue.text == "東京の会社で10年間ソフトウェアを\n開発していました。"


def test_text_added_where_nobody_paused_is_still_shown(api: Any) -> None:
    heard(api, "we went home", 6.0)
    added = " ".join(["and then something quite unexpected happened to all of us"] * 4)
    edit(api, f"we {added} went home")
    cues = parse_vtt(regenerate(api).get_json()["data"]["new_vtt_text"])
    assert min(cue.end - cue.start for cue in cues) >= 0.2
    assert " ".join(" ".join(cue.text for cue in cues).split()) == f"we {added} went home"


def read(api: Any) -> dict[str, Any]:
    where = {"mentor": SEED_MENTOR_ID, "question": SEED_ANSWERED_QUESTION_ID}
    answer = api.client.get("/transcript", query_string=where, headers=api.headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json()["data"])


def save(api: Any, version: str, vtt: str) -> TestResponse:
    where = {"mentor": SEED_MENTOR_ID, "question": SEED_ANSWERED_QUESTION_ID}
    body = where | {"version": version, "vtt_text": vtt}
    answer: TestResponse = api.client.post("/transcript", json=body, headers=api.headers)
    return answer


def said(*lines: str) -> str:
    cues = (f"00:0{n}.000 --> 00:0{n + 1}.000\n{line}\n" for n, line in enumerate(lines))
    return "WEBVTT\n\n" + "\n".join(cues)


def test_captions_and_transcript_are_stored_as_one_change(api: Any) -> None:
    edit(api, "I grew up in a **tiny** town.\n\nThen I left.", hasEditedTranscript=False)
    seen = read(api)
    assert seen["transcript"] == "I grew up in a tiny town.\n\nThen I left."
    assert not seen["edited"]
    assert not seen["agrees"]
    vtt = said("I grew up\nin a tiny village.", "Then I left.")
    saved = save(api, seen["version"], vtt)
    assert saved.status_code == 200, saved.text
    now = saved.get_json()["data"]
    assert now == read(api)
    assert now["agrees"]
    assert now["vtt_text"] == vtt == requests.get(now["vtt_path"], timeout=10).text
    assert is_manual_captions(now["vtt_path"]), "so that the notifier leaves them alone"
    shown = api.graphql.store.answer(SEED_MENTOR_ID, SEED_ANSWERED_QUESTION_ID)
    assert shown["transcript"] == "I grew up in a **tiny** village.\n\nThen I left."
    assert shown["hasEditedTranscript"] is True, "so that an upload keeps it"
    assert (shown["vttMedia"]["vttText"], shown["vttMedia"]["tag"]) == (vtt, "en")
    assert save(api, seen["version"], vtt).get_json()["data"] == now, "the same again"
    assert len(stored(api)) == 1


def test_moved_times_alone_make_no_edited_transcript(api: Any) -> None:
    edit(api, "I left.", hasEditedTranscript=False)
    saved = save(api, read(api)["version"], said("", "I left.")).get_json()["data"]
    assert (saved["transcript"], saved["edited"]) == ("I left.", False)


def test_what_somebody_changed_meanwhile_is_not_overwritten(api: Any) -> None:
    edit(api, "I left.")
    seen = read(api)
    for change in (
        lambda: edit(api, "I left by train."),
        lambda: send(api, VALID["short times"].encode()),
    ):
        change()
        answer = save(api, seen["version"], said("I stayed."))
        assert answer.status_code == 409
        assert "somebody changed this text" in answer.get_json()["data"]["message"]
        seen = read(api)
        assert seen["transcript"] == "I left by train."
    assert save(api, seen["version"], said("I stayed.")).status_code == 200


def test_both_are_stored_or_neither_and_the_same_again_stores_both(api: Any) -> None:
    edit(api, "I left.")
    seen = read(api)
    api.graphql.set_fault("down", match="updateAnswers")
    assert save(api, seen["version"], said("I stayed.")).status_code == 503
    assert read(api) == seen
    api.graphql.set_fault("apply_then_drop", match="updateAnswers")
    assert save(api, seen["version"], said("I stayed.")).status_code == 503
    api.graphql.set_fault(None)
    applied = read(api)
    assert (applied["transcript"], applied["vtt_text"]) == ("I stayed.", said("I stayed."))
    assert save(api, seen["version"], said("I stayed.")).get_json()["data"] == applied


def test_what_is_no_transcript_is_refused(api: Any, make_token: Any) -> None:
    version = read(api)["version"]
    for vtt, status in (
        ("no captions", 400),
        (f"WEBVTT\n\n00:00.000 --> 00:01.000\n{chr(0xD800)}\n", 400),
        (said("long " * 250_000), 413),
    ):
        assert save(api, version, vtt).status_code == status
    none = {"mentor": SEED_MENTOR_ID, "question": SEED_QUESTION_ID}
    unanswered = api.client.get("/transcript", query_string=none, headers=api.headers)
    assert unanswered.status_code == 404
    api.token = make_token(SEED_FOREIGN_USER_ID)
    assert save(api, version, said("mine")).status_code == 403
    assert stored(api) == []


def test_without_word_timings_an_even_spread_and_no_url_is_opened(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    resolve = socket.getaddrinfo

    def note(host: Any, *more: Any, **named: Any) -> Any:
        asked.append(str(host))
        return resolve(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", note)
    internal = {"type": "video", "tag": "web", "url": "http://169.254.169.254/latest/"}
    edit(api, "word " * 60, webMedia={**internal, "duration": 30_000.0})
    answer = regenerate(api)
    assert answer.status_code == 200
    assert "169.254.169.254" not in asked
    cues = parse_vtt(answer.get_json()["data"]["new_vtt_text"])
    assert cues[0].start == 0.0
    assert cues[-1].end == pytest.approx(30.0, abs=0.01)
    words = [word for cue in cues for word in cue.text.split()]
    assert len(words) == 60


def test_an_empty_transcript_gives_empty_valid_captions(api: Any) -> None:
    edit(api, "")
    data = regenerate(api).get_json()["data"]
    assert data["regen_vtt"] is True
    assert data["new_vtt_text"].startswith("WEBVTT")
    assert parse_vtt(data["new_vtt_text"]) == []


def test_refusals(api: Any, make_token: Any) -> None:
    assert regenerate(api, SEED_QUESTION_ID).status_code == 404
    edit(api, ("word" * 20 + " ") * 20_000)  # long words: what counts is the size
    assert regenerate(api).status_code == 413
    for body, message in (
        ({}, "mentor parameter missing"),
        ({"mentor": SEED_MENTOR_ID}, "question parameter missing"),
        ({"mentor": "../../x", "question": SEED_QUESTION_ID}, "24 hexadecimal"),
    ):
        answer = api.client.post("/regen_vtt", data=json.dumps(body), headers=api.headers)
        assert answer.status_code == 400
        assert message in answer.get_json()["data"]["message"]
    api.token = make_token(SEED_FOREIGN_USER_ID)
    assert regenerate(api).status_code == 403
    assert stored(api) == []


def shown_cut(api: Any, start: float, end: float) -> list[str]:
    """Upload the answer trimmed again, its transcript edited; return the words of its captions."""
    body = {"question": SEED_ANSWERED_QUESTION_ID, "hasEditedTranscript": True}
    upload_id = api.post(**body, trim={"start": start, "end": end}).get_json()["data"]["upload_id"]
    job = api.adapters.reader.upload(upload_id).job
    storage, bucket = api.adapters.storage, api.settings.static_bucket
    cues = parse_vtt(storage.get_text(bucket, job.captions_key))
    return [word for cue in cues for word in cue.text.split()]


def test_regenerated_captions_are_cut_to_the_trim_by_word(api: Any) -> None:
    heard(api, "zero one two three four five six", 10.0)
    edit(api, "zero one two and three four five six")
    assert regenerate(api).status_code == 200
    assert shown_cut(api, 2.8, 6.0) == ["two", "and", "three", "four"]
    shown = api.graphql.store.answer(SEED_MENTOR_ID, SEED_ANSWERED_QUESTION_ID)
    assert shown["transcript"] == "zero one two and three four five six", "as the person wrote it"


def test_captions_by_hand_are_cut_to_the_trim_by_word_where_it_was_heard(api: Any) -> None:
    heard(api, "zero one two three four five six", 10.0)
    sent = (
        "WEBVTT\n\n00:01.000 --> 00:05.000\nZero, one,\ntwo, three!\n\n00:05.000 --> 00:09.000\nX\n"
    )
    assert send(api, sent.encode()).status_code == 200
    assert shown_cut(api, 2.8, 8.0) == ["two,", "three!", "X"]


def test_captions_without_word_timings_are_cut_to_the_trim_by_cue(api: Any) -> None:
    sent = "WEBVTT\n\n00:01.000 --> 00:05.000\nzero one two\n\n00:06.000 --> 00:09.000\nX\n"
    assert send(api, sent.encode()).status_code == 200
    assert shown_cut(api, 2.8, 5.5) == ["zero", "one", "two"]


def test_word_timings_are_cut_to_the_trim_of_an_edited_transcript(api: Any) -> None:
    heard(api, "zero one two three four five six", 10.0)
    body = {
        "question": SEED_ANSWERED_QUESTION_ID,
        "hasEditedTranscript": True,
        "trim": {"start": 2.8, "end": 6.0},
    }
    upload_id = api.post(**body).get_json()["data"]["upload_id"]
    job = api.adapters.reader.upload(upload_id).job
    timings = json.loads(api.adapters.storage.get_text(api.settings.static_bucket, job.words_key))
    assert timings["duration"] == pytest.approx(3.2)
    assert [(w["text"], w["start"]) for w in timings["words"]] == [
        ("two", 0.2),
        ("three", 1.2),
        ("four", 2.2),
    ]
    assert timings["version"] == 1
    assert job.align_key is None, "what was heard needs no alignment"
