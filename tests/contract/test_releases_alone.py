"""A release of one service alone: the last release's code of one beside today's of the others.

And the reverse, one service of today among those of the last release. The code of both runs, real
handlers and routes on AWS in memory, and one GraphQL; what is published goes where the template's
subscriptions lead it.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import jwt
import pytest

from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_OWNER_ID
from mentor_local.graphql.server import GraphQLServer
from released import releases
from released.__main__ import film as make_film
from released.outside import NOW, STATIC, UPLOADS
from simulation.template import SERVICES, admits, subscriptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LAST = list(releases.COMMITS)[-1]
BASE = "https://static.example/"
JWT_SECRET, API_SECRET = "j" * 32, "a" * 32
TEXT = "my own words"
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nmy own words\n"


class Code:
    """A process with the services of one release."""

    def __init__(self, code: Path, graphql: str) -> None:
        paths = [*(str(code / source) for source in releases.SOURCES)]
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        settings = {
            "PYTHONPATH": os.pathsep.join([*paths, str(releases.ROOT / "tests")]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "GRAPHQL_ENDPOINT": graphql,
            "API_SECRET": API_SECRET,
            "JWT_SECRET": JWT_SECRET,
            "STATIC_URL_BASE": BASE,
            "ENCODING_PROFILE": "fast",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "released.serve"],
            env=kept | settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def step(self, **given: Any) -> dict[str, Any]:
        """Do a step; see :mod:`released.serve`."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked
        assert answers
        asked.write(json.dumps(given) + "\n")
        asked.flush()
        answer = answers.readline()
        assert answer, f"the code ended with {self._process.wait()}"
        return dict(json.loads(answer))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.communicate()  # at the end of its input it ends


