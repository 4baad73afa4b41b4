"""Captions: words timed anew, cues from words, WebVTT out of cues and back, cues cut to a trim."""

from mentor_common.captions.cue import Cue
from mentor_common.captions.cues import cues_from_words
from mentor_common.captions.keys import is_manual_captions, manual_captions_key
from mentor_common.captions.retime import normalised, retime
from mentor_common.captions.segments import join_words, with_spacing
from mentor_common.captions.strict import check_vtt
from mentor_common.captions.timing import legible
from mentor_common.captions.timings import TimedTranscript, timing_of
from mentor_common.captions.trimming import trimmed
from mentor_common.captions.vtt import (
    cut,
    format_vtt,
    has_vtt_signature,
    parse_vtt,
    stated_language,
)
from mentor_common.captions.word import Word

__all__ = [
    "Cue",
    "TimedTranscript",
    "Word",
    "check_vtt",
    "cues_from_words",
    "cut",
    "format_vtt",
    "has_vtt_signature",
    "is_manual_captions",
    "join_words",
    "legible",
    "manual_captions_key",
    "normalised",
    "parse_vtt",
    "retime",
    "stated_language",
    "timing_of",
    "trimmed",
    "with_spacing",
]
