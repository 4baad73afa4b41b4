"""Captions: words timed anew, cues from words, WebVTT out of cues and back, cues cut to a trim."""

from mentor_common.captions.cues import Cue, Word, cues_from_words
from mentor_common.captions.retime import retime
from mentor_common.captions.vtt import cut, format_vtt, parse_vtt

__all__ = ["Cue", "Word", "cues_from_words", "cut", "format_vtt", "parse_vtt", "retime"]
