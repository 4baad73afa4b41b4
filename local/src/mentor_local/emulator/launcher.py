"""Run ministack with snapshots of its state: started by its own interpreter, never imported.

Ministack writes its state only when it stops in an orderly way. Here changes are also written every
``SNAPSHOT_SECONDS``, so that ``kill -9`` costs at most those. A snapshot is taken on the event
loop that serves the requests, hence between two of them, and becomes current by the swap of one
symbolic link: queues, table and topics are always of the same moment.

Only the standard library, ministack and the server it runs under are available here. What is
touched of ministack's inside (``_build_persistence_save_dict``, ``_json_default``,
``_state_format_version``, ``STATE_DIR``,
``_state_map``, ``_get_module``, ``_get_reset_lock``, ``_reset_all_state``,
``iam_evaluator.{evaluate,enforce}``, ``iam_actions.extract_resource_arn``,
``iam_actions.dynamodb_service_context``, ``concurrency.esm_wake``, ``sqs.asyncio``,
``{cloudformation,dynamodb,iam,s3,sqs}.copy``,
``dynamodb.{_tables,_resolve_index_keys,_key_condition_av}``,
``cloudformation.engine.CfnLoader``) is guarded by
``local/tests/emulator/test_launcher.py`` and ``local/tests/provision/test_template.py``.
"""

# ruff: noqa: SLF001 -- ministack offers no public way to save while it runs; a test guards these

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import os
import pickle
import re
import shutil
import signal
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SNAPSHOT_SECONDS = 2.0
_READING = re.compile(rb"BatchGet|Describe|Get|List|Query|Receive|Scan")
"""Begins the name of an action that changes nothing that is kept. What was received and not deleted
is visible again after a restart."""


class Snapshots:
    """Generations of saved state in one folder; the link ``current`` names the newest whole one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.current = folder / "current"
        folder.mkdir(parents=True, exist_ok=True)
        if not self.current.exists():
            self._switch(self._next_generation())
        self._remove_all_but_current()

    def write(self, states: dict[str, Any]) -> None:
        """Write all states as one generation and make it the current one.

        Raises
        ------
        OSError
            When a file cannot be written; the previous generation then stays current.
        """
        from ministack.core import persistence  # noqa: PLC0415 -- after the environment is set

        generation = self._next_generation()
        for name, state in states.items():
            document = {
                "__ministack_format__": persistence._state_format_version(name),
                "payload": state,
            }
            text = json.dumps(document, default=persistence._json_default)
            (generation / f"{name}.json").write_text(text)
        self._switch(generation)
        self._remove_all_but_current()

    def _next_generation(self) -> Path:
        newest = int(self.current.resolve().name) if self.current.exists() else 0
        generation = self._folder / str(newest + 1)
        shutil.rmtree(generation, ignore_errors=True)  # what a killed writer left unfinished
        generation.mkdir()
        return generation

    def _switch(self, generation: Path) -> None:
        link = self._folder / "next"
        link.unlink(missing_ok=True)
        link.symlink_to(generation.name)
        link.replace(self.current)

    def _remove_all_but_current(self) -> None:
        kept = self.current.resolve()
        for entry in self._folder.iterdir():
            if entry.is_dir() and not entry.is_symlink() and entry != kept:
                shutil.rmtree(entry, ignore_errors=True)


def may_change(scope: Any) -> bool:
    """Return whether a request may change what is kept, by its action or else by its method."""
    target = dict(scope["headers"]).get(b"x-amz-target", b"")
    if target:
        return not _READING.match(target.rpartition(b".")[2])
    return scope["method"] not in {"GET", "HEAD"}


async def snapshot_until(
    stopping: asyncio.Event, changed: asyncio.Event, snapshots: Snapshots
) -> None:
    """Write changes every ``SNAPSHOT_SECONDS``; a snapshot that fails is reported and tried again.

    Copying and writing takes a tenth of a second and more, which nobody should pay while idle.
    """
    from ministack import app  # noqa: PLC0415 -- after the environment is set

    while not stopping.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), SNAPSHOT_SECONDS)
            return
        if not changed.is_set():
            continue
        changed.clear()
        # The copies are taken here, between two requests; only the writing leaves the loop.
        states = {name: copy() for name, copy in app._build_persistence_save_dict().items()}
        loaded = {name: state for name, state in states.items() if state is not None}
        try:
            await asyncio.to_thread(snapshots.write, loaded)
        except OSError as error:
            changed.set()
            print(f"snapshot not written: {error}", flush=True)


class Baseline:
    """Ministack, with a state of the account that can be saved and restored over HTTP.

    ``POST /_baseline/save`` remembers everything but the objects in buckets; ``POST
    /_baseline/restore`` resets the account to that. Tests provision once and restore for each
    test, which takes hundredths of a second instead of most of one.
    """

    def __init__(self, app: Any, changed: asyncio.Event) -> None:
        self._ministack = app
        self._changed = changed
        self._states = pickle.dumps({})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request, ours or ministack's."""
        actions = {"/_baseline/save": self._save, "/_baseline/restore": self._restore}
        action = actions.get(scope.get("path", ""))
        if action is None or scope["method"] != "POST":
            await self._ministack.app(scope, receive, send)
            if scope["type"] == "http" and may_change(scope):
                self._changed.set()
            return
        async with self._ministack._get_reset_lock():  # other requests wait, as for a reset
            await asyncio.to_thread(action)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def _save(self) -> None:
        copies = self._ministack._build_persistence_save_dict()
        self._states = pickle.dumps({name: take() for name, take in copies.items()})

    def _restore(self) -> None:
        self._ministack._reset_all_state()
        for name, state in pickle.loads(self._states).items():  # noqa: S301 -- our own, of above
            module = self._ministack._get_module(self._ministack._state_map[name])
            module.load_persisted_state(state)


