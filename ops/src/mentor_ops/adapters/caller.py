"""The AWS identity in use."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mentor_common.errors import DependencyDownError


def caller_arn(sts: Any) -> str:
    """Return the ARN of the identity in use.

    Raises
    ------
    DependencyDownError
        When AWS does not say.
    """
    try:
        return str(sts.get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError) as error:
        raise DependencyDownError("sts", type(error).__name__) from error
