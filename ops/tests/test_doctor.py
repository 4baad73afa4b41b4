"""``mentor-ops doctor``, where the tool points, and what its exit codes mean."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.clock import ManualClock
from mentor_local.accepting import accept, new_answer
from mentor_local.home import Home
from mentor_local.provision import provision
from mentor_ops.doctor.existing_bucket import lifecycle_faults
from mentor_ops.doctor.health import ready
from mentor_ops.errors import OpsError
from mentor_ops.target import find

if TYPE_CHECKING:
    from collections.abc import Callable

SAYS = "docs/migrate.md#prepare-the-bucket-and-the-cdn"
TEMPLATE = Path(__file__).parents[2] / "infra" / "stage" / "stateful.yaml"


def faults(found: list[dict[str, Any]]) -> dict[str, str]:
    return {one["what"]: one["fault"] for one in found if one["fault"]}


def test_a_fresh_stage_is_wired_as_its_templates_say(
    cloud: Any, ops: Callable[..., tuple[int, Any]]
) -> None:
    assert cloud
    code, found = ops("doctor", "--json")
    assert faults(found) == {}
    assert code == 0
    kinds = [one["what"].split()[0] for one in found]
    assert kinds.count("SQS::Queue") >= 8
    assert kinds.count("SNS::Subscription") >= 7
    assert kinds.count("CloudWatch::Alarm") >= 8
    assert "DynamoDB::Table" in kinds
    assert ops("doctor", "--template", str(TEMPLATE))[0] == 0


def test_uploads_that_nobody_works_on_are_named(
    line: Any, ops: Callable[..., tuple[int, Any]]
) -> None:
    a_minute_ago = ManualClock(time.time() - 60)
    accept(line.table, new_answer(line.graphql.store), clock=a_minute_ago)
    code, found = ops("doctor", "--json")
    said = faults(found)
    assert (code, said["uploads for the transcoder"]) == (1, "no transcoder is running")
    assert "uploads for the transcriber" not in said


def test_what_is_wired_otherwise_is_named(
    cloud: Any, line: Any, ops: Callable[..., tuple[int, Any]], tmp_path: Path
) -> None:
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    api, hears = cloud.stack.services["api"], cloud.stack.services["transcriber"]
    for each in sns.list_subscriptions_by_topic(TopicArn=api.topic_arn)["Subscriptions"]:
        if each["Endpoint"] == hears.queue_arn:
            sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
        if each["Endpoint"] == cloud.stack.services["transcoder"].queue_arn:
            sns.set_subscription_attributes(
                SubscriptionArn=each["SubscriptionArn"],
                AttributeName="FilterPolicy",
                AttributeValue='{"type": ["upload.accepted.v2"]}',
            )
    alarms = cloud.client("cloudwatch")
    alarms.delete_alarms(AlarmNames=["mentor-upload-local-notifier-dead-letters"])
    sqs.set_queue_attributes(QueueUrl=line.url(), Attributes={"VisibilityTimeout": "7"})
    line.send("no json", "DEAD_LETTER_QUEUE_NAME", code="not_json")

    code, found = ops("doctor", "--json")
    said = faults(found)
    assert code == 1
    assert set(said) == {
        "SNS::Subscription TranscriberHearsApi",
        "SNS::Subscription TranscoderHearsApi",
        "SQS::Queue TranscoderQueue",
        "CloudWatch::Alarm NotifierDeadLetterAlarm",
        "queue of transcoder",
    }
    assert "do not reach the queue" in said["SNS::Subscription TranscriberHearsApi"]
    assert "upload.accepted.v2" in said["SNS::Subscription TranscoderHearsApi"]
    assert said["SQS::Queue TranscoderQueue"] == "VisibilityTimeout is 7, not 60"
    assert "dlq peek --queue transcoder" in said["queue of transcoder"]

    changed = tmp_path / "template.yaml"
    changed.write_text(TEMPLATE.read_text().replace("Period: 345600", "Period: 60"))
    code, found = ops("doctor", "--template", str(changed), "--json")
    assert faults(found)["SQS::Queue NotifierQueue"] == "MessageRetentionPeriod is 345600, not 60"


MIGRATE = Path(__file__).parents[2] / "docs" / "migrate.md"


def documented_rules() -> list[dict[str, Any]]:
    """Return the lifecycle rules that docs/migrate.md wants added to a bucket that is there."""
    (listing,) = re.findall(r"# add these:\n((?:#  .*\n)+)", MIGRATE.read_text())
    rules: list[dict[str, Any]] = json.loads(f"[{listing.replace('#  ', '')}]")
    return rules


def test_what_a_bucket_that_was_there_before_lacks_is_named(
    cloud: Any, ops: Callable[..., tuple[int, Any]]
) -> None:
    s3, name = cloud.client("s3"), "careerfair-static"
    s3.create_bucket(Bucket=name)
    provision(cloud.emulator.endpoint, "old", static_bucket=name)

    def told(*rules: dict[str, Any], versions: str = "Enabled") -> str | None:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": versions})
        s3.delete_bucket_lifecycle(Bucket=name)
        if rules:
            configuration = {"Rules": list(rules)}
            s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration=configuration)
        code, found = ops("--stage", "old", "doctor", "--json")
        said = faults(found)
        assert code == (1 if said else 0)
        assert not said.keys() - {f"S3::Bucket {name}"}
        return said.get(f"S3::Bucket {name}")

    superseded, canaries, versions = documented_rules()
    short = {**versions, "NoncurrentVersionExpiration": {"NoncurrentDays": 3}}
    off = {**superseded, "Status": "Disabled"}
    all_go = {**off, "Status": "Enabled", "ID": "tidy", "Filter": {"Prefix": ""}}
    other = {**all_go, "Filter": {"Prefix": "logs/"}}
    seen = {
        "nothing": told(),
        "no versions": told(superseded, versions, versions="Suspended"),
        "others' rules": told(off, short, all_go),
        "as documented": told(superseded, canaries, versions, other),
    }
    assert seen == {
        "nothing": "has no lifecycle rules, or they are not ours to see"
        f" (s3:GetLifecycleConfiguration); see {SAYS}",
        "no versions": "keeps no versions, so what is trimmed away can be gone for good the day"
        f" after; see {SAYS}",
        "others' rules": "no rule expires what is tagged superseded=true, which stays for ever;"
        " removes versions after 3 days, not 30; its rule tidy removes what pages play;"
        f" see {SAYS}",
        "as documented": None,
    }
    s3.delete_bucket(Bucket=name)
    assert faults(ops("--stage", "old", "doctor", "--json")[1]) == {
        f"S3::Bucket {name}": "missing, or not ours"
    }


def test_a_rule_in_the_older_form_is_understood() -> None:
    """It has its prefix beside the filter, of which the emulator keeps nothing."""
    superseded, canaries, versions = documented_rules()
    older = {"ID": "tidy", "Status": "Enabled", "Expiration": {"Days": 365}}

    def told(prefix: str) -> list[str]:
        return [*lifecycle_faults([superseded, canaries, versions, {**older, "Prefix": prefix}])]

    assert told("logs/") == []
    assert told("videos/m/") == told("") == ["its rule tidy removes what pages play"]


def test_a_sweep_that_nobody_runs_is_noticed(
    line: Any, ops: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    line.accept()
    monkeypatch.setattr("mentor_ops.doctor.health.LATE_SECONDS", -3600.0)
    code, found = ops("doctor", "--json")
    assert (code, set(faults(found))) == (1, {"sweep of api", "sweep of notifier"})


@pytest.mark.parametrize(
    ("status", "said", "fault"),
    [
        (200, {"status": "ok", "down": {}}, None),
        (200, {"status": "degraded", "down": {"sns": "sns: HTTP 503"}}, "degraded: "),
        (503, {"status": "down", "down": {"dynamodb": "dynamodb: HTTP 503"}}, "not ready: "),
        (200, "another server", None),
    ],
)
def test_an_api_that_serves_without_a_dependency_is_reported(
    status: int, said: Any, fault: str | None
) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        found = ready(f"http://127.0.0.1:{server.server_port}").fault
        thread.join()
    assert found == (None if fault is None else fault + json.dumps(said))


def test_a_stage_that_is_not_there_and_an_aws_that_does_not_answer(
    cloud: Any, ops: Callable[..., tuple[int, Any]], start_ops: Callable[..., Any]
) -> None:
    assert cloud
    assert ops("--stage", "nowhere", "doctor")[0] == 4
    assert ops("--stage", "nowhere", "dlq", "list")[0] == 4
    assert ops("dlq", "list", "--sample", "get_many")[0] == 2
    with start_ops("dlq", "list", AWS_ENDPOINT_URL="http://127.0.0.1:9") as process:
        _, told = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "not reachable" in told


def test_it_talks_to_the_local_stack_of_this_folder_unless_told_otherwise(
    cloud: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = cloud.environment("api")
    told = {
        "s3": environment["AWS_ENDPOINT_URL"],
        "aws_region": environment["AWS_REGION"],
        "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
    }
    Home(tmp_path / ".local").write_endpoints(told)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MENTOR_"))}
    clean["AWS_PROFILE"] = "production"  # must not be mixed in
    command = [sys.executable, "-m", "mentor_ops", "dlq", "list", "--json"]
    done = subprocess.run(
        command, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert told["s3"] in done.stderr, "it says where it looks"
    assert len(json.loads(done.stdout)) == 4

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MENTOR_UPLOAD_HOME", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert find(local=None, stage="prod", region="eu-west-1").extra == {}, "a stage means AWS"
    (tmp_path / ".local" / "endpoints.json").unlink()
    with pytest.raises(OpsError, match="make run"):
        find(local=True, stage=None, region=None)
    monkeypatch.delenv("AWS_REGION")
    with pytest.raises(OpsError, match="--region"):
        find(local=False, stage="prod", region=None)
