"""A real browser for tests of the pages: finding it, watching it, looking at what it shows."""

from browsing.accessibility import controls, violations
from browsing.chromium import CAMERA_FLAGS, FLAGS, find_chromium
from browsing.reflow import check_zoomed
from browsing.shifts import WATCH_SHIFTS, check_calm
from browsing.stack_items import BUCKET, DISK, StackItems
from browsing.studio import StudioPage
from browsing.viewports import DESKTOP, PHONE
from browsing.watch import Watch

__all__ = [
    "BUCKET",
    "CAMERA_FLAGS",
    "DESKTOP",
    "DISK",
    "FLAGS",
    "PHONE",
    "WATCH_SHIFTS",
    "StackItems",
    "StudioPage",
    "Watch",
    "check_calm",
    "check_zoomed",
    "controls",
    "find_chromium",
    "violations",
]
