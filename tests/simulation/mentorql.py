"""mentor-graphql as far as uploads go, with its races: read-merge-write, and answers that get lost.

The facts are those of docs/graphql-contract.md, as kept by the local GraphQL server; the same
contract tests run against both.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from mentor_common.graphql import GraphQLClient
from mentor_common.jobs import SUB_TASK_FIELDS
from simulation.loop import wait

if TYPE_CHECKING:
    from mentor_common.settings import GraphQLSettings
    from simulation.outside import Outside
    from simulation.process import Process

STATIC_URL_BASE = "https://static.example.org/"
_TASKS = tuple(SUB_TASK_FIELDS.values())
_MEDIA = ("originalMedia", "webMedia", "mobileMedia", "vttMedia")
_NAME = re.compile(r"(?:query|mutation)\s+(\w+)")
_SLOW_SECONDS = 25.0
_LOSS = 0.2
Key = tuple[str, str]
Document = dict[str, Any]


class RefusedError(Exception):
    """A resolver's error."""


@dataclass
class MentorGraphQL:
    """The server's documents."""

    outside: Outside
    tasks: dict[Key, Document] = field(default_factory=dict)
    answers: dict[Key, Document] = field(default_factory=dict)
    thumbnails: dict[str, str] = field(default_factory=dict)
    question_names: dict[str, str | None] = field(default_factory=dict)
    watchers: list[Any] = field(default_factory=list)

    def client(self, settings: GraphQLSettings, process: Process) -> GraphQLClient:
        """Return a process's client: the real one, with a simulated connection."""
        return _Client(settings, self, process)

    async def answer(self, process: Process, name: str, variables: Document, late: float) -> Any:
        """Resolve one operation; ``late`` seconds lie between its reading and its writing."""
        method = getattr(self, f"_{_snake(name)}")
        return await method(process, _key(variables), variables, late)

    async def _probe(self, *_rest: Any) -> Document:
        return {"__typename": "Query"}

    async def _can_edit(self, *_rest: Any) -> Document:
        return {"mentorCanEdit": True}

    async def _before(self, _process: Process, key: Key, *_rest: Any) -> Document:
        return {
            "mentorCanEdit": True,
            "mentor": {"name": "Clint Anderson"},
            "question": {"name": self.question_names.get(key[1]), "question": "Who are you?"},
            "answer": self._shown_answer(key),
        }

    def _shown_answer(self, key: Key) -> Document | None:
        answer = self.answers.get(key)
        if answer is None:
            return None
        media = {name: _absolute(answer.get(name)) for name in _MEDIA}
        return {**answer, **media, "markdownTranscript": answer["transcript"]}

    async def _read_all(self, process: Process, key: Key, *rest: Any) -> Document:
        task = await self._read_task(process, key, *rest)
        return {**task, "answer": self._shown_answer(key)}

    async def _read_task(self, _process: Process, key: Key, *_rest: Any) -> Document:
        task = self.tasks.get(key)
        if task is None:
            return {"uploadTask": None}
        return {"uploadTask": {**task, **{name: _absolute(task.get(name)) for name in _MEDIA}}}

    async def _create_task(
        self, process: Process, key: Key, variables: Document, _late: float
    ) -> Document:
        before = self.tasks.get(key)
        self._set_task(process, key, {**(before or {}), **variables["status"]})
        return {"api": {"uploadTaskUpdate": True}}

    async def _delete_task(self, process: Process, key: Key, *_rest: Any) -> Document:
        self.delete_task(key, process)
        return {"me": {"uploadTaskDelete": True}}

    def delete_task(self, key: Key, process: Process | None = None) -> None:
        """Delete the document, as the UI does."""
        if key in self.tasks:
            self._set_task(process, key, None)

    async def _update_task(
        self, process: Process, key: Key, variables: Document, late: float
    ) -> Document:
        """Update once or, one after the other, as often as there are ``$statusN``.

        ``late`` is of the whole request: what it asks for is applied by then, or never.
        """
        statuses = [variables[name] for name in variables if name.startswith("status")]
        return {
            f"update{number}": await self._update(process, key, status, late / len(statuses))
            for number, status in enumerate(statuses)
        }

    async def _fail_task(
        self, process: Process, key: Key, variables: Document, late: float
    ) -> Document:
        return {"api": await self._update(process, key, variables["status"], late)}

    async def _update(self, process: Process, key: Key, status: Document, late: float) -> Document:
        if sum(status.get(name) is not None for name in _TASKS) > 1:
            raise RefusedError("Please only input one task to update at a time.")
        found = self.tasks.get(key)
        if found is None:
            return {"uploadTaskStatusUpdate": False}
        changes: Document = {}
        for name, value in status.items():
            if name in _TASKS and value:
                old = found.get(name) or {}
                changes[name] = old | {part: new for part, new in value.items() if new}
            elif value:
                changes[name] = value
        await asyncio.sleep(late)
        now = self.tasks.get(key)
        if now is None:
            return {"uploadTaskStatusUpdate": False}
        self._set_task(process, key, {**now, **changes})
        return {"uploadTaskStatusUpdate": True}

    def _set_task(self, process: Process | None, key: Key, after: Document | None) -> None:
        before = self.tasks.get(key)
        if after is None:
            self.tasks.pop(key, None)
        else:
            self.tasks[key] = after
        shown = {n: ((after or {}).get(n) or {}).get("status") for n in _TASKS}
        self.outside.note(process, "document", *key, *shown.values())
        for watch in self.watchers:
            watch(process, "task", key, before, after)

    async def _switch_answer(
        self, process: Process, key: Key, variables: Document, late: float
    ) -> Document:
        content = variables["answer"]
        old = self.answers.get(key) or {"transcript": "", "hasEditedTranscript": False}
        text = {
            name: content.get(name, old[name]) for name in ("transcript", "hasEditedTranscript")
        }
        await asyncio.sleep(late)
        self._set_answer(process, key, {**old, **self.answers.get(key, {}), **content, **text})
        return {"api": {"uploadAnswer": True}}

    async def _switch_with_thumbnail(
        self, process: Process, key: Key, variables: Document, late: float
    ) -> Document:
        switch = await self._switch_answer(process, key, variables, late)
        picture = await self._update_thumbnail(process, key, variables, late)
        return {"switch": switch["api"], "picture": picture["api"]}

    async def _update_media(
        self, process: Process, key: Key, variables: Document, _late: float
    ) -> Document:
        if key not in self.answers:
            raise RefusedError("no answer found")
        media = {name: variables[name] for name in _MEDIA if name in variables}
        self._set_answer(process, key, {**self.answers[key], **media})
        return {"api": {"mediaUpdate": True}}

    async def _update_thumbnail(
        self, _process: Process, _key: Key, variables: Document, _late: float
    ) -> Document:
        self.thumbnails[variables["mentor"]] = variables["thumbnail"]
        return {"api": {"mentorThumbnailUpdate": True}}

    def edit_transcript(self, key: Key, text: str) -> None:
        """Do as a person does who corrects the transcript."""
        old = self.answers.get(key) or {}
        self._set_answer(None, key, {**old, "transcript": text, "hasEditedTranscript": True})

    def set_media(self, key: Key, urls: dict[str, str]) -> None:
        """Do as the UI or a transfer does that puts other media into an answer, if there is one."""
        if key in self.answers:
            media = {name: {"type": "video", "url": url} for name, url in urls.items()}
            self._set_answer(None, key, {**self.answers[key], **media})

    def named(self) -> set[str]:
        """Return every key of the static bucket that any document names."""
        documents = [*self.answers.values(), *self.tasks.values()]
        media = [document.get(name) or {} for document in documents for name in _MEDIA]
        names = ("url", "transparentVideoUrl")
        urls = [*self.thumbnails.values(), *(str(m.get(n) or "") for m in media for n in names)]
        return {url.removeprefix(STATIC_URL_BASE) for url in urls}

    def _set_answer(self, process: Process | None, key: Key, after: Document) -> None:
        before = self.answers.get(key)
        self.answers[key] = after
        url = (after.get("webMedia") or {}).get("url")
        self.outside.note(process, "answer", *key, url)
        for watch in self.watchers:
            watch(process, "answer", key, before, after)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _key(variables: Document) -> Key:
    return str(variables.get("mentor")), str(variables.get("question"))


