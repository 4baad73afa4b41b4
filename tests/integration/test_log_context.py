"""What a web process's lines say of a request, and that none says it of another."""

from __future__ import annotations

import json
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars
from structlog.testing import capture_logs

from mentor_api.uploads.streaming import Snapshot, Streams
from mentor_common.jobs import upload_id_of
from mentor_common.telemetry import error_reports
from mentor_local.graphql.seed import SEED_OWNER_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

_IDS = {"user", "mentor", "question", "upload_id", "transfer_id"}


def lines_of(call: Callable[[], object]) -> list[dict[str, Any]]:
    """Return the lines about requests that ``call`` brought about."""
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        call()
    return [dict(line) for line in lines if line["event"] == "request"]


def test_a_line_says_what_was_known_when_the_request_ended(api: Any) -> None:
    key = api.put()

    def calls() -> None:
        assert api.post(video=key).status_code == 200
        api.client.get(f"/upload/status/{upload_id_of(key)}", headers=api.headers)
        api.client.get(f"/upload/status/{'x' * 5000}", headers=api.headers)
        api.client.get("/uploads", headers={"Authorization": "bearer nonsense"})
        api.client.get("/nowhere")

    accepted, looked, nonsense, refused, nowhere = lines_of(calls)
    upload = {
        "user": SEED_OWNER_ID,
        "mentor": api.answer.mentor,
        "question": api.answer.question,
        "upload_id": upload_id_of(key),
    }
    assert upload.items() <= accepted.items()
    assert (accepted["method"], accepted["route"]) == ("POST", "/upload/answer")
    assert upload.items() <= looked.items()
    assert looked["route"] == "/upload/status/<upload_id>"
    assert "upload_id" not in nonsense, "what is no id is bound to nothing"
    assert not _IDS & set(refused)
    assert (nowhere["route"], nowhere["status"]) == ("none", 404)
    assert get_contextvars() == {}


def test_of_a_pages_files_those_that_are_missing_are_logged_alone(
    make_api: Callable[..., Any],
) -> None:
    client = make_api(STUDIO_ENABLED="true").client

    def calls() -> None:
        for path in ("/studio", "/studio/main.js", "/studio/takes/takes.js", "/studio/lost.js"):
            client.get(path)

    page, lost = lines_of(calls)
    assert (page["path"], page["status"]) == ("/studio", 200)
    assert (lost["path"], lost["status"]) == ("/studio/lost.js", 404)


def test_requests_at_once_in_threads_that_are_used_again_never_mix(
    api: Any, make_token: Callable[..., str]
) -> None:
    """Gunicorn's threads live as long as the process, and so does what is bound to them."""
    app = api.client.application
    meet = threading.Barrier(4, timeout=30)
    left: list[dict[str, Any]] = []

    def call(number: int) -> None:
        if number % 4 != 3:
            bind_contextvars(mentor="of the request before")
            user, mentor = f"user-{number:03}", secrets.token_hex(12)
            headers = {"Authorization": f"bearer {make_token(user)}"}
            body = {"mentor": mentor, "question": f"{number:024x}", "video": f"{user}/clip"}
        else:
            headers, body = {}, {}
        meet.wait()
        app.test_client().post("/upload/answer", data=json.dumps(body), headers=headers)
        left.append(get_contextvars())

    def calls() -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(call, range(40)))

    lines = lines_of(calls)
    assert (len(lines), len(left)) == (40, 40)
    assert [bound for bound in left if bound] == [], "nothing stays in the thread"
    strangers = [line for line in lines if "user" not in line]
    assert len(strangers) == 10
    assert [line for line in strangers if _IDS & set(line)] == []
    for line in lines:
        if "user" in line:
            assert int(line["question"], 16) == int(line["user"].removeprefix("user-"))
            assert line["mentor"] != "of the request before"
    assert len({line["user"] for line in lines if "user" in line}) == 30


def test_a_stream_goes_on_under_its_requests_names_and_leaves_nothing_in_the_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reported: list[dict[str, Any]] = []
    monkeypatch.setattr(
        error_reports, "report", lambda *_, **__: reported.append(get_contextvars())
    )
    monkeypatch.setattr("mentor_api.uploads.streaming._TICK_SECONDS", 0.01)
    seen: list[dict[str, Any]] = []

    def look() -> Snapshot:
        bind_contextvars(mentor="m")
        seen.append(get_contextvars())
        if len(seen) == 3:
            raise ValueError("a defect while the answer is under way")
        return Snapshot(id=str(len(seen)), body={}, final=False)

    clear_contextvars()
    bind_contextvars(user="u", upload_id="x")
    response = Streams(most=1, seconds=60).open("x", look, None)
    clear_contextvars()  # as the request's end does
    said = [text.splitlines()[1] for text in response.response if isinstance(text, str)]
    response.close()
    names = {"user": "u", "upload_id": "x"}
    assert said == ["event: status"] * 2
    assert seen == [names | {"mentor": "m"}] * 3
    assert reported == [names | {"mentor": "m"}]
    assert get_contextvars() == {}
