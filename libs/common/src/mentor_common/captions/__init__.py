"""Captions: words timed anew, cues from words, WebVTT out of cues and back, cues cut to a trim."""

from mentor_common.captions.cues import Cue, Word, cues_from_words, legible
from mentor_common.captions.keys import by_hand_key, is_by_hand
from mentor_common.captions.retime import retime
from mentor_common.captions.strict import check_vtt
from mentor_common.captions.timings import Timings
from mentor_common.captions.vtt import cut, format_vtt, parse_vtt

__all__ = [
    "Cue",
    "Timings",
    "Word",
    "by_hand_key",
    "check_vtt",
    "cues_from_words",
    "cut",
    "format_vtt",
    "is_by_hand",
    "legible",
    "parse_vtt",
    "retime",
]
