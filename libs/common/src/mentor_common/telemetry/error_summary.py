"""Origin and summary of an exception, in a few words for the operator."""

from __future__ import annotations

from pathlib import Path

from mentor_common.errors import MentorUploadError
from mentor_common.telemetry.redaction import redact_text

_OURS = "mentor_"
_LONGEST = 500


def origin(error: BaseException) -> tuple[str, int, str] | None:
    """Return file, line and function of the innermost of our frames it went through."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if str(frame.f_globals.get("__name__", "")).startswith(_OURS):
            found = Path(frame.f_code.co_filename).name, trace.tb_lineno, frame.f_code.co_name
        trace = trace.tb_next
    return found


def error_summary(error: BaseException) -> str:
    """Return an error in one text that may be stored: kind, place, message; bounded, redacted.

    The place, ``probe.py:33 in read``, stands with defects alone: an error that is raised on
    purpose says by itself what it is about. It comes before the message, which may be cut.
    """
    place = None if isinstance(error, MentorUploadError) else origin(error)
    at = f" at {place[0]}:{place[1]} in {place[2]}" if place else ""
    return redact_text(f"{type(error).__name__}{at}: {error}")[:_LONGEST]
