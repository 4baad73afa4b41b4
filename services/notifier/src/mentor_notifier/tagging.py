"""Tagging objects for a lifecycle rule to remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_common.errors import DependencyDownError
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mentor_common.aws.storage import Storage

_log = get_logger(__name__)


def tag_superseded(storage: Storage, bucket: str, keys: Iterable[str]) -> bool:
    """Tag objects as superseded; return whether all are. After an outage they stay for longer."""
    try:
        for key in keys:
            storage.tag_superseded(bucket, key)
    except DependencyDownError as error:
        _log.warning("superseded objects not tagged", error=str(error))
        return False
    return True
