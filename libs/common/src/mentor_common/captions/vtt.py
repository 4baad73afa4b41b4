"""WebVTT: cues to text, text to cues, cues cut to a part of the video."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

import webvtt
from webvtt.models import Timestamp

from mentor_common.captions.cues import Cue
from mentor_common.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Iterable

NO_HEADER: Final = "Invalid VTT file format. Missing or incorrect header (WEBVTT)"
_SLIVER_S: Final = 0.1
HEADER: Final = re.compile(r"\ufeff?WEBVTT(?:[ \t\r\n]|$)")
LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")


def format_vtt(cues: Iterable[Cue]) -> str:
    """Write cues as WebVTT.

    Times always have hours (two digits, more from 100 hours on): existing clients demand them.
    Text is escaped; a cue without any text is left out. Without cues the file is still valid. A
    browser never shows a cue that does not last: each lasts a millisecond at least.
    """
    blocks = (f"{_times(cue)}\n{payload}\n" for cue in cues if (payload := _payload(cue.text)))
    return "WEBVTT\n\n" + "\n".join(blocks)


def parse_vtt(text: str) -> list[Cue]:
    """Read WebVTT as browsers do.

    Accepts any line ends, a byte order mark, a title after ``WEBVTT``, times without hours, cue
    numbers and settings. Passes over comments, styles and blocks that are no cue, as one with an
    impossible time.

    Returns
    -------
    list of Cue
        Plain text: tags removed, entities resolved. Settings (position, alignment) are not kept.
        Empty for a file without cues.

    Raises
    ------
    PermanentError
        ``invalid_vtt``: no ``WEBVTT`` header, or a cue that ends before it starts.
    """
    if not HEADER.match(text):
        raise PermanentError("invalid_vtt", NO_HEADER)
    cues = [
        Cue(_seconds(caption.start), _seconds(caption.end), html.unescape(caption.text))
        for caption in webvtt.from_string(text).captions
    ]
    for number, cue in enumerate(cues, 1):
        if cue.end < cue.start:
            raise PermanentError("invalid_vtt", f"Cue {number} ends before it starts.")
    return cues


def trim_cues(cues: Iterable[Cue], start: float, end: float) -> list[Cue]:
    """Return the captions of a part of the video, timed from the beginning of that part.

    Parameters
    ----------
    cues
        Captions of the whole.
    start, end
        The part, seconds; ``end`` excluded.

    Returns
    -------
    list of Cue
        What is on the screen within the part, clipped to it and shifted by ``-start``. What is
        left with less than a tenth of a second is dropped: nobody can read it.
    """
    clipped = (Cue(max(cue.start, start), min(cue.end, end), cue.text) for cue in cues)
    return [
        Cue(round(cue.start - start, 3), round(cue.end - start, 3), cue.text)
        for cue in clipped
        if round(cue.end - cue.start, 3) >= _SLIVER_S
    ]


def _times(cue: Cue) -> str:
    start = max(0, round(cue.start * 1000))
    end = max(start + 1, round(cue.end * 1000))
    return f"{_timestamp(start)} --> {_timestamp(end)}"


def _timestamp(milliseconds: int) -> str:
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"


def _seconds(timestamp: str) -> float:
    return float(Timestamp.from_string(timestamp).in_milliseconds() / 1000)


def _payload(text: str) -> str:
    """Return the text as a cue holds it: escaped, and without the empty lines that would end it."""
    escaped = html.escape(text, quote=False)  # ">" too: an arrow would begin another cue
    return "\n".join(line for line in LINE_BREAK.split(escaped) if line.strip())


def has_vtt_signature(head: bytes) -> bool:
    """Return whether bytes begin like WebVTT in UTF-8 (W3C WebVTT §4.1, the first line)."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    return text[:6] == b"WEBVTT" and text[6:7] in {b"", b" ", b"\t", b"\r", b"\n"}
