"""Two tabs of the upload UI on one answer, and one tab that asks twice.

The real web app over HTTP, the notifier over the real jobs table, S3 and GraphQL server; tabs do
what the HTTP contract (1.3, 2.1) has observed of the UI, and the tests play the workers.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import make_server

from mentor_common.clock import ManualClock
from mentor_common.jobs import SUB_TASK_FIELDS, AnswerKey, Answers, Intake, Reader
from mentor_common.work.claims import Claimant, Tasks
from mentor_local.graphql.seed import (
    SEED_ADMIN_ID,
    SEED_ANSWERED_QUESTION_ID,
    SEED_MENTOR_ID,
    SEED_OWNER_ID,
    SEED_QUESTION_ID,
)
from mentor_local.ui import UploadUI
from mentor_notifier.answers.gateway import Gateway
from mentor_notifier.answers.outcome_publisher import OutcomePublisher
from mentor_notifier.answers.ports import Pace, Ports
from mentor_notifier.answers.reconciler import Reconciler
from mentor_notifier.handlers import sweep
from serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ANSWER = AnswerKey(SEED_MENTOR_ID, SEED_QUESTION_ID)
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
NAMES = {
    "transcode": ["transcoding-web", "transcoding-mobile", "trim-upload"],
    "transcribe": ["transcribing"],
}
TRIM: dict[str, Any] = {"trim": {"start": 0.5, "end": 3.0}, "hasEditedTranscript": False}


@dataclass
class Tab:
    """The page of one question in a browser.

    ``shows`` is what the person sees: ``Queued``, ``Processing``, ``Failed`` or ``Done``.
    """

    ui: UploadUI
    folder: Path
    answer: AnswerKey = ANSWER
    shows: str | None = None
    status: int | None = None
    upload_id: str | None = None
    video: str | None = None
    retry_after: str | None = None

    def upload(self, content: bytes | None = None, **wishes: Any) -> Tab:
        """Press Upload: the form, the file, and the POST."""
        path = self.folder / uuid.uuid4().hex
        path.write_bytes(MP4 + (content or uuid.uuid4().bytes))
        form = self.ui.presign()
        self.ui.send_file(form, path)
        self.video = form["fields"]["key"]
        return self.post(**wishes)

    def post(self, **wishes: Any) -> Tab:
        """POST to ``/upload/answer``; what is not 2xx is a failure, and deletes the document."""
        about = {"mentor": self.answer.mentor, "question": self.answer.question}
        body = {**about, "video": self.video, "isVbgVideo": False, **wishes}
        response = self.ui.post_answer(body)
        self.status = response.status_code
        self.retry_after = response.headers.get("Retry-After")
        if response.ok:
            data = response.json()["data"]
            self.upload_id = data["upload_id"]
            self._see([task["status"] for task in data["taskList"]])
        else:
            self.shows = "Failed"
            self.ui.delete_task(self.answer.mentor, self.answer.question)
        return self

    def poll(self) -> str | None:
        """Poll, as every three seconds until the end; what ended is deleted."""
        if self.shows in {"Queued", "Processing"}:
            for task in self.ui.upload_tasks(self.answer.mentor):
                if task["question"]["_id"] == self.answer.question:
                    fields = SUB_TASK_FIELDS.values()
                    self._see([task[name]["status"] for name in fields if task[name]])
            if self.shows in {"Failed", "Done"}:
                self.ui.delete_task(self.answer.mentor, self.answer.question)
        return self.shows

    def _see(self, statuses: list[str]) -> None:
        if {"FAILED", "CANCELLED"} & set(statuses):
            self.shows = "Failed"
        elif set(statuses) == {"DONE"}:
            self.shows = "Done"
        else:
            self.shows = "Queued" if set(statuses) == {"QUEUED"} else "Processing"


@dataclass
class House:
    """All that two tabs need behind them, with a clock of the test's for the notifier."""

    api: Any
    url: str
    folder: Path
    reconciler: Reconciler
    answers: Answers
    clock: ManualClock
    token: Callable[..., str]
    doors: list[Any] = field(default_factory=list)

    def tab(self, user: str = SEED_OWNER_ID, answer: AnswerKey = ANSWER) -> Tab:
        """Open the page."""
        return Tab(UploadUI(self.url, self.api.graphql.url, self.token(user)), self.folder, answer)

    def look(self, upload_id: str | None, answer: AnswerKey = ANSWER) -> None:
        """The notifier hears of an upload."""
        assert upload_id
        self.reconciler.reconcile(answer, (upload_id,))

    def notifier_polls(self) -> None:
        """The notifier's next poll of what runs."""
        self.clock.advance(16)
        sweep(self.answers, self.reconciler)

    def work(self, upload_id: str | None, answer: AnswerKey = ANSWER, code: str = "") -> None:
        """Both workers do theirs, or the transcoder fails with a code; the notifier hears of it."""
        assert upload_id
        self.transcode(upload_id, answer, code)
        if not code:
            self._end(upload_id, "transcribe", answer, "")
        self.look(upload_id, answer)

    def transcode(self, upload_id: str, answer: AnswerKey = ANSWER, code: str = "") -> None:
        """The transcoder does its part."""
        self._end(upload_id, "transcode", answer, code)

    def _end(self, upload_id: str, kind: Any, answer: AnswerKey, code: str) -> None:
        tasks = Tasks(self.api.table, self.clock)
        claimant = Claimant.of_task(upload_id, kind, NAMES[kind], "test", 60)
        claimed: Any = tasks.claim(claimant)
        folder = f"videos/{answer.mentor}/{answer.question}/{upload_id}/1"
        results = {name: f"{folder}/{name}.mp4" for name in ("original", "web", "mobile")}
        if kind == "transcribe":
            results = {"transcript": f"{folder}/transcript.json", "vtt": f"{folder}/en.vtt"}
            storage, bucket = self.api.adapters.storage, self.api.settings.static_bucket
            storage.put_text(json.dumps({"text": upload_id}), bucket, results["transcript"])
            storage.put_text("WEBVTT\n", bucket, results["vtt"])
        status = "FAILED" if code else "DONE"
        subs = {name: {"status": status} for name in NAMES[kind]}
        changes = {"status": status, "names": subs, "results": {} if code else results}
        if code:
            changes |= {"code": code, "reason": "It broke."}
        tasks.finish(claimant, claimed.task, changes)

    def state(self, upload_id: str | None) -> str:
        """How an upload stands, as ``GET /uploads`` lists it."""
        listed = self.tab().ui.latest_uploads(SEED_MENTOR_ID)
        return str({one["upload_id"]: one["state"] for one in listed}[upload_id])

    @property
    def document(self) -> dict[str, Any] | None:
        """GraphQL's document of the answer."""
        return self.api.graphql.store.upload_task(*self.api.ids)  # type: ignore[no-any-return]  # the fixture is of another module

    def shown_video(self, answer: AnswerKey = ANSWER) -> str:
        """URL of the video that the answer shows."""
        shown = self.api.graphql.store.answer(answer.mentor, answer.question)
        return str(((shown or {}).get("webMedia") or {}).get("url"))


