"""``--preflight``: each process proves itself with the real wiring, or says what is missing."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from mentor_common.events import CANARY, TranscriptionChanged
from mentor_local.provision import SERVICES, service_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from module_processes import Processes


PROCESSES = {
    "api-web": ("mentor_api", "web"),
    "api-ingest": ("mentor_api", "ingest"),
    "transcoder": ("mentor_transcoder",),
    "transcriber": ("mentor_transcriber",),
    "notifier": ("mentor_notifier",),
}
NOWHERE = "http://127.0.0.1:9"
WITH_AWS = ("transcriber", {"TRANSCRIBE_ENGINE": "aws"})
Case = tuple[str, dict[str, str]]
"""A process, and what is different in its environment."""


class Run(NamedTuple):
    """Exit code of a preflight, and its lines."""

    code: int | None
    lines: list[str]


@pytest.fixture
def preflight(
    cloud: Any, graphql_environment: dict[str, str], processes: Processes, tmp_path: Path
) -> Callable[[Mapping[str, Case]], dict[str, Run]]:
    """Return a function that runs preflights at once, with no more rights than the roles give."""
    keys = {service: service_credentials(cloud.stack, service) for service in SERVICES}

    def run(cases: Mapping[str, Case]) -> dict[str, Run]:
        started = {}
        for name, (process, changes) in cases.items():
            service = process.partition("-")[0]
            environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
            environment |= cloud.environment(service) | graphql_environment | keys[service]
            environment |= {"WORK_DIR": str(tmp_path / name), **changes}
            module, *arguments = PROCESSES[process]
            output = tmp_path / f"{name}.out"
            arguments += ["--preflight", "0"]  # nothing that is down is waited for
            started[name] = processes.start(module, environment, arguments, output), output
        return {
            name: Run(processes.wait(process, seconds=120), _lines(output))
            for name, (process, output) in started.items()
        }

    return run


def _lines(output: Path) -> list[str]:
    lines = output.read_text().splitlines()
    return [line.removeprefix("preflight: ") for line in lines if line.startswith("preflight: ")]


def test_each_process_proves_itself_and_nobody_notices(
    preflight: Callable[..., dict[str, Run]], cloud: Any
) -> None:
    _keep_what_expires(cloud)
    sqs = cloud.client("sqs")
    for service in SERVICES:  # work that waits for the version that runs
        url = sqs.get_queue_url(QueueName=cloud.stack.services[service].queue_name)["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="real work", MessageGroupId="a")

    runs = preflight({process: (process, {}) for process in PROCESSES} | {"aws": WITH_AWS})

    started = runs.pop("aws")
    assert started.code == 0, started.lines
    assert "mentor-upload-local-" in started.lines[-1]
    assert " was started, in " in started.lines[-1]
    for process, (code, lines) in runs.items():
        assert code == 0, (process, lines)
        checked = [line.partition(": ")[0] for line in lines]
        uses = {"dynamodb", "s3", "sns", "canary"}
        uses |= set() if process == "api-web" else {"sqs"}
        uses |= set() if process.startswith("trans") else {"graphql"}
        assert set(checked) == uses, process
        assert checked[-1] == "canary"
        assert all(": ok: " in line for line in lines)
    assert "mobile, original, thumbnail, web" in runs["transcoder"].lines[-1]
    assert "transcript, vtt by " in runs["transcriber"].lines[-1]
    for service in SERVICES:
        names = cloud.stack.services[service]
        assert _bodies(sqs, names.queue_name) == ["real work"], "visible, alone, and not taken"
        assert _bodies(sqs, names.dead_letter_queue_name) == []
    _expires(cloud)


def _keep_what_expires(cloud: Any) -> None:
    """Turn off what removes expired items: the emulator would do it once a minute."""
    cloud.client("dynamodb").update_time_to_live(
        TableName=cloud.stack.jobs_table,
        TimeToLiveSpecification={"Enabled": False, "AttributeName": "ttl"},
    )


def _expires(cloud: Any) -> None:
    """What canaries have left expires, and no sweep finds it until then."""
    items = cloud.client("dynamodb").scan(TableName=cloud.stack.jobs_table)["Items"]
    assert {item["pk"]["S"].partition("#")[0] for item in items} == {
        *("ANSWER", "MENTOR", "TRANSFER", "UPLOAD"),
    }
    for item in items:
        assert float(item["ttl"]["N"]) <= time.time()
        assert "due_at" not in item
    s3, bucket = cloud.client("s3"), cloud.stack.static_bucket
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    (rule,) = (rule for rule in rules if rule["ID"] == "canaries-expire")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert rule["Filter"] == {"Prefix": f"videos/{CANARY}/"}
    assert keys
    assert all(key.startswith(f"videos/{CANARY}/") for key in keys)


def _bodies(sqs: Any, queue: str) -> list[str]:
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    bodies = [message["Body"] for message in answer.get("Messages", [])]
    # The end of a job of AWS's is told to whoever works, who finds no task that waits for it.
    return [body for body in bodies if TranscriptionChanged.TYPE not in body]


CASES: dict[str, tuple[str, dict[str, str], str]] = {
    "no table": ("notifier", {"JOBS_TABLE_NAME": "none"}, "dynamodb: FAILED: none: "),
    "no queue": ("notifier", {"QUEUE_NAME": "none"}, "sqs: FAILED: none: "),
    "no dead-letter queue": ("notifier", {"DEAD_LETTER_QUEUE_NAME": "none"}, "sqs: FAILED: "),
    "no static bucket": (
        *("notifier", {"S3_STATIC_ARN": "arn:aws:s3:::none"}),
        "s3: FAILED: none: it is not there",
    ),
    "no topic": (
        *("notifier", {"TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:none"}),
        "sns: FAILED: arn:aws:sns:us-east-1:000000000000:none: ",
    ),
    "no GraphQL": (
        *("notifier", {"GRAPHQL_ENDPOINT": f"{NOWHERE}/graphql"}),
        f"graphql: FAILED: {NOWHERE}/graphql: graphql: ",
    ),
    "no service of GraphQL's": (
        *("notifier", {"API_SECRET": "another"}),
        "canary: FAILED: the service credential (API_SECRET) does not count",
    ),
    "nor of the web process": (
        *("api-web", {"API_SECRET": "another"}),
        "graphql: FAILED: ",
    ),
    "no AWS": ("notifier", {"AWS_ENDPOINT_URL": NOWHERE}, "dynamodb: FAILED: "),
    "no upload bucket": (
        *("transcoder", {"SIGNED_UPLOAD_BUCKET": "none"}),
        "canary: FAILED: there is no bucket none (SIGNED_UPLOAD_BUCKET)",
    ),
    "no ffmpeg": (
        *("transcoder", {"FFMPEG_EXECUTABLE": "/nowhere/ffmpeg"}),
        "canary: FAILED: would be tried again later: FileNotFoundError",
    ),
    "no region": ("notifier", {"AWS_REGION": ""}, "configuration: AWS_REGION: Field required"),
}


def test_whatever_is_missing_is_named(
    preflight: Callable[..., dict[str, Run]], tmp_path: Path
) -> None:
    runs = preflight({name: (process, changes) for name, (process, changes, _) in CASES.items()})

    for name, (_, _, text) in CASES.items():
        found = runs[name]
        if text.startswith("configuration"):
            assert found == Run(2, []), name
            assert text in (tmp_path / "log").read_text()
            continue
        assert found.code == 1, (name, found.lines)
        assert any(line.startswith(text) for line in found.lines), (name, found.lines)
        assert "another" not in "".join(found.lines), "secrets are not shown"


def test_a_role_that_lacks_a_permission_is_told_of(
    preflight: Callable[..., dict[str, Run]], cloud: Any
) -> None:
    keys = service_credentials(cloud.stack, "notifier")

    code, lines = preflight({"transcoder": ("transcoder", keys)})["transcoder"]

    assert code == 1
    refused = [line for line in lines if "FAILED" in line]
    assert len(refused) == 2, lines
    for line, action in zip(refused, ("sqs:GetQueueUrl", "sns:GetTopicAttributes"), strict=True):
        assert action in line
        assert line.endswith("is refused; see what its role may do")
