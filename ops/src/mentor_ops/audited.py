"""Recording of the tool's actions in the audit log, beside those of the console."""

from __future__ import annotations

import getpass
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mentor_common.errors import DependencyDownError
from mentor_common.operating.audit import Audit
from mentor_ops.adapters.caller import caller_arn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_common.operating.audit import Verb
    from mentor_ops.target import Target


@contextmanager
def audited(target: Target, verb: Verb, **to: str | None) -> Iterator[dict[str, Any]]:
    """Write that an action begins, and at the end what it left in the dict that this gives.

    Killed in between, it stays begun.

    Parameters
    ----------
    target
        The stage.
    verb, to
        What is done, and to what.
    """
    audit = Audit(target.table, target.clock)
    with audit.recorded(_who(target), "mentor-ops", verb, dict(to)) as result:
        yield result


def _who(target: Target) -> str:
    """Return the name of the person at this machine, with their AWS identity where AWS answers."""
    name = os.environ.get("SUDO_USER") or getpass.getuser()
    try:
        return f"{name} ({caller_arn(target.client('sts'))})"
    except DependencyDownError:
        return name
