"""Write a stage's settings files from its CloudFormation stacks.

``infra/settings.py FOLDER STAGE`` takes what `describe-stacks` says from standard input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

SERVICES = ("api", "transcoder", "transcriber", "notifier")
STACKS = ("", "-roles", "-cdn")
"""What the names of a stage's stacks with settings end with; what a later one says holds."""
HEADER = "# Written by `make infra-deploy` from the stack's outputs."


def settings(service: str, stage: str, region: str, outputs: dict[str, str]) -> dict[str, str]:
    """Return the environment of a service's pods, and what KEDA and IRSA need.

    Raises
    ------
    KeyError
        Naming an output that the stacks lack.
    """
    prefix = service.capitalize()
    return {
        "STAGE": stage,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "QUEUE_NAME": outputs[f"{prefix}QueueName"],
        "QUEUE_URL": outputs[f"{prefix}QueueUrl"],
        "DEAD_LETTER_QUEUE_NAME": outputs[f"{prefix}DeadLetterQueueName"],
        "TOPIC_ARN": outputs[f"{prefix}TopicArn"],
        "JOBS_TABLE_NAME": outputs["JobsTableName"],
        "SIGNED_UPLOAD_BUCKET": outputs["UploadBucketName"],
        "S3_STATIC_ARN": outputs["StaticBucketArn"],
        "STATIC_URL_BASE": outputs["StaticUrlBase"],
        "TRANSCRIBE_INPUT_BUCKET": outputs["TranscribeBucketName"],
        "TRANSCRIBE_OUTPUT_BUCKET": outputs["TranscribeBucketName"],
        "ROLE_ARN": outputs[f"{prefix}RoleArn"],
        "SCALER_ROLE_ARN": outputs["ScalerRoleArn"],
    }


def write(overlay: Path, stage: str, stacks: Iterable[dict[str, Any]]) -> int:
    """Write a file a service into ``overlay``; return the exit code.

    Parameters
    ----------
    stacks
        As CloudFormation describes them; those that are not of the stage do not matter.
    """
    named = {each["StackName"]: each for each in stacks}
    names = [f"mentor-upload-{stage}{suffix}" for suffix in STACKS]
    ours = [named[name] for name in names if name in named]
    outputs = {
        each["OutputKey"]: each["OutputValue"] for one in ours for each in one.get("Outputs", [])
    }
    region = ours[0]["StackId"].split(":")[3]
    for service in SERVICES:
        try:
            values = settings(service, stage, region, outputs)
        except KeyError as missing:
            print(
                f"no stack of {stage} has the output {missing}: give the parameter OidcProviderArn "
                "(see docs/deploy.md)",
                file=sys.stderr,
            )
            return 1
        lines = [HEADER, *(f"{name}={value}" for name, value in values.items())]
        (overlay / f"{service}.env").write_text("\n".join(lines) + "\n")
    print(f"wrote {', '.join(f'{overlay}/{service}.env' for service in SERVICES)}: commit them")
    return 0


if __name__ == "__main__":
    sys.exit(write(Path(sys.argv[1]), sys.argv[2], json.load(sys.stdin)["Stacks"]))
