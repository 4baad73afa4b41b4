"""A process of a service: its logs, its error reports, its fail points."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mentor_common import failpoints
from mentor_common.telemetry import error_reports, redaction, tracer
from mentor_common.telemetry.logs import configure, get_logger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_common.settings import CommonSettings

_log = get_logger(__name__)


@contextmanager
def process(service: str, settings: CommonSettings) -> Iterator[None]:
    """Be a process of a service for as long as the context lasts.

    An exception that comes this far is logged, reported and ends the process with status 1; at
    the end, spans and reports that are still here are sent.
    """
    redaction.register_secrets_of(settings, os.environ)
    configure(service, level=settings.log_level, style=settings.log_format)
    error_reports.start(service, settings)
    failpoints.arm(os.environ)
    try:
        yield
    except Exception as error:  # noqa: BLE001 -- the last place that can report it
        _log.critical("the process broke off", exc_info=error)
        error_reports.report("the process broke off", code="crashed", error=error, level="fatal")
        raise SystemExit(1) from None
    finally:
        tracer.stop()
        error_reports.finish()
