"""Settings of a service: read from the environment, validated at start, printed redacted.

Names that users of the serverless version already have keep working (``S3_STATIC_ARN``,
``GRAPHQL_ENDPOINT``, ``API_SECRET`` …). An environment name is the field's name in capitals.
``docs/settings.md`` is written from these classes: a field's description is its row there.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mentor_common.telemetry.redaction import redact_text

SERVICES = ("api", "transcoder", "transcriber", "notifier")
"""The services, each with one queue, one dead-letter queue and one topic."""


class StageSettings(BaseSettings):
    """The deployment stage. A required field without a value stops the process at start."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    stage: str = Field(default="local", description="deployment stage, part of all names")
    aws_region: str = Field(description="AWS region")

    @property
    def stack_name(self) -> str:
        """Name of the stage's CloudFormation stack, and the beginning of every other name."""
        return f"mentor-upload-{self.stage}"

    @property
    def stage_table_name(self) -> str:
        """Name the template gives to the stage's jobs table."""
        return f"{self.stack_name}-jobs"

    def stage_queue_names(self, service: str) -> tuple[str, str]:
        """Return the names the template gives to a service's queue and dead-letter queue."""
        return f"{self.stack_name}-{service}", f"{self.stack_name}-{service}-dlq"


class CommonSettings(StageSettings):
    """Settings of every service process."""

    jobs_table_name: str = Field(description="the jobs table")
    topic_arn: str = Field(description="the topic this service publishes on")
    signed_upload_bucket: str = Field(description="bucket that browsers post to")
    s3_static_arn: str = Field(description="ARN of the bucket with public files")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="least level that is logged"
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="for machines, or for people"
    )
    is_sentry_enabled: bool = Field(
        default=False,
        description="whether [what needs a person](adr/0026-reports-on-purpose.md) is reported to "
        "Sentry",
    )
    sentry_dsn_mentor_upload: SecretStr | None = Field(
        default=None, description="the Sentry project's DSN; a wrong one stops the process"
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        default=None,
        description="where traces are sent (OTLP over HTTP), none are kept without; other `OTEL_*` "
        "variables mean what OpenTelemetry says",
    )
    otel_traces_sampler_arg: float = Field(
        default=1.0, ge=0, le=1, description="share of the traces begun here that are recorded"
    )

    @property
    def static_bucket(self) -> str:
        """Name of the static bucket: what follows the last colon of ``S3_STATIC_ARN``."""
        return self.s3_static_arn.rsplit(":", 1)[-1]

    @field_validator("sentry_dsn_mentor_upload")
    @classmethod
    def _readable_dsn(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            from sentry_sdk.utils import Dsn  # noqa: PLC0415 -- as for the reports themselves

            try:
                Dsn(value.get_secret_value())
            except ValueError:
                raise ValueError("not a Sentry DSN: https://KEY@HOST/PROJECT") from None
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


class WorkerSettings(CommonSettings):
    """Settings of a process that consumes a queue, besides. Times are in seconds."""

    queue_name: str = Field(description="the queue this service consumes")
    dead_letter_queue_name: str = Field(description="its dead-letter queue")
    health_host: str = Field(
        default="0.0.0.0",  # noqa: S104 -- a pod's probes come from outside the pod
        description="address of `/livez`, `/readyz` and `/metrics`",
    )
    health_port: int = Field(default=8080, description="port of them")
    work_dir: Path = Field(
        default_factory=lambda: Path(tempfile.gettempdir()) / "mentor-upload",
        description="scratch space, cleaned at start; a folder under the system's temporary one "
        "where it is not given",
    )
    concurrency: int = Field(default=1, ge=1, le=100, description="messages handled at once")
    visibility_seconds: int = Field(
        default=60, ge=2, le=43200, description="visibility timeout and lease of a message in work"
    )
    beat_seconds: float = Field(default=20, gt=0, description="seconds between heartbeats")
    receive_wait_seconds: int = Field(default=20, ge=0, le=20, description="long poll")
    grace_seconds: float = Field(default=25, ge=0, description="time to finish after SIGTERM")
    max_handler_seconds: float = Field(
        default=4 * 3600, gt=0, description="longest time for one message"
    )
    backoff_base_seconds: float = Field(
        default=5, gt=0, description="first ceiling of the retry backoff"
    )
    backoff_cap_seconds: float = Field(default=900, gt=0, description="last ceiling of it")
    max_starts: int = Field(
        default=5, ge=1, description="starts of an attempt before it is given up"
    )

    @model_validator(mode="after")
    def _beats_fit_visibility(self) -> WorkerSettings:
        if self.beat_seconds * 2 >= self.visibility_seconds:
            msg = "BEAT_SECONDS must be less than half of VISIBILITY_SECONDS"
            raise ValueError(msg)
        return self


class GraphQLSettings(BaseSettings):
    """Address of the mentor's GraphQL API and the service credential for it (mix-in)."""

    graphql_endpoint: str = Field(description="mentor-graphql")
    api_secret: SecretStr = Field(description="service credential for it")
    secret_header_name: str | None = Field(
        default=None, description="extra header for it, sent where the next is given too"
    )
    secret_header_value: SecretStr | None = Field(default=None, description="its value")
    graphql_timeout_seconds: float = Field(default=10, gt=0, description="wait for an answer")


S = TypeVar("S", bound=BaseSettings)


def load(settings: type[S]) -> S:
    """Read ``settings`` from the environment or end the process saying what is wrong.

    Exits with status 2 and a line for each offending variable; values are never printed, since
    one of them may be a secret in the wrong place.
    """
    try:
        return settings()
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            name = "_".join(str(part) for part in problem["loc"]).upper() or "settings"
            print(f"configuration: {name}: {problem['msg']}", file=sys.stderr)  # noqa: T201 -- logs need settings
        raise SystemExit(2) from None


def describe(settings: BaseSettings) -> str:
    """Return the settings as one line of JSON with secrets starred out."""
    return redact_text(json.dumps(settings.model_dump(mode="json"), sort_keys=True))