def listening_socket() -> socket.socket:
    """Return the socket to serve on: inherited from a test that chose the port, or a new one.

    Raises
    ------
    OSError
        When the port is taken.
    """
    inherited = os.environ.get("EMULATOR_LISTEN_FD")
    if inherited:
        return socket.socket(fileno=int(inherited))
    return socket.create_server((os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"])))


def note_actions(file: Path) -> None:
    """Write each principal's actions to ``file``, a line each: ARN, action, allowed or refused.

    The emulator judges every request of those who are not root. What the services ask for is what
    their policies must allow, and whatever a policy allows beside that is too much.
    """
    from ministack.core import iam_evaluator  # noqa: PLC0415 -- after the environment is set

    evaluate, enforce = iam_evaluator.evaluate, iam_evaluator.enforce
    noted: set[str] = set()
    judged: list[str] = []  # who asks for what; a request is judged without a break in between

    def evaluate_and_remember(context: Any, *policies: Any) -> Any:
        judged.append(f"{context.principal_arn} {context.action}")
        return evaluate(context, *policies)

    def enforce_and_note(*arguments: Any, **named: Any) -> Any:
        judged.clear()
        refusal = enforce(*arguments, **named)
        line = f"{judged[0]} {'refused' if refusal else 'allowed'}\n" if judged else ""
        if line not in noted:
            noted.add(line)
            with file.open("a") as notes:
                notes.write(line)
        return refusal

    iam_evaluator.evaluate = evaluate_and_remember
    iam_evaluator.enforce = enforce_and_note


def name_transcription_jobs() -> None:
    """Let a policy's statement about a transcription job be judged by the job that is asked for.

    Ministack knows no resources of Transcribe. On AWS these two actions are about a job, and
    starting one is about none (service authorization reference of Amazon Transcribe).
    """
    from ministack.core import iam_actions  # noqa: PLC0415 -- after the environment is set

    extract = iam_actions.extract_resource_arn
    about_a_job = ("GetTranscriptionJob", "DeleteTranscriptionJob")

    def extract_jobs_too(
        service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
    ) -> Any:
        target = str(headers.get("x-amz-target", ""))
        if service != "transcribe" or not target.endswith(about_a_job):
            return extract(service, method, path, headers, body, *rest)
        _, region, account = rest
        name = json.loads(body)["TranscriptionJobName"]
        return f"arn:aws:transcribe:{region}:{account}:transcription-job/{name}"

    iam_actions.extract_resource_arn = extract_jobs_too


def name_leading_keys() -> None:
    """Let a policy's condition on ``dynamodb:LeadingKeys`` be judged by the keys asked for.

    Ministack leaves that key out, and what is asked of all values of a key holds where it has none.
    Each write of a transaction is judged by the keys of all of them: never more lenient than AWS.
    """
    from ministack.core import iam_actions  # noqa: PLC0415 -- after the environment is set

    context_of = iam_actions.dynamodb_service_context

    def context_with_leading_keys(body: bytes) -> dict[str, Any]:
        keys = [*leading_keys(json.loads(body or b"{}"))]
        return {**context_of(body), **({"dynamodb:LeadingKeys": keys} if keys else {})}

    iam_actions.dynamodb_service_context = context_with_leading_keys


def leading_keys(request: dict[str, Any]) -> Iterator[str]:
    """Yield the partition keys that a request to DynamoDB names; of a scan there are none.

    In a query of an index they are the index's own (Developer Guide, "Using IAM policy conditions
    for fine-grained access control"). One that cannot be found is empty, so no pattern admits it.
    """
    for part in request.get("TransactItems", ()):
        for one in part.values():
            yield from leading_keys(one)
    for table, batch in request.get("RequestItems", {}).items():
        for one in batch["Keys"] if isinstance(batch, dict) else batch:
            asked = one if isinstance(batch, dict) else {}
            key = {"Key": asked} if asked else next(iter(one.values()))
            yield from leading_keys({"TableName": table, **key})
    if "Key" in request or "Item" in request or "KeyConditionExpression" in request:
        yield _leading_key(request)


def _leading_key(request: dict[str, Any]) -> str:
    from ministack.services import dynamodb  # noqa: PLC0415 -- after the environment is set

    table = dynamodb._tables.get(request["TableName"].rpartition("/")[2])
    if table is None:
        return ""
    name, *_ = dynamodb._resolve_index_keys(table, request.get("IndexName"))
    asked = request.get("Key") or request.get("Item")
    value = (
        asked.get(name)
        if asked
        else dynamodb._key_condition_av(
            request["KeyConditionExpression"],
            None,
            request.get("ExpressionAttributeValues", {}),
            request.get("ExpressionAttributeNames", {}),
            name,
        )
    )
    return str(next(iter(value.values()))) if value else ""


def answer_long_polls_at_once() -> None:
    """Answer a long poll when a message comes, as SQS does; ministack looks ten times a second.

    What is hidden for a while or delayed is still found by that.
    """
    from ministack.core.concurrency import esm_wake  # noqa: PLC0415 -- after the environment is set
    from ministack.services import sqs  # noqa: PLC0415 -- as above

    loop, come = asyncio.get_running_loop(), asyncio.Event()
    note_event = esm_wake.set  # all that puts a message into a queue calls it

    async def wait_for_a_message(seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(come.wait(), seconds)

    def wake() -> None:
        come.set()  # all that wait by now are woken, and the next ones wait again
        come.clear()

    def note_and_wake() -> None:
        note_event()
        loop.call_soon_threadsafe(wake)

    esm_wake.set = note_and_wake
    sqs.asyncio = SimpleNamespace(iscoroutine=asyncio.iscoroutine, sleep=wait_for_a_message)


def copy_by_pickle() -> None:
    """Let ministack copy by pickle; what it keeps is plain data, and copied for each snapshot.

    ``copy.deepcopy`` takes several times as long, in which nothing else is answered.
    """
    from ministack.services import cloudformation as cfn  # noqa: PLC0415 -- as above
    from ministack.services import dynamodb, iam, s3, sqs  # noqa: PLC0415 -- as above

    def copied(kept: Any) -> Any:
        return pickle.loads(pickle.dumps(kept))  # noqa: S301 -- our own

    for service in (cfn, dynamodb, iam, s3, sqs):
        service.copy = SimpleNamespace(copy=copy.copy, deepcopy=copied)


def parse_templates_by_libyaml() -> None:
    """Read CloudFormation templates by the parser written in C; ours takes Python half a second."""
    import yaml  # noqa: PLC0415 -- lives in the emulator's environment, too
    from ministack.services.cloudformation import engine  # noqa: PLC0415 -- as above

    class Loader(yaml.CSafeLoader):
        yaml_constructors = engine.CfnLoader.yaml_constructors

    engine.CfnLoader = Loader


class JoinedWrites:
    """A transport that sends what is written in one turn of the event loop at once.

    The server writes an answer's head and its body one after the other, and a loop for each of
    them would ask the kernel, and wake the client up, twice: a fifth of what a request costs.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._written: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        """Return what else the transport has."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send ``data`` at the end of this turn."""
        if not self._written:
            asyncio.get_running_loop().call_soon(self._send)
        self._written.append(data)

    def close(self) -> None:
        """Close the connection once everything is sent."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        written, self._written = b"".join(self._written), []
        if written and not self._transport.is_closing():
            self._transport.write(written)


def joining_protocol() -> Any:
    """Return the server's HTTP protocol with :class:`JoinedWrites`."""
    # PLC0415, import-not-found: it lives in the emulator's environment only
    from uvicorn.protocols.http.httptools_impl import (  # type: ignore[import-not-found] # noqa: PLC0415
        HttpToolsProtocol,
    )

    class Joining(HttpToolsProtocol):  # type: ignore[misc] # it is not found
        def connection_made(self, transport: Any) -> None:
            super().connection_made(JoinedWrites(transport))

    return Joining


async def serve(listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, then let ministack save its state."""
    # PLC0415, import-not-found: both live in the emulator's environment only
    import uvicorn  # type: ignore[import-not-found] # noqa: PLC0415
    from ministack import app as ministack  # noqa: PLC0415 -- after the environment is set

    note_actions(Path(os.environ["ACTIONS_FILE"]))
    name_transcription_jobs()
    name_leading_keys()
    parse_templates_by_libyaml()
    copy_by_pickle()
    answer_long_polls_at_once()
    changed, stopping = asyncio.Event(), asyncio.Event()
    app = Baseline(ministack, changed)
    writer = None
    if os.environ.get("PERSIST_STATE") == "1":
        snapshots = Snapshots(Path(os.environ["STATE_DIR"]).parent)
        writer = asyncio.create_task(snapshot_until(stopping, changed, snapshots))

    async def stop_writing_first(scope: Any, receive: Any, send: Any) -> None:
        async def receive_after_the_writer() -> Any:
            message = await receive()
            if writer and message["type"] == "lifespan.shutdown":
                stopping.set()  # its last write must not race with ministack's own at shutdown
                await writer
            return message

        await app(scope, receive_after_the_writer if scope["type"] == "lifespan" else receive, send)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn sends itself again what has stopped it
    config = uvicorn.Config(
        stop_writing_first,
        http=joining_protocol(),
        log_level="error",
        access_log=False,
        proxy_headers=False,
        date_header=False,  # ministack's own is of the moment
        server_header=False,
        timeout_keep_alive=75,  # longer than an SQS long poll
        timeout_graceful_shutdown=1,
    )
    await uvicorn.Server(config).serve(sockets=[listener])


def main() -> None:
    """Serve on the fastest event loop there is."""
    import uvloop  # type: ignore[import-not-found] # noqa: PLC0415 -- lives beside ministack

    uvloop.run(serve(listening_socket()))


if __name__ == "__main__":
    main()
