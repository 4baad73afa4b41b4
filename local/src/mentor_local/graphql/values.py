"""Values as the original stores and returns them: ids, media, urls, transcripts."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urljoin

from graphql import GraphQLError

Document = dict[str, Any]

_OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}")
# What WHATWG URL parsing leaves alone in a path or query; the rest is percent-encoded.
_URL_SAFE = "%/:?#[]@!$&'()*+,;=~"
_MEDIA_DEFAULTS: Document = {
    "stringMetadata": "",
    "vttText": "",
    "hash": "",
    "duration": -1,
    "needsTransfer": False,
}

# Applied in this order; each takes the mark away and leaves the words.
_MARKDOWN: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^(?:[-*_][ \t]*){3,}$", re.MULTILINE), ""),  # horizontal rules
    (re.compile(r"^[ \t]*(?:[*+-]|\d+\.)[ \t]+", re.MULTILINE), ""),  # list leaders
    (re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE), ""),  # code fences
    (re.compile(r"^ {0,3}#{1,6}[ \t]+", re.MULTILINE), ""),  # headings
    (re.compile(r"^ {0,3}>[ \t]?", re.MULTILINE), ""),  # quotations
    (re.compile(r"</?[A-Za-z][^>]*>"), ""),  # HTML tags
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),  # images and links
    (re.compile(r"(\*{1,3})(?=\S)(.+?)(?<=\S)\1"), r"\2"),  # *emphasis*
    (re.compile(r"(?<!\w)(_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)"), r"\2"),  # _emphasis_
    (re.compile(r"~~(.+?)~~"), r"\1"),  # struck out
    (re.compile(r"`([^`]+)`"), r"\1"),  # code
)


def object_id(value: str, path: str, model: str) -> str:
    """Return ``value`` as an id of the database.

    Parameters
    ----------
    value
        What the caller sent.
    path, model
        The field it is compared with and its document type, for the message.

    Returns
    -------
    str
        24 lower-case hexadecimal digits.

    Raises
    ------
    GraphQLError
        The original's cast error, when ``value`` is no such id.
    """
    if _OBJECT_ID.fullmatch(value) is None:
        raise GraphQLError(
            f'Cast to ObjectId failed for value "{value}" (type string)'
            f' at path "{path}" for model "{model}"'
        )
    return value.lower()


def is_object_id(value: object) -> bool:
    """Return whether ``value`` could be the id of a document."""
    return isinstance(value, str) and _OBJECT_ID.fullmatch(value) is not None


def truthy(value: object) -> bool:
    """Return whether JavaScript takes an input for true: an empty object is, an empty text not."""
    return isinstance(value, dict) or bool(value)


def stored_media(media: Document | None) -> Document | None:
    """Return a media input as it is stored: absent fields get their defaults, null stays null."""
    return None if media is None else {**_MEDIA_DEFAULTS, **media}


def stored_task(task: Document | None) -> Document | None:
    """Return a sub-task input as it is stored: what is not given is gone."""
    if task is None:
        return None
    return {"payload": "", **task, "media": stored_media(task.get("media"))}


def absolute_url(url: str | None, base: str) -> str:
    """Return ``url`` as ``new URL(url, base)`` writes it; empty stays empty."""
    if not url:
        return ""
    return url if url.startswith(base) else urljoin(base, quote(url, safe=_URL_SAFE))


def needs_transfer(media: Document, base: str) -> bool:
    """Return whether a medium lies on another party's host.

    Raises
    ------
    GraphQLError
        When the medium has no ``url``, in the words of the original's TypeError.
    """
    url = media.get("url")
    if not isinstance(url, str):
        missing = "null" if "url" in media else "undefined"
        raise GraphQLError(f"Cannot read properties of {missing} (reading 'startsWith')")
    return url.startswith("http") and not url.startswith(base)


def without_markdown(text: str) -> str:
    """Return ``text`` with its markdown marks removed; plain text stays as it is."""
    for pattern, replacement in _MARKDOWN:
        text = pattern.sub(replacement, text)
    return text
