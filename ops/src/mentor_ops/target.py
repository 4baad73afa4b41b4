"""The stage that the tool talks to: the local stack of this folder, or one on AWS."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mentor_common.aws import clients
from mentor_common.clock import SystemClock
from mentor_common.jobs import Reader, Table
from mentor_common.operating.audit import Audit
from mentor_common.operating.dead_letter_queue import DeadLetterQueue, DeadLetterQueues
from mentor_common.operating.search import UploadFinder
from mentor_common.settings import SERVICES, StageSettings
from mentor_ops.errors import Exit, OpsError

_LOCAL_STAGE = "local"
_BATCHES_AT_ONCE = 8
_LOCAL_ENVIRONMENT = {
    "AWS_ENDPOINT_URL": "s3",
    "AWS_REGION": "aws_region",
    "AWS_DEFAULT_REGION": "aws_region",
    "AWS_ACCESS_KEY_ID": "aws_access_key_id",
    "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key",
}


@dataclass(frozen=True)
class Target:
    """A stage, connected; nothing is sent before it is asked for something.

    Parameters
    ----------
    where
        In words, for the operator.
    extra
        The local stack's ``endpoints.json``; empty elsewhere.
    """

    settings: StageSettings
    where: str
    extra: dict[str, str]
    _clients: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def clock(self) -> SystemClock:
        """The machine's clock."""
        return SystemClock()

    @cached_property
    def table(self) -> Table:
        """The stage's jobs table."""
        return Table(self.settings.stage_table_name, self.settings.aws_region)

    @property
    def reader(self) -> Reader:
        """Reads of the jobs table."""
        return Reader(self.table)

    @property
    def finder(self) -> UploadFinder:
        """Searches of the jobs table."""
        return UploadFinder(self.table, self.reader, self.clock, batches_at_once=_BATCHES_AT_ONCE)

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""
        if service not in self._clients:
            self._clients[service] = clients.client(service, self.settings.aws_region)
        return self._clients[service]

    @property
    def audit(self) -> Audit:
        """The log of what operators did."""
        return Audit(self.table, self.clock)

    @property
    def queues(self) -> DeadLetterQueues:
        """The stage's dead-letter queues."""
        return DeadLetterQueues(self.client("sqs"), self.settings)

    def dead_letter_queues(self, service: str | None = None) -> list[DeadLetterQueue]:
        """Return the dead-letter queue of one service, or of all.

        Raises
        ------
        OpsError
            When there is no such service.
        """
        if service is None:
            return self.queues.all()
        if service not in SERVICES:
            raise OpsError(
                f"there is no queue of {service!r}; choose {', '.join(SERVICES)}", Exit.USAGE
            )
        return [self.queues[service]]


def find(*, local: bool | None, stage: str | None, region: str | None) -> Target:
    """Choose the target.

    Without ``--local`` or ``--aws`` it is the local stack when one runs in this folder and
    neither a stage nor ``AWS_ENDPOINT_URL`` says otherwise.

    Raises
    ------
    OpsError
        When ``local`` is asked for and no stack runs, or no region is known.
    """
    endpoints = Path(os.environ.get("MENTOR_UPLOAD_HOME") or ".local") / "endpoints.json"
    if local is None:
        free = stage in {None, _LOCAL_STAGE} and not os.environ.get("AWS_ENDPOINT_URL")
        local = free and endpoints.exists()
    extra: dict[str, str] = {}
    if local:
        extra = _local(endpoints)
        stage = stage or _LOCAL_STAGE
    given = {"stage": stage, "aws_region": region}
    try:
        values: dict[str, Any] = {name: value for name, value in given.items() if value}
        settings = StageSettings(**values)
    except ValidationError:
        raise OpsError("name the region: --region, or AWS_REGION", Exit.USAGE) from None
    where = f"stage {settings.stage} in {settings.aws_region}"
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        where += f" at {endpoint}"
    return Target(settings, where, extra)


def _local(endpoints: Path) -> dict[str, str]:
    """Read the local stack's endpoints and point this process's AWS clients at it."""
    try:
        stack: dict[str, str] = json.loads(endpoints.read_text())
        found = {variable: stack[key] for variable, key in _LOCAL_ENVIRONMENT.items()}
    except (OSError, KeyError, ValueError):
        raise OpsError(
            f"no stack runs here ({endpoints} is missing or old); start it with `make run`",
            Exit.UNREACHABLE,
        ) from None
    # This process's own environment: a user's real AWS settings must not be mixed in.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(found)
    return stack
