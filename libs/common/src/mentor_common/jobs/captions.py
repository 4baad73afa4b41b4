"""Captions of an upload as GraphQL's ``AnswerMedia`` holds them."""

from __future__ import annotations

import re
from typing import Final

_FILE: Final = re.compile(r"/([a-z]{2,3})\.vtt$")
_UNNAMED: Final = "en"


def captions_medium(url: str) -> dict[str, str]:
    """Return captions as a medium, without their text.

    Parameters
    ----------
    url
        Their URL, or their key in the static bucket; its file is named by their language.
    """
    return {"type": "subtitles", "tag": language_of_captions(url), "url": url}


def language_of_captions(url: str | None) -> str:
    """Return the language of captions, ISO 639: that of their file's name, else ``en``."""
    named = _FILE.search((url or "").partition("#")[0].partition("?")[0])
    return named[1] if named else _UNNAMED
