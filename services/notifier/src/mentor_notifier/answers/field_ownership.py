"""The owner of each field's value in an answer: pure decisions before a write to the answer.

GraphQL keeps no versions and no authors, so a field is known by what it holds: what the upload
brings, what an earlier write of a notifier left there, or what another writer has put in its place
(a transfer, the UI, a person). The last is never overwritten.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mentor_notifier.answers.view import shows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

VIDEOS = ("webMedia", "mobileMedia")
CAPTIONS = "vttMedia"
TRANSCRIPT = "transcript"
_STEMS = {"webMedia": "web", "mobileMedia": "mobile", CAPTIONS: "[a-z]{2,3}"}
"""Field to the pattern of its file's name; captions have that of their language."""
_FOLLOWS = {"hasEditedTranscript": TRANSCRIPT, "externalVideoIds": "webMedia"}

Value = dict[str, Any]
Owner = Literal["upload", "earlier", "other"]


def sha256_of(text: str) -> str:
    """Return the digest by which a transcript is known again, as hex."""
    return hashlib.sha256(text.encode()).hexdigest()


EMPTIED: dict[str, Value] = {
    CAPTIONS: {},
    TRANSCRIPT: {"sha256": sha256_of(""), "edited": False},
}
"""The text fields as a switch without captions leaves them."""


def values(content: Mapping[str, Any] | None, names: Iterable[str]) -> dict[str, Value]:
    """Return field to what identifies its value, for those of ``names`` that can be compared.

    Parameters
    ----------
    content
        The answer as GraphQL shows it; ``None`` where there is none.
    names
        Fields of ``uploadAnswer``.
    """
    comparable = {*_STEMS, TRANSCRIPT}
    return {name: _value(content or {}, name) for name in names if name in comparable}


def _value(content: Mapping[str, Any], name: str) -> Value:
    if name == TRANSCRIPT:
        text = content.get("markdownTranscript") or ""
        return {"sha256": sha256_of(text), "edited": bool(content.get("hasEditedTranscript"))}
    medium = content.get(name)
    if medium is None:
        return {}
    # An import marks what it brings, also where that lies at an address that was shown before.
    return {"url": medium.get("url") or "", "elsewhere": bool(medium.get("needsTransfer"))}


@dataclass(frozen=True)
class Earlier:
    """States that notifiers may have written before the upload did, and may write again late.

    Parameters
    ----------
    states
        Whole or partial states of the answer, as of :func:`values`.
    prefix
        The answer's prefix in S3.
    transcripts
        Id of the upload itself, and of each older one of the same answer that it names, to the
        SHA-256 of each transcript that it may have written.
    """

    states: Sequence[Mapping[str, Value]]
    prefix: str
    transcripts: Mapping[str, AbstractSet[str]]

    def upload_in(self, content: Mapping[str, Any], name: str) -> str | None:
        """Return the upload whose notifier may have written a medium, or ``None``."""
        upload_id = _writer(content, name, self.prefix)
        return upload_id if upload_id in self.transcripts else None


def writers(content: Mapping[str, Any], prefix: str) -> set[str]:
    """Return the uploads whose notifiers may have written an answer's media, by the addresses."""
    return {found for name in _STEMS if (found := _writer(content, name, prefix))}


def _writer(content: Mapping[str, Any], name: str, prefix: str) -> str | None:
    medium = content.get(name) or {}
    # Exactly as a notifier writes it: another file, or a query behind it, is a person's choice.
    own = rf"(?:.*/)?{re.escape(prefix)}([0-9a-f-]{{36}})/\d+/{_STEMS[name]}\.\w+"
    match = re.fullmatch(own, medium.get("url") or "")
    return match[1] if match and not medium.get("needsTransfer") else None


def owners(
    content: Mapping[str, Any], brought: Mapping[str, Any], earlier: Earlier
) -> dict[str, Owner]:
    """Return whose value each field holds that an upload writes.

    Where a person has put other videos in the place of all that the upload brings, the answer is
    about those: its text is theirs as well, also where it reads as it did before.

    Parameters
    ----------
    content
        The answer as GraphQL shows it.
    brought
        Field to what the upload writes there: a medium, ``None``, or the transcript's text.
    earlier
        What may be overwritten.
    """
    found = {name: _owner(name, content, brought, earlier) for name in values(content, brought)}
    videos = [found[name] for name in VIDEOS if name in found]
    if videos and set(videos) == {"other"}:
        return {name: "upload" if own == "upload" else "other" for name, own in found.items()}
    return found


def _owner(
    name: str, content: Mapping[str, Any], brought: Mapping[str, Any], earlier: Earlier
) -> Owner:
    if _is_there(name, content, brought[name]):
        return "upload"
    value = _value(content, name)
    if any(_stands(value, state.get(name)) for state in earlier.states):
        return "earlier"
    if name != TRANSCRIPT:
        return "earlier" if earlier.upload_in(content, name) else "other"
    # A late write brings media and text together.
    media = [n for n in brought if n in _STEMS and not _is_there(n, content, brought[n])]
    late = {upload for n in media if (upload := earlier.upload_in(content, n))}
    known = {digest for upload in late for digest in earlier.transcripts[upload]}
    return "earlier" if value["sha256"] in known and not value["edited"] else "other"


def _stands(value: Value, before: Value | None) -> bool:
    """Return whether a field stands as before; that a medium lies elsewhere may be forgotten."""
    return before is not None and value in (before, {**before, "elsewhere": False})


def _is_there(name: str, content: Mapping[str, Any], brought: Any) -> bool:
    if name == TRANSCRIPT:
        return bool((content.get("markdownTranscript") or "") == brought)
    medium = content.get(name)
    if brought is None or medium is None:
        return medium is None and brought is None
    return shows(medium.get("url"), brought["url"])


def begun_but_not_applied(
    content: Mapping[str, Any], brought: Mapping[str, Any], before: Mapping[str, Value]
) -> bool:
    """Return whether a switch that was begun has certainly not reached the answer.

    It writes all fields at once, so one that stands as it stood before says so for all, unless
    another already shows the upload: then a late write has put the former one back.
    """
    found = values(content, brought)
    there = {name for name in found if _is_there(name, content, brought[name])}
    as_before = {name for name, value in found.items() if _stands(value, before.get(name))}
    return bool(as_before - there) and not there - as_before


def select_fields(content: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the part of an ``uploadAnswer`` that writes certain fields, and what follows them."""
    kept = set(names)
    return {name: part for name, part in content.items() if _FOLLOWS.get(name, name) in kept}
