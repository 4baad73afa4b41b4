"""Ports and a clip for tests of whole processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.aws.storage import Storage
from mentor_common.events import SourceObject
from mentor_local.corpus.colours import BT709
from module_processes import Processes
from real_workers import RealWorkers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mentor_common.jobs import Table
    from mentor_local.graphql.server import GraphQLServer
    from real_clips import ClipMaker


@pytest.fixture(scope="session")
def virtual_hours() -> None:
    """Asked for by tests that play the whole system for hours of virtual time, minutes of ours."""


@pytest.fixture(scope="session")
def tiny_clip(clip_maker: ClipMaker) -> Path:
    """A second and a half at 160x90."""
    recipe = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=15:d=1.5", "-c:v", "libx264", *BT709)
    return clip_maker("tiny.mp4", *recipe, "-preset", "ultrafast")


@pytest.fixture
def workers(
    cloud: Any,
    table: Table,
    graphql: GraphQLServer,
    graphql_environment: dict[str, str],
    tmp_path: Path,
    free_port: Callable[[], int],
) -> Iterator[RealWorkers]:
    """No worker runs yet."""
    with Processes(tmp_path / "log") as processes:
        yield RealWorkers(
            cloud, table, graphql, graphql_environment, processes, tmp_path, free_port
        )


@pytest.fixture
def source(cloud: Any, tiny_clip: Path) -> SourceObject:
    """A clip of a second and a half in the upload bucket."""
    storage, bucket = Storage(cloud.client("s3")), cloud.stack.upload_bucket
    storage.upload(tiny_clip, bucket, "user1/clip")
    head = storage.head(bucket, "user1/clip")
    return SourceObject(bucket=bucket, key="user1/clip", etag=head.etag, size=head.size)
