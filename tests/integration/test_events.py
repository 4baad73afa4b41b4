"""Watching an upload by server-sent events, and that watching starves no other request."""

from __future__ import annotations

import json
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

WATCHERS = 100


def parse(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return ``(event, data)`` of each event in a stream."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")
        )
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_a_stream_tells_the_status_once_and_goes_on_where_it_was(
    make_api: Callable[..., Any],
) -> None:
    api = make_api(EVENTS_MAX_SECONDS="0.01")
    upload_id = api.post().get_json()["data"]["upload_id"]
    path = f"/upload/status/{upload_id}"
    answer = api.client.get(f"{path}/events", headers=api.headers)
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    ((event, data),) = parse(answer.text)
    assert (event, data["state"]) == ("status", "QUEUED")
    polled = api.client.get(path, headers=api.headers)
    assert data == polled.get_json()["data"]
    again = {"Last-Event-ID": polled.headers["ETag"]}
    assert parse(api.client.get(f"{path}/events", headers=api.headers | again).text) == []
    api.client.delete(f"/upload/{upload_id}", headers=api.headers)
    changed = api.client.get(f"{path}/events", headers=api.headers | again).text
    assert parse(changed)[0][1]["state"] == "CANCELLING"


def test_a_stream_ends_with_the_upload(make_api: Callable[..., Any]) -> None:
    api = make_api(EVENTS_MAX_SECONDS="3600")
    upload_id = api.post().get_json()["data"]["upload_id"]
    api.give_up(upload_id, code="too_short")
    text = api.client.get(f"/upload/status/{upload_id}/events", headers=api.headers).text
    assert [event for event, _ in parse(text)] == ["over"]


def test_without_a_place_the_answer_says_to_poll(make_api: Callable[..., Any]) -> None:
    api = make_api(EVENTS_MAX_STREAMS="1")
    upload_id = api.post().get_json()["data"]["upload_id"]
    path = f"/upload/status/{upload_id}/events"
    first = api.client.get(path, headers=api.headers, buffered=False)
    refused = api.client.get(path, headers=api.headers)
    assert refused.status_code == 503
    assert "every few seconds" in refused.get_json()["data"]["message"]
    first.close()
    api.client.get(path, headers=api.headers, buffered=False).close()


def test_a_hundred_watchers_starve_nobody_and_end_with_the_process(
    api: Any, start_web: Callable[..., tuple[str, subprocess.Popen[bytes]]]
) -> None:
    url, process = start_web(EVENTS_MAX_SECONDS="3600", EVENTS_MAX_STREAMS="4")
    upload_id = api.post().get_json()["data"]["upload_id"]
    events = f"{url}/upload/status/{upload_id}/events"
    watching = threading.Semaphore(0)

    def watch(_: int) -> int:
        with requests.get(events, headers=api.headers, stream=True, timeout=60) as answer:
            watching.release()
            for _line in answer.iter_lines():
                pass
            return answer.status_code

    with ThreadPoolExecutor(WATCHERS) as pool:
        statuses = [pool.submit(watch, number) for number in range(WATCHERS)]
        for _ in range(WATCHERS):
            assert watching.acquire(timeout=60)
        polled = requests.get(f"{url}/upload/status/{upload_id}", headers=api.headers, timeout=30)
        assert polled.status_code == 200
        assert sum(not status.done() for status in statuses) >= 4, "streams are still open"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0, "streams end when the process is asked to stop"
        counts = [status.result() for status in statuses]
    assert counts.count(200) == 4, "as many as there are places"
    assert counts.count(503) == WATCHERS - 4
