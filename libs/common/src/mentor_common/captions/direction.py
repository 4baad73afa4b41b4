"""Right-to-left text in captions.

A browser takes the direction of each line from its first letter (W3C WebVTT: `unicode-bidi:
plaintext`). A Hebrew line that begins with a Latin name would be laid out from left to right, its
words and its full stop in the wrong order: only such a line begins with a mark.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

LEFT_TO_RIGHT_MARK: Final = "\u200e"
RIGHT_TO_LEFT_MARK: Final = "\u200f"
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_STRONG: Final = frozenset({"L"}) | _RIGHT_TO_LEFT


def is_right_to_left(texts: Iterable[str]) -> bool:
    """Return whether most letters of some texts are written from right to left."""
    directions = [each for text in texts for each in _directions(text)]
    return 2 * sum(directions) > len(directions)


def with_direction_marks(text: str, *, right_to_left: bool) -> str:
    """Return a text whose lines are laid out in the direction of the captions it is part of.

    Only a line with letters of both directions whose first is of the other one gets a mark.
    """
    mark = RIGHT_TO_LEFT_MARK if right_to_left else LEFT_TO_RIGHT_MARK
    return "\n".join(
        f"{mark}{line}" if _needs_mark(line, right_to_left=right_to_left) else line
        for line in text.split("\n")
    )


def _needs_mark(line: str, *, right_to_left: bool) -> bool:
    directions = _directions(line)
    return right_to_left in directions and directions[0] != right_to_left


def _directions(text: str) -> list[bool]:
    """Return for each letter with a direction of its own whether that is right to left."""
    classes = map(unicodedata.bidirectional, text)
    return [each in _RIGHT_TO_LEFT for each in classes if each in _STRONG]
