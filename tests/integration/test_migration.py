"""Rehearsal of docs/migrate.md: the old service's bucket and answers, before, during and after.

The bucket, its CDN (here the bucket itself) and GraphQL are there first, with answers that the old
service made: fixed keys, relative URLs. The new stack is provisioned on that bucket, and all its
processes run with the keys of its roles. Whatever an answer names has to play at every moment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from mentor_common.captions import parse_vtt
from mentor_common.jobs import Table
from mentor_local.graphql.seed import SEED_OWNER_ID
from mentor_local.process import http_status
from mentor_local.provision import client, provision, service_environment
from mentor_local.ui import UploadUI
from mentor_local.waiting import wait_until
from module_processes import Processes
from real_workers import RealWorkers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mentor_common.graphql import GraphQLClient
    from mentor_local.graphql.server import GraphQLServer

BUCKET = "careerfair-static"
TRANSCRIPT = "I build boats by the river."
VTT = """WEBVTT

00:00:00.000 --> 00:00:02.000
I build boats

00:00:02.000 --> 00:00:04.000
by the river.
"""
CUT = [(0.0, 1.0, "I build boats"), (1.0, 2.0, "by the river.")]
"""The captions of what the trim keeps, from the first second to the third."""
ANSWER = """query Answer($mentor: ID!, $question: ID!) {
  answer(mentor: $mentor, question: $question) {
    webMedia { url } mobileMedia { url } vttMedia { url vttText } markdownTranscript
  }
}"""
UPLOAD = """mutation Old($mentor: ID!, $question: ID!, $answer: UploadAnswerType!) {
  api { uploadAnswer(mentorId: $mentor, questionId: $question, answer: $answer) }
}"""


@dataclass
class OldService:
    """What the serverless service leaves: objects under fixed keys, and answers that name them."""

    s3: Any
    graphql: GraphQLClient
    mentor: str

    def upload(self, question: str, video: bytes, *, vtt_text: str | None = VTT) -> None:
        """Make or remake an answer; ``vtt_text`` is ``None`` as in answers of its first years."""
        prefix = f"videos/{self.mentor}/{question}"
        for name in ("original", "web", "mobile"):
            self._put(f"{prefix}/{name}.mp4", video, "video/mp4")
        self._put(f"{prefix}/en.vtt", VTT.encode(), "text/vtt")
        media: dict[str, Any] = {
            f"{tag}Media": {"type": "video", "tag": tag, "url": f"{prefix}/{tag}.mp4"}
            for tag in ("web", "mobile")
        }
        media["vttMedia"] = {"type": "subtitles", "tag": "en", "url": f"{prefix}/en.vtt"}
        if vtt_text is not None:
            media["vttMedia"]["vttText"] = vtt_text
        variables = {"mentor": self.mentor, "question": question}
        answer = media | {"transcript": TRANSCRIPT, "hasEditedTranscript": False}
        self.graphql.as_service(UPLOAD, variables | {"answer": answer})

    def _put(self, key: str, content: bytes, kind: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content, ContentType=kind)


@dataclass
class Rehearsal:
    """Both services on one bucket and one GraphQL."""

    old: OldService
    workers: RealWorkers
    ui: UploadUI
    store: Any

    def answer(self, question: str, mentor: str | None = None) -> dict[str, Any]:
        """Return an answer as pages read it."""
        variables = {"mentor": mentor or self.old.mentor, "question": question}
        return dict(self.ui.query(ANSWER, variables)["answer"])

    def plays(self, question: str, mentor: str | None = None) -> dict[str, bytes]:
        """Fetch all that an answer names, as the UI's player does; return it by field."""
        media = self.answer(question, mentor)
        found = {}
        for field in ("webMedia", "mobileMedia", "vttMedia"):
            if not (media[field] or {}).get("url"):
                continue
            served = requests.get(f"{media[field]['url']}?v=0.123", timeout=10)
            assert served.status_code == 200, (field, media[field]["url"])
            assert served.headers["Content-Type"].startswith(("video/mp4", "text/vtt")), field
            found[field] = served.content
        return found

    def fetches(self, key: str) -> bytes | None:
        """Fetch a key as anybody may; return ``None`` where it is not there."""
        served = requests.get(f"{self.base}{key}", timeout=10)
        return served.content if served.status_code == 200 else None

    def starts(self) -> None:
        """Start the new service's processes."""
        for name in ("api", "transcoder", "transcriber", "notifier"):
            self.workers.start(name, STATIC_URL_BASE=self.base, ENCODING_PROFILE="fast")
        port = urlsplit(self.ui.api).port
        environment = self.workers.environment("api-web", port or 0) | {
            "WEB_HOST": "127.0.0.1",
            "WEB_PORT": str(port),
            "WEB_PROCESSES": "1",
            "URL_PREFIX": "/upload",
            "STATIC_URL_BASE": self.base,
        }
        self.workers.processes.start("mentor_api", environment, ["web"])
        url = f"http://127.0.0.1:{port}/readyz"
        wait_until(lambda: http_status(url) == 200, seconds=60, what="the new service")

    @property
    def base(self) -> str:
        """The base of public URLs, which stays what it was."""
        return str(self.workers.cloud.stack.static_url_base)

    def uploads(self, question: str, video: Path, **body: Any) -> None:
        """Send a video as the UI does, and wait until the answer shows it."""
        sent = self.ui.upload(
            video, {"mentor": self.old.mentor, "question": question, "isVbgVideo": False} | body
        )

        def ended() -> bool:
            return self.ui.status(sent["upload_id"])["finished_at"] is not None

        wait_until(ended, seconds=180, what=f"the upload of {question}")
        status = self.ui.status(sent["upload_id"])
        assert (status["state"], status["live"]) == ("READY", True), status["reason"]

    def regenerates(self, question: str) -> str:
        """Ask for captions of the answer's transcript as the UI does; return their text."""
        answered = requests.post(
            f"{self.ui.api}/regen_vtt",
            data=json.dumps({"mentor": self.old.mentor, "question": question}),
            headers={
                "Authorization": f"bearer {self.ui.token}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            timeout=10,
        )
        data = answered.json()["data"]
        assert data["regen_vtt"] is True
        assert data["new_vtt_url"] == self.answer(question)["vttMedia"]["url"]
        return str(data["new_vtt_text"])

    def transfers(self, question: str) -> tuple[str, str]:
        """Import an answer into another mentor, with addresses as pages have them.

        Return the imported question, and the mentor who has it now.
        """
        mentor = self.store.add_mentor(SEED_OWNER_ID)["_id"]
        url = f"{self.base}videos/{self.old.mentor}/{question}/web.mp4?v=0.5"
        imported = {"_id": question, "question": "Question?", "name": None}
        answer = {
            "question": imported,
            "transcript": TRANSCRIPT,
            "status": "COMPLETE",
            "webMedia": {"type": "video", "tag": "web", "url": url},
        }
        export = {
            "id": self.old.mentor,
            "mentorInfo": {"name": "Imported"},
            "subjects": [],
            "questions": [imported],
            "answers": [answer | {"mobileMedia": None, "vttMedia": None}],
            "userQuestions": [],
        }
        body = {
            "mentor": mentor,
            "mentorExportJson": export,
            "replacedMentorDataChanges": {"questionChanges": [], "answerChanges": []},
        }
        transfer = self.ui.import_mentor(body)

        def ended() -> bool:
            return self.ui.transfer_status(transfer)["status"] in {"DONE", "FAILED"}

        wait_until(ended, seconds=120, what="the transfer")
        assert self.ui.transfer_status(transfer)["status"] == "DONE"
        (found,) = self.store.find("answers", {"mentor": mentor})
        return found["question"], mentor


@pytest.fixture
def static_url_base(cloud: Any) -> str:
    """Return the base that GraphQL has had all along."""
    return f"{cloud.emulator.endpoint}/{BUCKET}/"


@pytest.fixture
def rehearsal(
    cloud: Any,
    graphql: GraphQLServer,
    graphql_environment: dict[str, str],
    graphql_client: GraphQLClient,
    make_token: Callable[..., str],
    tmp_path: Path,
    free_port: Callable[[], int],
) -> Iterator[Rehearsal]:
    """The old service's bucket and GraphQL, and the new stack on them; no process runs yet."""
    s3 = client("s3", cloud.emulator.endpoint)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.delete_public_access_block(Bucket=BUCKET)  # no CDN here: pages read the bucket itself
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    statement = anyone | {"Resource": f"arn:aws:s3:::{BUCKET}/*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    stack = provision(cloud.emulator.endpoint, "old", static_bucket=BUCKET)
    stage = SimpleNamespace(
        stack=stack, client=cloud.client, environment=lambda name: service_environment(stack, name)
    )
    mentor = graphql.store.add_mentor(SEED_OWNER_ID)["_id"]
    ui = UploadUI(f"http://127.0.0.1:{free_port()}/upload", graphql.url, make_token(SEED_OWNER_ID))
    with Processes(tmp_path / "log") as processes:
        workers = RealWorkers(
            stage,
            Table(stack.jobs_table, "us-east-1"),
            graphql,
            graphql_environment,
            processes,
            tmp_path,
            free_port,
        )
        yield Rehearsal(OldService(s3, graphql_client, mentor), workers, ui, graphql.store)


@pytest.mark.timeout(600)
def test_old_and_new_answers_play_before_during_and_after_the_cut_over(
    rehearsal: Rehearsal, clip: Callable[[str], Path], tmp_path: Path
) -> None:
    old, ui = rehearsal.old, rehearsal.ui
    full, other = clip("six.mp4").read_bytes(), clip("silent.mp4")
    again, trimmed, first_years, spoken, kept = (
        rehearsal.store.add_question(f"Question {number}?")["_id"] for number in range(5)
    )

    # Before: all that is there was made by the old service.
    for question in (again, trimmed, first_years, spoken, kept):
        old.upload(question, full, vtt_text=None if question == first_years else VTT)
        assert rehearsal.plays(question)["webMedia"] == full

    # During: the new service runs, and tabs that were opened earlier still use the old one.
    rehearsal.starts()
    rehearsal.uploads(again, other)
    assert rehearsal.plays(again)["webMedia"] != full
    old.upload(kept, other.read_bytes())
    assert rehearsal.plays(kept)["webMedia"] == other.read_bytes()

    # After: what the old service made is trimmed, captioned anew and transferred by the new one.
    for question in (trimmed, first_years):
        download = tmp_path / "web.mp4"
        download.write_bytes(rehearsal.plays(question)["webMedia"])
        trim = {"trim": {"start": 1.0, "end": 3.0}, "hasEditedTranscript": True}
        rehearsal.uploads(question, download, **trim)
        played, shown = rehearsal.plays(question), rehearsal.answer(question)
        assert played["webMedia"] != full
        assert shown["markdownTranscript"] == TRANSCRIPT
        cues = parse_vtt(shown["vttMedia"]["vttText"])
        assert [(cue.start, cue.end, cue.text) for cue in cues] == CUT
        assert played["vttMedia"].decode() == shown["vttMedia"]["vttText"]
        original = f"videos/{old.mentor}/{question}/original.mp4"
        assert rehearsal.fetches(original) == full, "the whole recording is there"
    # And so it is after S3's rule has expired it, for as long as its version is kept.
    old.s3.delete_object(Bucket=BUCKET, Key=original)
    assert rehearsal.fetches(original) is None
    (marker,) = old.s3.list_object_versions(Bucket=BUCKET, Prefix=original)["DeleteMarkers"]
    old.s3.delete_object(Bucket=BUCKET, Key=original, VersionId=marker["VersionId"])
    assert rehearsal.fetches(original) == full
    made = rehearsal.regenerates(spoken)
    assert rehearsal.plays(spoken)["vttMedia"].decode() == made
    assert "river" in made
    copied = rehearsal.transfers(spoken)
    assert rehearsal.plays(*copied)["webMedia"] == full
    assert f"{BUCKET}/videos/{copied[1]}/" in rehearsal.answer(*copied)["webMedia"]["url"]

    # Back: the UI is pointed at the old service again, which writes where it always did.
    old.upload(again, full)
    for question in (again, trimmed, first_years, spoken, kept):
        assert rehearsal.plays(question)
    assert rehearsal.plays(again)["webMedia"] == full
    for service in ("api", "transcoder", "transcriber", "notifier"):
        assert rehearsal.workers.messages(service, "DEAD_LETTER_QUEUE_NAME") == (0, 0)
    assert ui.latest_uploads(old.mentor)
