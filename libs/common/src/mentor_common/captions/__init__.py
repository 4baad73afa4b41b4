"""Captions: words timed anew, cues from words, WebVTT out of cues and back, cues cut to a trim."""

from mentor_common.captions.cue import Cue
from mentor_common.captions.cue_times import spread_short_cues
from mentor_common.captions.cues import cues_from_words
from mentor_common.captions.keys import is_manual_captions, manual_captions_key
from mentor_common.captions.language_tags import canonical_tag, primary_language
from mentor_common.captions.retime import normalised, retime
from mentor_common.captions.segments import join_words, with_spacing
from mentor_common.captions.strict import check_vtt
from mentor_common.captions.text import rewritten, text_of
from mentor_common.captions.timings import TimedTranscript, timing_of
from mentor_common.captions.trimming import trim_captions
from mentor_common.captions.vtt import format_vtt, has_vtt_signature, parse_vtt, trim_cues
from mentor_common.captions.word import Word

__all__ = [
    "Cue",
    "TimedTranscript",
    "Word",
    "canonical_tag",
    "check_vtt",
    "cues_from_words",
    "format_vtt",
    "has_vtt_signature",
    "is_manual_captions",
    "join_words",
    "manual_captions_key",
    "normalised",
    "parse_vtt",
    "primary_language",
    "retime",
    "rewritten",
    "spread_short_cues",
    "text_of",
    "timing_of",
    "trim_captions",
    "trim_cues",
    "with_spacing",
]
