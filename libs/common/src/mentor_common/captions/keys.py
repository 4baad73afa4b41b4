"""S3 keys of captions that a person sent or asked for; those of workers lie under their claims."""

from __future__ import annotations

import re
from typing import Final

_BY_HAND: Final = re.compile(r"videos/[0-9a-f]{24}/[0-9a-f]{24}/captions/[^/]+/en\.vtt$")


def manual_captions_key(mentor: str, question: str, version: str) -> str:
    """Return the key of captions for an answer; ``version`` is never used twice."""
    return f"videos/{mentor}/{question}/captions/{version}/en.vtt"


def is_manual_captions(url: str | None) -> bool:
    """Return whether a URL or key is that of captions which a person sent or asked for."""
    return url is not None and _BY_HAND.search(url) is not None
