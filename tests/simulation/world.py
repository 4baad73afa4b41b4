"""All services at work on the simulated outside, and hands to disturb them."""

from __future__ import annotations

import asyncio
import contextvars
import uuid
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache, partial
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self, TypeVar
from unittest.mock import patch

from mentor_api.bootstrap import accepting, cancelling
from mentor_api.http.auth import Caller
from mentor_api.http.problems import Problem
from mentor_api.ingest import wire_ingest
from mentor_api.settings import IngestSettings, WebSettings
from mentor_api.uploads.models import AnswerUpload
from mentor_common import failpoints
from mentor_common.adapters import Adapters
from mentor_common.aws.storage import Storage
from mentor_common.consumer import instrumentation
from mentor_common.consumer.breaker import DependencyBreaker
from mentor_common.consumer.loop import Consumer
from mentor_common.consumer.queue import SqsQueue
from mentor_common.errors import DependencyDownError
from mentor_common.events import Topic
from mentor_common.jobs import AnswerKey, Reader, Table, UploadRequest, upload_id_of
from mentor_common.settings import CommonSettings, WorkerSettings
from mentor_common.work.main import upload_wiring
from mentor_common.work.sweep_lease import SweepLease
from mentor_common.work.worker import Wiring, consume, policy_of, probes_of
from mentor_notifier.bootstrap import wire as wire_notifier
from mentor_notifier.settings import NotifierSettings
from mentor_transcoder.handlers import sub_tasks as transcoder_sub_tasks
from mentor_transcriber.handlers import sub_tasks as transcriber_sub_tasks
from simulation import loop as virtual
from simulation.dynamo import Items
from simulation.mentorql import STATIC_URL_BASE, MentorGraphQL
from simulation.objects import Objects
from simulation.outside import Outside
from simulation.process import CURRENT, Killed, Process, owned_task_factory
from simulation.props import quiet
from simulation.queues import Post
from simulation.template import SERVICES, subscriptions
from simulation.work import Plan, worker_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_common.graphql import GraphQLClient

MP4_START = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
WORKERS = (
    "ingest",
    "transcoder-a",
    "transcoder-b",
    "transcriber-a",
    "transcriber-b",
    "notifier-a",
    "notifier-b",
)
SIDE_BY_SIDE = (
    "mentor_api.uploads.accept",
    "mentor_notifier.answers.apply",
    "mentor_notifier.answers.observe",
)
"""Modules whose calls side by side are made by the simulation's threads."""
UPLOADS, STATIC = "uploads", "static"
T = TypeVar("T", bound=CommonSettings)
_SETTLING_SECONDS = 10
_LEASING = contextvars.ContextVar("leasing", default=False)
_USER = "mentor-user"
CALLER = Caller(_USER, "USER", "token")
MANAGER = Caller("content-manager", "CONTENT_MANAGER", "token")


@dataclass
class Reply:
    """Reply to a POST: the HTTP status, or 0 when the process died over it."""

    upload_id: str
    answer: AnswerKey
    status: int


class _SweepLease(SweepLease):
    """A lease whose writes are counted apart: they are many, and the first ones of a process."""

    def held_elsewhere(self) -> float:
        """Do so in a thread, whose context ends with it."""
        _LEASING.set(True)
        return super().held_elsewhere()


