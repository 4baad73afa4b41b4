"""Files that the media services must cope with, made by ffmpeg from our own clip.

``python -m mentor_local.corpus DIRECTORY`` writes all of them; tests make each on first use.
"""

from mentor_local.corpus.hostile import EXPECTED, HOSTILE, make_hostile
from mentor_local.corpus.odd import ODD, PLACE, make_odd

__all__ = ["EXPECTED", "HOSTILE", "ODD", "PLACE", "make_hostile", "make_odd"]