@pytest.fixture
def house(
    api: Any,
    make_token: Callable[..., str],
    tmp_path: Path,
) -> Iterator[House]:
    clock = ManualClock(float(int(time.time())))
    answers = Answers(api.table, clock)
    ports = Ports(
        answers=answers,
        reader=Reader(api.table),
        gateway=Gateway(api.graphql_client),
        storage=api.adapters.storage,
        bucket=api.settings.static_bucket,
        publisher=OutcomePublisher(api.adapters.topic),
        clock=clock,
        pace=Pace(first_look=0),
    )
    server = make_server("127.0.0.1", 0, api.client.application, threaded=True)
    with serving(server) as url:
        yield House(api, url, tmp_path, Reconciler(ports), answers, clock, make_token)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between asks: what is waited for does not come in these tests."""
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _seconds: None)


class TestOneKeyPostedSeveralTimes:
    """The same key posted several times at once is one job, and none is refused as a conflict."""

    @pytest.mark.parametrize("wishes", [{}, TRIM], ids=["recording", "trim"])
    def test_the_same_key_posted_several_times_at_once_answers_200_with_the_same_job(
        self, house: House, monkeypatch: pytest.MonkeyPatch, wishes: dict[str, Any]
    ) -> None:
        monkeypatch.setattr("mentor_api.uploads.accept._TRIES", 2000)  # on a machine that is busy
        first = house.tab()
        first.upload(trim={"start": 2, "end": 1})  # a bad wish: the file is there, nothing else
        assert first.status == 400
        tabs = [house.tab() for _ in range(8)]
        for tab in tabs:
            tab.video = first.video
        with ThreadPoolExecutor(len(tabs)) as pool:
            list(pool.map(lambda tab: tab.post(**wishes), tabs))
        assert [tab.status for tab in tabs] == [200] * 8
        assert len({tab.upload_id for tab in tabs}) == 1
        assert len(house.api.published()) == 1
        assert house.document is not None, "no tab has deleted it"
        house.work(tabs[0].upload_id)
        assert {tab.poll() for tab in tabs[:1]} == {"Done"}

    @pytest.mark.usefixtures("impatient")
    def test_a_key_whose_first_request_died_is_503_with_retry_after_until_it_is_given_up(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class DiedError(RuntimeError):
            pass

        def die(*_: Any) -> None:
            raise DiedError

        tab = house.tab()
        with monkeypatch.context() as patch:
            patch.setattr(Intake, "accept", die)
            patch.setitem(house.api.client.application.config, "PROPAGATE_EXCEPTIONS", False)
            assert tab.upload().status == 500
        assert tab.post().status == 503
        assert tab.retry_after == "5"
        house.api.sweep(ManualClock(time.time() + 61)).run()
        assert tab.post().status == 200, "an aborted upload is prepared again"

    def test_a_key_that_comes_again_is_the_same_job_in_whatever_state_it_is(
        self, house: House
    ) -> None:
        tab = house.tab().upload()
        first = tab.upload_id
        cancelled = house.api.client.delete(f"/upload/{first}", headers=house.api.headers)
        assert cancelled.status_code == 200, cancelled.text
        assert tab.post().status == 200, "while it is cancelled"
        house.look(first)
        assert house.state(first) == "CANCELLED"
        assert tab.post().status == 200
        assert tab.post(trim={"start": 0, "end": 2}).status == 200, "the first wishes count"
        for code, state in (("no_video", "FAILED"), ("", "READY")):
            tab = house.tab().upload()
            house.work(tab.upload_id, code=code)
            assert house.state(tab.upload_id) == state
            before = tab.upload_id
            assert tab.post().status == 200
            assert tab.upload_id == before
        stranger = house.tab(SEED_ADMIN_ID)
        stranger.video = tab.video
        assert stranger.post().status == 403, "a key belongs to whom it was given to"


class TestASecondTabOfTheSamePerson:
    """The newer upload takes the running one's place; neither tab waits for ever."""

    def test_a_second_tabs_recording_replaces_the_running_one_and_both_tabs_see_its_end(
        self, house: House
    ) -> None:
        one, two = house.tab().upload(), house.tab().upload()
        assert (one.status, two.status) == (200, 200)
        house.transcode(str(one.upload_id))
        house.look(one.upload_id)
        assert one.poll() == two.poll() == "Queued", "both follow the newer one"
        assert house.state(one.upload_id) == "SUPERSEDED"
        assert Reader(house.api.table).validity(str(one.upload_id), ANSWER) == "superseded"
        house.work(two.upload_id)
        assert str(two.upload_id) in house.shown_video()
        assert one.poll() == "Done"
        assert house.state(two.upload_id) == "READY"
        uploads = house.api.settings.signed_upload_bucket
        house.api.adapters.storage.head(uploads, one.video)  # the first recording is still there

    def test_the_same_file_twice_is_the_running_job_again(self, house: House) -> None:
        one, two = house.tab().upload(b"take"), house.tab().upload(b"take")
        assert two.status == 200
        assert two.upload_id == one.upload_id
        assert two.video != one.video
        assert len(house.api.published()) == 1
        house.look(one.upload_id)
        house.work(one.upload_id)
        assert house.tab().upload(b"take").upload_id != one.upload_id, "what has ended is over"

    def test_a_trim_of_what_the_answer_shows_does_not_replace_a_running_recording(
        self, house: House
    ) -> None:
        recording = house.tab().upload()
        house.look(recording.upload_id)
        trim = house.tab().upload(**TRIM)
        assert (trim.status, trim.shows) == (409, "Failed")
        assert house.document is None, "as the UI leaves it"
        house.notifier_polls()
        assert recording.poll() == "Queued"
        house.work(recording.upload_id)
        assert recording.poll() == "Done"
        assert str(recording.upload_id) in house.shown_video()

    @pytest.mark.parametrize("newer", [{}, {**TRIM, "trim": {"start": 1, "end": 4}}])
    def test_a_running_trim_is_replaced_by_a_recording_and_by_another_trim(
        self, house: House, newer: dict[str, Any]
    ) -> None:
        answer = AnswerKey(SEED_MENTOR_ID, SEED_ANSWERED_QUESTION_ID)
        trim = house.tab(answer=answer).upload(**TRIM)
        house.look(trim.upload_id, answer)
        second = house.tab(answer=answer).upload(**newer)
        assert second.status == 200
        house.look(trim.upload_id, answer)
        house.work(second.upload_id, answer)
        assert (trim.poll(), second.upload_id) == ("Done", second.upload_id)
        assert str(second.upload_id) in house.shown_video(answer)
        assert house.state(trim.upload_id) == "SUPERSEDED"

    @pytest.mark.parametrize("mode", ["errors", "apply_then_drop"])
    def test_where_graphql_refuses_the_second_the_first_goes_on_and_is_shown_again(
        self, house: House, mode: Any
    ) -> None:
        one = house.tab().upload()
        house.look(one.upload_id)
        house.api.graphql.set_fault(mode, match="uploadTaskUpdate")
        two = house.tab()
        two.upload()
        house.api.graphql.set_fault(None)
        assert (two.status, two.shows) == (503, "Failed")
        current = Reader(house.api.table).current(ANSWER)
        assert current is not None
        assert (current.upload_id, current.accepted) == (one.upload_id, True)
        house.notifier_polls()
        assert one.poll() == "Queued"
        house.work(one.upload_id)
        assert one.poll() == "Done"

    def test_an_upload_that_comes_while_another_is_being_prepared_waits_and_then_replaces_it(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        prepared, waited, accept = threading.Event(), threading.Event(), Intake.accept

        def hold(intake: Intake, *how: Any) -> Any:
            if not prepared.is_set():
                prepared.set()
                assert waited.wait(20)
            return accept(intake, *how)

        monkeypatch.setattr(Intake, "accept", hold)
        monkeypatch.setattr("tenacity.nap.time.sleep", lambda _seconds: waited.set())
        one, two = house.tab(), house.tab()
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(one.upload)
            assert prepared.wait(20)
            monkeypatch.setattr("mentor_api.uploads.accept._TRIES", 2000)
            two.upload()
            first.result()
        assert (one.status, two.status) == (200, 200)
        assert one.upload_id != two.upload_id
        current = Reader(house.api.table).current(ANSWER)
        assert current is not None
        assert current.upload_id == two.upload_id
        house.work(two.upload_id)
        assert one.poll() == "Done"

    @pytest.mark.usefixtures("impatient")
    def test_where_both_requests_come_to_nothing_the_running_upload_goes_on(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The second request's process dies, a third is told to come back: neither is lost."""
        running = house.tab().upload()
        house.look(running.upload_id)
        with monkeypatch.context() as patch:
            patch.setattr(Intake, "accept", lambda *_: 1 / 0)
            patch.setitem(house.api.client.application.config, "PROPAGATE_EXCEPTIONS", False)
            died = house.tab().upload()
        assert died.status == 500
        third = house.tab().upload()
        assert (third.status, third.retry_after) == (503, "5")
        house.api.sweep(ManualClock(time.time() + 61)).run()
        house.notifier_polls()
        assert running.poll() == "Queued"
        assert third.post().status == 200, "and the key that was told to come back is taken"
        house.work(third.upload_id)
        assert running.poll() == "Done"


class TestATabOfSomebodyElse:
    """A running upload is not replaced by another user's, and its tab is not left waiting."""

    @pytest.mark.parametrize("code", ["", "no_video"], ids=["ready", "failed"])
    def test_a_managers_upload_is_refused_and_the_mentors_tab_comes_to_its_end_all_the_same(
        self, house: House, code: str
    ) -> None:
        mentor = house.tab().upload()
        house.look(mentor.upload_id)
        manager = house.tab(SEED_ADMIN_ID).upload()
        assert (manager.status, manager.shows) == (409, "Failed")
        assert house.document is None, "the manager's UI has deleted it"
        assert mentor.poll() == "Queued", "the mentor's tab knows nothing of that"
        house.notifier_polls()
        assert house.document is not None
        house.work(mentor.upload_id, code=code)
        assert mentor.poll() == ("Failed" if code else "Done")
        assert house.document is None
        house.clock.advance(61)
        sweep(house.answers, house.reconciler)
        assert house.document is None, "what has ended is never shown again"
        assert house.tab(SEED_ADMIN_ID).upload().status == 200

    def test_a_document_deleted_just_before_the_end_is_written_with_the_end(
        self, house: House
    ) -> None:
        mentor = house.tab().upload()
        house.look(mentor.upload_id)
        house.tab(SEED_ADMIN_ID).upload()
        house.work(mentor.upload_id)
        assert mentor.poll() == "Done"
        assert house.document is None
        house.look(mentor.upload_id)
        assert house.document is None

    def test_what_is_shown_again_is_what_was_there_edited_captions_included(
        self, house: House
    ) -> None:
        answer = AnswerKey(SEED_MENTOR_ID, SEED_ANSWERED_QUESTION_ID)
        store = house.api.graphql.store
        mentor = house.tab(answer=answer).upload(hasEditedTranscript=True)
        house.look(mentor.upload_id, answer)
        kept = {*SUB_TASK_FIELDS.values(), "transcript", "webMedia", "mobileMedia", "originalMedia"}
        before = store.upload_task(answer.mentor, answer.question)
        house.tab(SEED_ADMIN_ID, answer).upload()
        assert store.upload_task(answer.mentor, answer.question) is None
        house.notifier_polls()
        again = store.upload_task(answer.mentor, answer.question)
        assert {name: again.get(name) for name in kept} == {name: before.get(name) for name in kept}
        assert again["vttMedia"]["url"].endswith(before["vttMedia"]["url"])

    def test_a_tab_that_got_no_answer_and_deleted_the_document_hides_nothing_from_the_other(
        self, house: House
    ) -> None:
        one = house.tab().upload()
        house.look(one.upload_id)
        lost = house.tab()
        lost.video, lost.shows = one.video, "Failed"  # the answer of the same request was lost
        lost.ui.delete_task(*house.api.ids)
        house.notifier_polls()
        house.work(one.upload_id)
        assert one.poll() == "Done"