@dataclass
class System:
    """Four services, each with the code of a release, on one cloud and one GraphQL."""

    codes: Mapping[str, Code]
    graphql: GraphQLServer
    film: bytes
    question: str = ""
    cloud: dict[str, Any] = field(default_factory=lambda: {"now": NOW, "items": [], "objects": {}})
    queues: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {service: [] for service in SERVICES}
    )
    published: list[str] = field(default_factory=list)
    dead: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    broken: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Add a question that no other story is about."""
        self.question = self.graphql.store.add_question()["_id"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request as the mentor; return the ``data`` of its answer."""
        claims = {"id": SEED_OWNER_ID, "role": "USER", "mentorIds": [], "exp": time.time() + 900}
        token = jwt.encode(claims, JWT_SECRET, algorithm="HS256")
        request = {"method": method, "path": path, "body": body, "token": token}
        done = self._step("api", request=request)
        assert done["status"] == 200, done["body"]
        return done["body"]["data"]

    def upload(self, **wishes: Any) -> str:
        """Send the film for the answer; return the upload's id."""
        key = f"{SEED_OWNER_ID}/film"
        self.put(UPLOADS, key, self.film)
        body = {"mentor": SEED_MENTOR_ID, "question": self.question, "video": key}
        return str(self.ask("POST", "/upload/answer", body | wishes)["upload_id"])

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Store an object."""
        self.cloud["objects"][f"{bucket}/{key}"] = base64.b64encode(content).decode()

    def settle(self) -> None:
        """Let all services work until nothing waits, and then sweep once."""
        self._work()
        for service in SERVICES:
            self._step(service)
        self._work()

    def _work(self) -> None:
        while waiting := [service for service in SERVICES if self.queues[service]]:
            service = waiting[0]
            message = self.queues[service].pop(0)
            done = self._step(service, message=message, broken=service in self.broken)
            body = message["body"]
            self.dead += [(service, {"body": body, "attributes": one}) for one in done["dead"]]
            self.cloud["now"] += 1
            if not done["deleted"]:  # It comes again when its visibility ends.
                self.queues[service].append(message)
                self.cloud["now"] += 1000

    def redrive(self) -> None:
        """Send the dead letters to their queues again, as SQS moves them."""
        for service, message in self.dead:
            self.queues[service].append(message)
        self.dead.clear()

    def _step(self, service: str, **given: Any) -> dict[str, Any]:
        done = self.codes[service].step(service=service, cloud=self.cloud, **given)
        self.cloud = done["cloud"]
        for message in done["published"]:
            self.published.append(json.loads(message["body"])["type"])
            for queue, policy in subscriptions().get(message["topic"], []):
                if admits(policy, message["attributes"]):
                    self.queues[queue].append(message)
        return done

    def shows(self, upload_id: str) -> bool:
        """Return whether the answer's media are the upload's, and all of them are there."""
        answer = self.answer
        urls = [answer[name]["url"] for name in ("webMedia", "mobileMedia")]
        assert {f"{STATIC}/{url}" for url in urls} <= self.cloud["objects"].keys()
        return all(f"/{upload_id}/" in url for url in urls)

    @property
    def answer(self) -> dict[str, Any]:
        """The answer as it is stored."""
        return dict(self.graphql.store.answer(SEED_MENTOR_ID, self.question) or {})

    def state(self, upload_id: str) -> str:
        """Return the state of an upload."""
        return str(self.ask("GET", f"/upload/status/{upload_id}")["state"])


def upload_and_redrive(system: System) -> None:
    """The whole way of an upload, at its second attempt: the first has no tools."""
    system.broken = frozenset({"transcoder"})
    upload_id = system.upload(trim={"start": 0, "end": 1.5})
    system.settle()
    assert (system.state(upload_id), [service for service, _ in system.dead]) == (
        "FAILED",
        ["transcoder"],
    )
    system.broken = frozenset()
    system.redrive()
    system.settle()
    assert (system.state(upload_id), system.shows(upload_id)) == ("READY", True)
    ends = [one for one in system.published if one.startswith("answer.")]
    assert ends == ["answer.failed.v1", "answer.ready.v1"]


def edited_upload(system: System) -> None:
    system.put(STATIC, "videos/en.vtt", VTT.encode())
    vtt = {"type": "subtitles", "tag": "en", "url": "videos/en.vtt", "vttText": VTT}
    system.graphql.store.add_answer(SEED_MENTOR_ID, system.question, transcript=TEXT, vttMedia=vtt)
    upload_id = system.upload(trim={"start": 0, "end": 1.5}, hasEditedTranscript=True)
    system.settle()
    assert (system.state(upload_id), system.shows(upload_id)) == ("READY", True)
    assert system.answer["transcript"] == TEXT
    assert [one for one in system.published if one.startswith("answer.")] == ["answer.ready.v1"]
    assert "00:00:01.500" in system.answer["vttMedia"]["vttText"], "cut to the trim"


def cancel(system: System) -> None:
    upload_id = system.upload()
    system.ask(
        "POST", "/upload/answer/cancel", {"mentor": SEED_MENTOR_ID, "question": system.question}
    )
    system.settle()
    assert system.state(upload_id) == "CANCELLED"
    assert system.answer == {}
    assert not [key for key in system.cloud["objects"] if key.startswith(f"{STATIC}/")]


def transfer(system: System) -> None:
    system.put(STATIC, "videos/old/web.mp4", system.film)
    question = {"_id": system.question, "question": "Who?", "name": None}
    web = {"type": "video", "tag": "web", "url": f"{BASE}videos/old/web.mp4"}
    answer = {"question": question, "transcript": TEXT, "status": "COMPLETE", "webMedia": web}
    export = {
        "id": "5ee0000000000000000000b9",
        "mentorInfo": {"name": "Imported"},
        "subjects": [],
        "questions": [question],
        "answers": [answer | {"mobileMedia": None, "vttMedia": None}],
        "userQuestions": [],
    }
    changes: dict[str, Any] = {"questionChanges": [], "answerChanges": []}
    body = {"mentor": SEED_MENTOR_ID, "mentorExportJson": export}
    sent = system.ask("POST", "/transfer/mentor", body | {"replacedMentorDataChanges": changes})
    system.settle()
    status = system.ask("GET", f"/transfer/status/{sent['id']}")
    assert status["status"] == "DONE"
    url = system.answer["webMedia"]["url"]
    assert url.startswith(f"videos/{SEED_MENTOR_ID}/{system.question}/{sent['id']}/")
    assert base64.b64decode(system.cloud["objects"][f"{STATIC}/{url}"]) == system.film


STORIES = (upload_and_redrive, edited_upload, cancel, transfer)


@pytest.fixture(scope="module")
def film(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    assert ffmpeg, "it is made, and encoded"
    return make_film(tmp_path_factory.mktemp("film")).read_bytes()


@pytest.fixture(scope="module")
def graphql() -> Iterator[GraphQLServer]:
    with GraphQLServer(
        jwt_secret=JWT_SECRET, api_secret=API_SECRET, static_url_base=BASE
    ) as server:
        yield server


@pytest.fixture(scope="module")
def today(graphql: GraphQLServer) -> Iterator[Code]:
    with Code(releases.ROOT, graphql.url) as code:
        yield code


@pytest.fixture(scope="module")
def last(graphql: GraphQLServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Code]:
    with Code(releases.code_of(LAST, tmp_path_factory.mktemp(LAST)), graphql.url) as code:
        yield code


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("others", ["today", "last"])
@pytest.mark.parametrize("alone", SERVICES)
def test_a_service_of_one_release_works_among_those_of_the_other(
    graphql: GraphQLServer,
    film: bytes,
    today: Code,
    last: Code,
    alone: str,
    others: str,
    story: Any,
) -> None:
    of_others, of_it = (today, last) if others == "today" else (last, today)
    codes = {service: of_it if service == alone else of_others for service in SERVICES}
    system = System(codes, graphql, film)
    story(system)
    assert system.dead == []
