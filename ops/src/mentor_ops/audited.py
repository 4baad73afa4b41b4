"""Recording of the tool's actions in the audit log, beside those of the console."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING, Any

from mentor_common.aws.clients import AwsRefusedError, outages_of
from mentor_common.errors import DependencyDownError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from mentor_common.operating.audit import Verb
    from mentor_ops.target import Target


def audited(target: Target, verb: Verb, **to: str | None) -> AbstractContextManager[dict[str, Any]]:
    """Return the context that records an action: see :meth:`Audit.recorded`."""
    return target.audit.recorded(_who(target), "mentor-ops", verb, dict(to))


def _who(target: Target) -> str:
    """Return the name of the person at this machine, with their AWS identity where AWS answers."""
    name = os.environ.get("SUDO_USER") or getpass.getuser()
    try:
        with outages_of("sts"):
            return f"{name} ({target.client('sts').get_caller_identity()['Arn']})"
    except (AwsRefusedError, DependencyDownError):
        return name
