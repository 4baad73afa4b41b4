"""Validation of WebVTT that a person sends: what a browser would drop is refused, by its line.

Reading others' captions is the lenient business of :mod:`mentor_common.captions.vtt`. The rules
here are those of the parser that browsers run (W3C WebVTT, §6.1 and §6.3), not those for authors,
which ask for more: hours of one digit and times without blanks round the arrow are shown, so they
pass.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from mentor_common.captions.vtt import HEADER, LINE_BREAK, NO_HEADER
from mentor_common.errors import PermanentError

ARROW: Final = "-->"
_NO_CUES: Final = "Invalid VTT file structure. No timestamps found."
_SRT_ADVICE: Final = (
    "This is SRT: begin the file with a line WEBVTT and an empty line, and write times with a full "
    "stop, 00:00:01.500."
)
_FORM: Final = "write 00:00:01.500 --> 00:00:04.000 (hours:minutes:seconds.milliseconds)"
_TIME: Final = r"(?:([0-9]{1,9}):)?([0-5][0-9]):([0-5][0-9])\.([0-9]{3})"
_TIMINGS: Final = re.compile(rf"[ \t\f]*{_TIME}[ \t\f]*-->[ \t\f]*{_TIME}(?!\d)")
_SRT_TIMINGS: Final = re.compile(r"[0-9]:[0-9]{1,2},[0-9]{1,3}\s*-->|-->.*[0-9]:[0-9]{1,2},[0-9]")
_LOOSE_TIMINGS: Final = re.compile(r"\s*\d+:\d{1,2}[:.,][\d:.,]*\s*\S{1,3}\s*\d+:\d{1,2}[:.,]")
_ASIDE: Final = re.compile(r"NOTE(?:[ \t]|$)|(?:STYLE|REGION)[ \t]*$")
_METADATA: Final = re.compile(r"[^:]+[:=]")
_ODD: Final = re.compile(r"[^\t\f\x20-\x7e]")


def check_vtt(text: str) -> None:
    """Refuse captions of which a browser would drop something.

    A file without any cue is fine, comments, styles and regions beside it too: silence has no
    captions.

    Raises
    ------
    PermanentError
        ``invalid_vtt``, with the number of the first line that is wrong and the right form: no
        ``WEBVTT`` header; an arrow in a line that holds no times a browser can read; a cue that
        does not end after its start; text, and not a single cue.
    """
    lines = LINE_BREAK.split(text.removeprefix("\ufeff"))
    if not HEADER.match(text):
        advice = any(_SRT_TIMINGS.search(line) for line in lines)
        raise _refusal(f"{NO_HEADER}. {_SRT_ADVICE}" if advice else NO_HEADER)
    cues, stray, block = 0, False, "header"
    for number, line in enumerate(lines[1:], 2):
        block = _block(line, block)
        if block == "cue" and ARROW in line:
            cues += 1
            _check_order(line, cues, number)
        elif block == "lost":
            raise _refusal(f"Invalid timestamp format: line {number}: {_advice(line)}.")
        stray = stray or block == "stray"
    if stray and not cues:
        raise _refusal(_NO_CUES)


def _block(line: str, block: str) -> str:
    """Return what a line is part of, given what the line before it was part of.

    ``""`` between blocks, ``header``, ``aside`` (comment, style, region), ``cue``, ``stray`` (text
    of no cue), ``lost`` for what looks like a cue's times and is not.
    """
    if not line:
        return ""
    if _TIMINGS.match(line):
        return "cue"  # wherever it stands: it begins a new block
    if block == "aside" or (not block and _ASIDE.match(line)):
        return "aside"
    if ARROW in line or (block != "cue" and _LOOSE_TIMINGS.match(line)):
        return "lost"
    if block == "header" and _METADATA.match(line):
        return "header"
    return "cue" if block == "cue" else "stray"


def _check_order(line: str, cue: int, number: int) -> None:
    timings = _TIMINGS.match(line)
    numbers = [int(part or 0) for part in timings.groups()] if timings else []
    start, end = numbers[:4], numbers[4:]
    if end <= start:
        how = "before it starts" if end < start else "when it starts"
        raise _refusal(f"Cue {cue} ends {how} (line {number}): its end must come after its start.")


def _advice(line: str) -> str:
    """Return what is wrong with a line that has an arrow and no readable times, and what to do."""
    before = line.partition(ARROW)[0]
    if _SRT_TIMINGS.search(line):
        return f"these are SRT's times with a comma; {_FORM}"
    odd = _ODD.search(line)
    if odd and _TIMINGS.match(_ODD.sub(" ", line)):
        name = unicodedata.name(odd[0], "control character").lower()
        return f"beside a time there is U+{ord(odd[0]):04X} ({name}); write a plain space"
    if not re.search(r"[0-9]:[0-9]", before):
        return f"an arrow ({ARROW}) is for times alone; in text write → or --&gt;"
    return f"a browser cannot read these times; {_FORM}"


def _refusal(reason: str) -> PermanentError:
    return PermanentError("invalid_vtt", reason)
