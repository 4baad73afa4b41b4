"""Words to expect in a recording, from what is known of an upload."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_common.events import Hints

_WORD: Final = re.compile(r"[^\W\d_]+(?:[-'\u2019][^\W\d_]+)*")
_SENTENCE_END: Final = re.compile(r"(?<=[.?!…:])\s+")
_PRONOUN: Final = re.compile(r"I(?:['\u2019]\w+)?")


def expected_words(hints: Hints | None) -> str | None:
    """Return the mentor's name and the names in the question, with commas between.

    Not the whole question: Whisper goes on from a sentence as if it had written it, and leaves out
    speech then.
    """
    if hints is None:
        return None
    names = [hints.mentor, *_names(hints.question or "")]
    return ", ".join(dict.fromkeys(filter(None, names))) or None


def _names(question: str) -> Iterator[str]:
    """Yield runs of words with a capital that does not come of a sentence's beginning."""
    for sentence in _SENTENCE_END.split(question):
        run: list[str] = []
        for index, word in enumerate(sentence.split()):
            found = _WORD.search(word)
            name = found[0] if found and index and not _PRONOUN.fullmatch(found[0]) else ""
            if name[:1].isupper():
                run.append(name)
            if run and (not name[:1].isupper() or word[-1:] in ",;:.?!"):
                yield " ".join(run)
                run = []
        if run:
            yield " ".join(run)
