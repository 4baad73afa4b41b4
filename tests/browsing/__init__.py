"""A real browser for tests of the pages: finding it, watching it, looking at what it shows."""

from browsing.accessibility import violations
from browsing.chromium import CAMERA_FLAGS, FLAGS, find_chromium
from browsing.studio import StudioPage
from browsing.watch import Watch

__all__ = ["CAMERA_FLAGS", "FLAGS", "StudioPage", "Watch", "find_chromium", "violations"]
