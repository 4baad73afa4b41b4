"""Captions: words timed anew, cues from words, WebVTT out of cues and back, cues cut to a trim."""

from mentor_common.captions.cues import Cue, cues_from_words, legible
from mentor_common.captions.keys import by_hand_key, is_by_hand
from mentor_common.captions.retime import plain, retime
from mentor_common.captions.segments import glue, join_words
from mentor_common.captions.strict import check_vtt
from mentor_common.captions.timings import Timings, timing_of
from mentor_common.captions.trimming import trimmed
from mentor_common.captions.vtt import cut, format_vtt, has_vtt_signature, parse_vtt
from mentor_common.captions.word import Word

__all__ = [
    "Cue",
    "Timings",
    "Word",
    "by_hand_key",
    "check_vtt",
    "cues_from_words",
    "cut",
    "format_vtt",
    "glue",
    "has_vtt_signature",
    "is_by_hand",
    "join_words",
    "legible",
    "parse_vtt",
    "plain",
    "retime",
    "timing_of",
    "trimmed",
]