def _absolute(media: Document | None) -> Document | None:
    if not media:
        return media
    url = media.get("url") or ""
    return {**media, "url": url if not url or url.startswith("http") else STATIC_URL_BASE + url}


class _Client(GraphQLClient):
    """The real client on a simulated connection."""

    def __init__(self, settings: GraphQLSettings, server: MentorGraphQL, process: Process) -> None:
        super().__init__(settings)
        self._connection = _Connection(server, process)

    def _session(self) -> Any:
        return self._connection


class _Connection:
    """The part of ``requests.Session`` that the client uses."""

    def __init__(self, server: MentorGraphQL, process: Process) -> None:
        self._server = server
        self._process = process
        self._outside = server.outside

    def post(
        self,
        _url: str,
        *,
        json: Document,
        headers: dict[str, str],
        timeout: tuple[float, float],
    ) -> requests.Response:
        """Send a document and wait for the answer, at most as long as was asked."""
        if "Authorization" not in headers:
            raise RuntimeError("no credential was sent")
        return wait(self._exchange(json, timeout[1]))  # type: ignore[no-any-return]  # from a greenlet

    async def _exchange(self, request: Document, timeout_seconds: float) -> requests.Response:
        outside, process = self._outside, self._process
        outside.count(process, "graphql")
        await process.passage()
        await asyncio.sleep(outside.latency * outside.chance.random())
        await process.passage()
        fault = outside.faults.get("graphql")
        if fault == "down":
            raise requests.ConnectionError("connection refused")
        if fault == "refusing":
            return _response({"errors": [{"message": "simulated refusal"}], "data": None})
        if fault == "lossy" and outside.chance.random() < _LOSS:
            return _response(None, 503)
        late = outside.latency * outside.chance.random()
        if fault == "slow":
            late += _SLOW_SECONDS * outside.chance.random()
        match = _NAME.match(request["query"].strip())
        name = match[1] if match else ""
        # The server goes on with what it has received also when the process that asked is killed.
        work = asyncio.get_running_loop().create_task(
            self._server.answer(process, name, request["variables"], late),
            context=contextvars.Context(),
        )
        try:
            data = await asyncio.wait_for(asyncio.shield(work), timeout_seconds)
        except TimeoutError:
            raise requests.ReadTimeout("no answer in time") from None
        except RefusedError as error:
            return _response({"errors": [{"message": str(error)}], "data": {"api": None}})
        await process.passage()
        if fault == "lossy" and outside.chance.random() < _LOSS:
            raise requests.ReadTimeout("the answer was lost")
        return _response({"data": data})


def _response(body: Document | None, status: int = 200) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = b"" if body is None else json.dumps(body).encode()
    return response
