"""Request to the encoder, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.media import Span


class Profile(Enum):
    """Trade-off between work and file size; the figures are in ``command.py``."""

    BALANCED = "balanced"
    FAST = "fast"
    COMPAT = "compat"


@dataclass(frozen=True)
class EncodeJob:
    """Request to encode a source.

    Parameters
    ----------
    trim
        Start and end of the part to keep, seconds of the source; ``None`` for all of it.
    maintain_original_aspect_ratio
        Only shrink, do not crop to 16:9 and to a square.
    thumbnail
        Make a JPEG as well.
    is_vbg_video
        It may have been recorded before a virtual background.
    profile
        Speed, size and quality.
    copies
        Copy what is the web rendition already instead of encoding it.
    deadline_s
        Wall seconds for everything; ``None`` takes a figure that grows with the length kept.
    """

    trim: tuple[float, float] | None = None
    maintain_original_aspect_ratio: bool = False
    thumbnail: bool = False
    is_vbg_video: bool = False
    profile: Profile = Profile.BALANCED
    copies: bool = True
    deadline_s: float | None = None


@dataclass(frozen=True)
class Rendition:
    """A verified video file.

    Parameters
    ----------
    path
        An MP4 in the job's output directory.
    width, height
        Pixels, square ones.
    duration_ms
        Its own duration.
    size_bytes
        Its length.
    transparent
        The same with transparency, a WebM; ``None`` where the source has none.
    """

    path: Path
    width: int
    height: int
    duration_ms: float
    size_bytes: int
    transparent: Path | None = None


@dataclass(frozen=True)
class RenditionFailed:
    """A rendition that could not be made of this source.

    Parameters
    ----------
    code
        Stable identifier for programs: ``encode_failed``, ``verification_failed`` or
        ``too_demanding``.
    reason
        A sentence for the mentor.
    detail
        Messages of the tool, for the operator.
    """

    code: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Encoded:
    """Result of an `EncodeJob`.

    Parameters
    ----------
    web, mobile
        Each made and verified, or failed, independently of the other.
    thumbnail
        A JPEG; ``None`` if it was not asked for or did not succeed.
    web_rendition
        How the web rendition was made: ``copied``, or ``encoded: `` and why it was not copied.
    """

    web: Rendition | RenditionFailed
    mobile: Rendition | RenditionFailed
    thumbnail: Path | None
    span: Span
    web_rendition: str

    @property
    def duration_s(self) -> float:
        """Seconds a rendition should last."""
        return self.span.length
