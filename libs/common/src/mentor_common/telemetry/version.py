"""The release that runs."""

from __future__ import annotations

import os
from importlib.metadata import version as installed

VERSION_VARIABLE = "MENTOR_UPLOAD_VERSION"


def version() -> str:
    """Return the tag of the image, or else the version of the installed library."""
    return os.environ.get(VERSION_VARIABLE) or installed("mentor-common")