@dataclass
class World:
    """The whole system in virtual time. Use as a context manager.

    Parameters
    ----------
    seed
        Of all chance.
    latency
        Longest way to a dependency and back, seconds.
    transfers
        Whether they are swept for, too; there are none here, and it takes a third of all time.
    """

    seed: int = 0
    latency: float = 0.02
    transfers: bool = False
    replies: list[Reply] = field(default_factory=list)
    accepted_by: dict[str, AnswerKey] = field(default_factory=dict)
    plans: dict[tuple[str, str], Plan] = field(default_factory=dict)
    tries: Counter[tuple[str, str]] = field(default_factory=Counter)
    mended: bool = False
    """True once a release has mended the defects that plans name."""
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    strikes: dict[tuple[str, str, int], str] = field(default_factory=dict)
    """(service, fail point, hit) to ``raise`` or ``kill``."""
    struck: list[tuple[str, str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build the outside."""
        self.loop = virtual.VirtualLoop()
        self.loop.set_task_factory(owned_task_factory)
        self.outside = Outside(self.loop, self.seed, self.latency)
        self.items = Items(self.outside)
        self.objects = Objects(self.outside)
        self.graphql = MentorGraphQL(self.outside)
        self.post = Post(self.outside, subscriptions())
        for service in SERVICES:
            self.post.add(service)
        self.processes: dict[str, Process] = {}
        self._numbers = iter(range(1, 10**9))
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Start every process."""
        stack = self._stack
        asyncio.set_event_loop(self.loop)
        stack.enter_context(patch("asyncio.to_thread", virtual.to_thread))
        stack.enter_context(patch("tenacity.nap.time", SimpleNamespace(sleep=virtual.sleep)))
        stack.enter_context(patch("random.uniform", self.outside.chance.uniform))
        stack.enter_context(patch("uuid.uuid4", self._uuid))
        for module in SIDE_BY_SIDE:
            stack.enter_context(patch(f"{module}.side_by_side", virtual.side_by_side))
        stack.enter_context(failpoints.watching(self._at_fail_point))
        stack.enter_context(quiet())
        for name in ("web", *WORKERS):
            self.start(name)
        return self

    def __exit__(self, *_error: object) -> None:
        """Kill everything."""
        for process in self.processes.values():
            process.kill()
        self.loop.close()
        asyncio.set_event_loop(None)
        self._stack.close()

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=next(self._numbers))

    # ---- processes -----------------------------------------------------------------------------

    def start(self, name: str) -> Process:
        """Start a process, also in the place of a dead one."""
        process = self.processes[name] = Process(name)
        if name != "web":
            self._spawn(process, self._work(process))
        return process

    def _spawn(self, process: Process, coroutine: Any) -> asyncio.Task[Any]:
        context = contextvars.copy_context()
        context.run(CURRENT.set, process)
        return self.loop.create_task(coroutine, context=context)

    async def _work(self, process: Process) -> None:
        service = process.name.split("-")[0]
        queue_name = "api" if service == "ingest" else service
        queue = SqsQueue(self.post.sqs(process), queue_name, f"{queue_name}-dlq")
        settings, wiring = self._wire(service, process, queue)
        breaker = DependencyBreaker(probes_of(wiring, queue))
        consumer = Consumer(queue, wiring.handlers, policy_of(settings), breaker, service)
        table = self.adapters(settings, process).table
        leased = partial(_SweepLease, table, self.outside)
        swept = wiring if self.transfers else _for_uploads(wiring)
        await consume(consumer, swept, process.stop, leased=leased)
        self.outside.note(process, "stopped")

    def _wire(
        self, service: str, process: Process, queue: SqsQueue
    ) -> tuple[WorkerSettings, Wiring]:
        if service == "notifier":
            # Rarer than by default: in vain, and a fifth of all time.
            settings = _settings_of(NotifierSettings, service, transfer_sweep_seconds=10)
            adapters = self.adapters(settings, process)
            client = self.graphql.client(settings, process)
            return settings, wire_notifier(settings, adapters, client)
        if service == "ingest":
            ingest = _settings_of(IngestSettings, service)
            adapters = self.adapters(ingest, process)
            return ingest, wire_ingest(ingest, adapters, self.graphql.client(ingest, process))
        worker = _settings_of(WorkerSettings, service, concurrency=2)
        adapters = self.adapters(worker, process)
        kind, names = (
            ("transcode", transcoder_sub_tasks)
            if service == "transcoder"
            else ("transcribe", transcriber_sub_tasks)
        )
        work = worker_of(self, kind, adapters.storage, STATIC)
        return worker, upload_wiring(kind, names, work, worker, queue, adapters)  # type: ignore[arg-type]  # a literal either way

    def adapters(self, settings: CommonSettings, process: Process) -> Adapters:
        """Return a process's real adapters on the simulated outside."""
        table = Table("jobs", "us-east-1", self.items.client(process))
        return Adapters(
            clock=self.outside,
            table=table,
            reader=Reader(table),
            topic=Topic(self.post.sns(process), settings.topic_arn),
            storage=Storage(self.objects.client(process)),
        )

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self.outside.note(None, "kill", name)
        self.processes[name].kill()

    def terminate(self, name: str) -> None:
        """SIGTERM."""
        self.outside.note(None, "terminate", name)
        self.processes[name].stop.set()

    def pause(self, name: str) -> None:
        """SIGSTOP."""
        self.outside.note(None, "pause", name)
        self.processes[name].pause()

    def resume(self, name: str) -> None:
        """SIGCONT."""
        self.outside.note(None, "resume", name)
        self.processes[name].resume(self.loop.time())

    def later(self, seconds: float, call: Any, *arguments: Any) -> None:
        """Do something when time has passed."""
        self.loop.call_later(seconds, call, *arguments)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.loop.run_for(seconds)

    def _at_fail_point(self, point: str) -> None:
        process = CURRENT.get()
        if process is None:
            return
        service = process.name.split("-")[0]
        if _LEASING.get():
            service = f"{service}'s lease"
        self.hits[service, point] += 1
        where = (service, point, self.hits[service, point])
        action = self.strikes.get(where)
        if action is None:
            return
        self.struck.append(where)
        self.outside.note(process, "strikes", point)
        if action == "raise":
            raise failpoints.InjectedError(point)
        process.kill()
        self.later(2.0, self.start, process.name)
        raise Killed(process.name)

    # ---- what people do ------------------------------------------------------------------------

    def upload(
        self,
        answer: AnswerKey,
        *,
        video: str | None = None,
        request: UploadRequest | None = None,
        plans: dict[str, Plan] | None = None,
        caller: Caller = CALLER,
    ) -> str:
        """Upload a video and POST it; the reply comes as time passes. Returns the upload's id.

        The UI deletes the document when it is refused.
        """
        video = video or f"{caller.user}/{next(self._numbers):08d}"
        upload_id = upload_id_of(video)
        self.objects.put(UPLOADS, video, MP4_START + video.encode())
        self.accepted_by.setdefault(upload_id, answer)
        for kind, plan in (plans or {}).items():
            self.plans.setdefault((upload_id, kind), plan)
        process = self.processes["web"]
        upload = AnswerUpload(answer, video, request or UploadRequest())
        self._spawn(process, self._post(process, caller, upload, upload_id))
        return upload_id

    def cancel(self, answer: AnswerKey) -> None:
        """POST a cancel of the answer's newest upload."""
        process = self.processes["web"]
        canceller = cancelling(*self._web(process)[1:])
        reply = Reply("", answer, 0)
        call = partial(canceller.cancel_answer, CALLER, answer)
        self._spawn(process, self._reply(process, reply, call))

    async def _post(
        self, process: Process, caller: Caller, upload: AnswerUpload, upload_id: str
    ) -> None:
        acceptor = accepting(*self._web(process))
        reply = Reply(upload_id, upload.answer, 0)
        self.replies.append(reply)
        await self._reply(process, reply, partial(acceptor.accept, caller, upload))
        if reply.status != HTTPStatus.OK:
            self.graphql.delete_task((upload.answer.mentor, upload.answer.question))

    def _web(self, process: Process) -> tuple[WebSettings, Adapters, GraphQLClient]:
        settings = _settings_of(WebSettings, "api", jwt_secret="-", static_url_base=STATIC_URL_BASE)
        graphql = self.graphql.client(settings, process)
        return settings, self.adapters(settings, process), graphql

    async def _reply(self, process: Process, reply: Reply, call: Callable[[], Any]) -> None:
        try:
            await virtual.to_thread(call)
            reply.status = 200
        except Problem as problem:
            reply.status = int(problem.status)
        except DependencyDownError:
            reply.status = 503
        except Exception:  # noqa: BLE001 -- what Flask answers to a defect
            reply.status = 500
        finally:
            self.outside.note(process, "replied", reply.upload_id, reply.status)

    def redrive(self) -> int:
        """Move all dead letters back to their queues, attributes and all; return how many."""
        moved = 0
        for service in SERVICES:
            dead = self.post.queues[f"{service}-dlq"]
            while dead.messages:
                message = dead.messages.pop()
                self.post.put(service, message.body, message.attributes, message.group)
                moved += 1
        return moved

    def ui_looks(self, key: tuple[str, str]) -> bool:
        """Delete the document as the UI does when it sees the end; tell whether it did."""
        task = self.graphql.tasks.get(key) or {}
        statuses = [
            task[name]["status"]
            for name in (
                "trimUploadTask",
                "transcodeWebTask",
                "transcodeMobileTask",
                "transcribeTask",
            )
            if task.get(name)
        ]
        over = set(statuses) & {"FAILED", "CANCELLED"} or set(statuses) == {"DONE"}
        if statuses and over:
            self.graphql.delete_task(key)
            return True
        return False

    # ---- healing -------------------------------------------------------------------------------

    def heal(self) -> None:
        """End every fault: dependencies are up, processes run, messages travel as they should."""
        self.outside.faults.clear()
        self.post.delay = 0.0
        self.post.twice = False
        self.post.lose_deletes = 0
        self.strikes.clear()
        self.mended = True
        for name in ("web", *WORKERS):
            process = self.processes[name]
            process.resume(self.loop.time())
            if not process.alive or process.stop.is_set():
                process.kill()
                self.start(name)

    def settle(self, minutes: float = 60) -> bool:
        """Let time pass until nothing is left to do; tell whether that came to be in time."""
        until = self.loop.time() + minutes * 60
        while self.loop.time() < until:
            self.run(_SETTLING_SECONDS)
            if self.idle():
                return True
        return False

    def idle(self) -> bool:
        """Return whether every accepted upload has a published outcome and no message waits."""
        if any(self.post.queues[service].messages for service in SERVICES):
            return False
        for (pk, sk), item in list(self.items.items.items()):
            if sk == "JOB" and item["status"] == "PREPARING":
                return False
            if sk == "JOB" and item["status"] == "ACCEPTED" and not self._outcome_published(pk):
                return False
            if sk == "NOTIFY" and "due_kind" in item:
                return False
        return True

    def _outcome_published(self, pk: str) -> bool:
        return any(
            key == pk and sk.startswith("OUTCOME#") and item.get("said")
            for (key, sk), item in self.items.items.items()
        )


def _for_uploads(wiring: Wiring) -> Wiring:
    """Leave out the sweeps for transfers."""
    sweeps = {
        call: seconds
        for call, seconds in wiring.sweeps.items()
        if ".transfers." not in instrumentation.name_of(call)
    }
    return replace(wiring, sweeps=sweeps)


@cache
def _settings_of(model: type[T], service: str, **own: Any) -> T:
    """Return a service's settings; made once, for every process of every world reads the same."""
    name = "api" if service == "ingest" else service
    return model(
        aws_region="us-east-1",
        jobs_table_name="jobs",
        topic_arn=name,
        signed_upload_bucket=UPLOADS,
        s3_static_arn=STATIC,
        queue_name=name,
        dead_letter_queue_name=f"{name}-dlq",
        graphql_endpoint="simulated",
        api_secret="-",
        graphql_timeout_seconds=10,
        **own,
    )


def simulated_settings(service: str) -> IngestSettings:
    """Return settings that fit the simulated outside."""
    settings: IngestSettings = _settings_of(IngestSettings, service)
    return settings
