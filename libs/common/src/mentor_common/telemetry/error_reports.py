"""Error reports to Sentry, off unless switched on; ADR 26 says what is reported.

A report is made on purpose, where something has failed for good or needs a person, and nowhere
else: log lines are not reported. It carries the log context, redacted like a log line. Nothing here
raises, waits or changes what becomes of a message: without Sentry the work goes on.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Literal

    from mentor_common.settings import CommonSettings
    from mentor_common.telemetry.sentry import Sentry

    Level = Literal["warning", "error", "fatal"]

_log = get_logger(__name__)
_SERIES_SECONDS = 3600.0


_sentry: Sentry | None = None


def start(service: str, settings: CommonSettings) -> None:
    """Report to Sentry from now on, where a DSN is given and reports are switched on."""
    global _sentry  # noqa: PLW0603 -- a process reports to one place
    if not settings.is_sentry_enabled:
        return
    dsn = settings.sentry_dsn_mentor_upload
    if dsn is None:
        _log.warning("IS_SENTRY_ENABLED without SENTRY_DSN_MENTOR_UPLOAD: nothing is reported")
        return
    from mentor_common.telemetry.sentry import Sentry  # noqa: PLC0415 -- 35 ms that a process without reports need not spend

    _sentry = Sentry(dsn.get_secret_value(), service, settings.stage)


def report(
    what: str,
    *,
    code: str,
    error: BaseException | None = None,
    level: Level = "error",
    kind: str | None = None,
    once: Hashable = None,
    **facts: Any,
) -> None:
    """Report that something failed for good or needs a person.

    Parameters
    ----------
    what
        One line for that person, the same for all failures of its kind.
    code
        Stable snake_case identifier.
    kind
        Type and place of a failure whose exception is gone, to group by.
    once
        Names the failure: a second report under this name is the same event to Sentry.
    """
    if _sentry is None:
        return
    try:
        _sentry.send(what, code, error, level, kind, once, facts)
    except Exception as failure:  # noqa: BLE001 -- a report must never cost the work it is about
        _log.warning("not reported", error=str(failure))


class ReportThrottle:
    """Reports the first of a series of failures of the same thing.

    For what is retried every few seconds by itself: a person is needed once, not at each try. A
    series ends after an hour without a failure; a success does not end it, for it may only have
    found another process at work.
    """

    def __init__(self) -> None:
        self._failed_at: dict[Hashable, float] = {}

    def report_first(self, thing: Hashable, what: str, error: BaseException, *, code: str) -> None:
        """Report a failure, if it is the first of a series."""
        now = time.monotonic()
        fresh = {key: at for key, at in self._failed_at.items() if at + _SERIES_SECONDS > now}
        self._failed_at = fresh | {thing: now}
        if thing not in fresh:
            report(what, code=code, error=error)


def finish() -> None:
    """Send the remaining reports, for two seconds at most; the process ends."""
    global _sentry  # noqa: PLW0603 -- as above
    if _sentry is not None:
        _sentry.close()
        _sentry = None
