"""Why an upload is not ready: what it waits for and for how long, in words."""

from mentor_common.explain.backlog import Backlog
from mentor_common.explain.phrases import unit_words
from mentor_common.explain.queue_estimate import Line, Place
from mentor_common.explain.why import why

__all__ = ["Backlog", "Line", "Place", "unit_words", "why"]
