"""Settings of the notifier. An environment name is the field's name in capitals."""

from __future__ import annotations

from pydantic import Field, model_validator

from mentor_common.settings import GraphQLSettings, WorkerSettings


class NotifierSettings(GraphQLSettings, WorkerSettings):
    """The notifier worker. Times are in seconds."""

    concurrency: int = Field(default=8, ge=1, le=100, description="messages handled at once")
    lease_seconds: float = Field(
        default=30, gt=0, description="life of the right to write to GraphQL about an answer"
    )
    poll_seconds: float = Field(
        default=15, gt=0, description="how often documents of running uploads are read"
    )
    read_back_seconds: float = Field(
        default=60, gt=0, description="how long after a write it is read back"
    )
    stalled_seconds: float = Field(
        default=24 * 3600, gt=0, description="when an upload without progress has failed"
    )
    sweep_seconds: float = Field(default=5, gt=0, description="seconds between sweeps")

    import_timeout_seconds: float = Field(
        default=120, gt=0, description="longest import of a mentor"
    )
    transfer_sweep_seconds: float = Field(
        default=2, gt=0, description="seconds between sweeps over transfers"
    )
    transfer_repeat_seconds: float = Field(
        default=900, gt=0, description="without progress for so long the media are asked for again"
    )
    transfer_stalled_seconds: float = Field(
        default=3600,
        gt=0,
        description="when the import task of a transfer without progress is closed",
    )

    @model_validator(mode="after")
    def _graphql_within_lease(self) -> NotifierSettings:
        if self.graphql_timeout_seconds * 2 >= self.lease_seconds:
            msg = "GRAPHQL_TIMEOUT_SECONDS must be under half of LEASE_SECONDS"
            raise ValueError(msg)
        return self
