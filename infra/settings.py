"""Write a stage's settings files from its CloudFormation stack.

``aws cloudformation describe-stacks … | infra/settings.py k8s/overlays/STAGE``
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

SERVICES = ("api", "transcoder", "transcriber", "notifier")
HEADER = "# Written by `make infra-deploy` from the stack's outputs."


def settings(service: str, stage: str, region: str, outputs: dict[str, str]) -> dict[str, str]:
    """Return the environment of a service's pods, and what KEDA and IRSA need.

    Raises
    ------
    KeyError
        Naming an output that the stack lacks.
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


def main(overlay: Path, document: str) -> int:
    """Write a file a service into ``overlay``; return the exit code."""
    (stack,) = json.loads(document)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    region = stack["StackId"].split(":")[3]
    stage = stack["StackName"].removeprefix("mentor-upload-")
    for service in SERVICES:
        try:
            values = settings(service, stage, region, outputs)
        except KeyError as missing:
            print(
                f"the stack has no output {missing}: give its parameters OidcProviderArn, "
                "and PublicStatic=false (see docs/deploy.md)",
                file=sys.stderr,
            )
            return 1
        lines = [HEADER, *(f"{name}={value}" for name, value in values.items())]
        (overlay / f"{service}.env").write_text("\n".join(lines) + "\n")
    print(f"wrote {', '.join(f'{overlay}/{service}.env' for service in SERVICES)}: commit them")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.stdin.read()))
