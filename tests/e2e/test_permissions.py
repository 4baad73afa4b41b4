"""What the services ask AWS for, against what their policies allow."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from mentor_local.graphql.seed import SEED_QUESTION_ID
from mentor_local.provision import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_local.running import RunningStack

DEAD_LETTER = "a copy of the message when five starts have failed"
HAND_BACK = "messages whose work lasts over 20 s, waits or is handed back"
CONSOLE = "what operators look at and do in the console"
TRANSCRIBE = "only the engine that asks AWS Transcribe; here the recogniser is our own"
# What a policy allows beside what a plain upload asks for, each with its reason.
UNSEEN = {
    "api": {
        "cloudwatch:GetMetricData": CONSOLE,
        "dynamodb:DeleteItem": "the lock given back when GraphQL refuses the first upload",
        "dynamodb:Scan": CONSOLE,
        "s3:AbortMultipartUpload": "resumable uploads that are given up",
        "s3:ListMultipartUploadParts": "resumable uploads",
        "s3:PutObjectTagging": "captions that newer ones replaced, pictures that were refused",
        "sqs:ChangeMessageVisibility": HAND_BACK,
        "sqs:DeleteMessage": "messages of transfers",
        "sqs:SendMessage": DEAD_LETTER,
    },
    "transcoder": {
        "s3:PutObjectTagging": "the original's tag; of a copy, the emulator asks less than AWS",
        "sqs:ChangeMessageVisibility": HAND_BACK,
        "sqs:SendMessage": DEAD_LETTER,
    },
    "transcriber": {
        "sqs:ChangeMessageVisibility": HAND_BACK,
        "sqs:SendMessage": DEAD_LETTER,
        "dynamodb:Query": TRANSCRIBE,
        "transcribe:GetTranscriptionJob": TRANSCRIBE,
        "transcribe:StartTranscriptionJob": TRANSCRIBE,
    },
    "notifier": {
        "dynamodb:DeleteItem": "the intent taken back when GraphQL is not there for a transfer",
        "s3:PutObjectTagging": "what was superseded, tagged a minute after the last write",
        "sqs:ChangeMessageVisibility": HAND_BACK,
        "sqs:SendMessage": DEAD_LETTER,
    },
}


def test_each_service_may_do_what_it_does_and_nothing_else(
    running: RunningStack, clip: Callable[[str], Path]
) -> None:
    body = running.body(SEED_QUESTION_ID, trim={"start": 1.0, "end": 5.0}, generateThumbnail=True)
    data = running.ui.upload(clip("six.mp4"), body)
    assert running.finish(data["upload_id"])["state"] == "READY"

    asked: dict[str, set[str]] = defaultdict(set)
    refused = []
    for line in (running.home / "emulator" / "actions.txt").read_text().splitlines():
        principal, action, decision = line.split()
        # A policy knows no batches: sqs:SendMessage allows sqs:SendMessageBatch too.
        asked[principal.rpartition("-")[2]].add(action.removesuffix("Batch"))
        if decision != "allowed":
            refused.append(line)
    allowed = {service: _allowed(running, service) for service in SERVICES}

    assert not refused, "\n".join(refused)
    assert set(asked) == set(SERVICES)
    for service in SERVICES:
        assert asked[service] <= allowed[service]
        assert allowed[service] - asked[service] <= set(UNSEEN.get(service, {})), service


def _allowed(running: RunningStack, service: str) -> set[str]:
    iam = running.client("iam")
    user = f"mentor-upload-local-{service}"
    (attached,) = iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]
    policy = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]
    version = iam.get_policy_version(
        PolicyArn=attached["PolicyArn"], VersionId=policy["DefaultVersionId"]
    )["PolicyVersion"]["Document"]
    document = json.loads(version) if isinstance(version, str) else version
    return {
        action.removesuffix("*")
        for statement in document["Statement"]
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
    }
