"""Captions as running text, and that text in the place of a transcript with markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from mentor_common.captions.direction import LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK
from mentor_common.captions.segments import writes_no_spaces
from mentor_common.captions.vtt import LINE_BREAK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mentor_common.captions.cue import Cue

_DIRECTION: Final = dict.fromkeys(map(ord, (LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK)))
_TOKEN: Final = re.compile(r"(\s*)(\S+)")
_LINE_MARK: Final = re.compile(r"#{1,6}|[-+*>]")  # of a heading, a list, a quotation
_MARKS: Final = re.compile(r"\]\([^)\s]*\)|[*_~`\[\]]")
_MOST_PAIRS: Final = 4_000_000  # of words; more are compared no further: that takes minutes
_PAIRED: Final = ("**", "*", "__", "_", "~", "`")


def text_of(cues: Iterable[Cue]) -> str:
    """Return what captions say, in one line: cues and their lines joined as their script does."""
    lines = (
        " ".join(line.translate(_DIRECTION).split())
        for cue in cues
        for line in LINE_BREAK.split(cue.text)
    )
    text = ""
    for line in filter(None, lines):
        together = text and (writes_no_spaces(text[-1]) or writes_no_spaces(line[0]))
        text += line if together or not text else f" {line}"
    return text


def rewritten(transcript: str, text: str) -> str:
    """Return a text with the paragraphs and the markdown that a transcript has.

    Parameters
    ----------
    transcript
        As it is stored; words that stay keep what stands around them.
    text
        What it shall say, without markdown.

    Returns
    -------
    str
        ``transcript`` itself where it says that already. Marks of which a change would leave only
        one of a pair are left out, all of them.
    """
    tokens = [_Token.of(found) for found in _TOKEN.finditer(transcript)]
    words = text.split()
    if words in ([token.word for token in tokens if not token.is_mark], transcript.split()):
        return transcript
    carried = _carried(tokens, words)
    if any((carried.count(mark) - text.count(mark)) % 2 for mark in _PAIRED) or (
        carried.count("[") - text.count("[") != carried.count("](") - text.count("](")
    ):
        carried = _carried([replace(token, text=token.word) for token in tokens], words)
    return carried


@dataclass(frozen=True)
class _Token:
    """A word of a transcript: the space before it, as it is marked, and without its marks.

    What marks a line as heading, list or quotation is a token of its own.
    """

    lead: str
    text: str
    word: str
    is_mark: bool

    @classmethod
    def of(cls, found: re.Match[str]) -> _Token:
        lead, text = found.groups()
        is_mark = _LINE_MARK.fullmatch(text) is not None and ("\n" in lead or not found.start())
        return cls(lead, text, text if is_mark else _MARKS.sub("", text), is_mark)


def _carried(tokens: Sequence[_Token], words: Sequence[str]) -> str:
    return "".join(_pieces(tokens, words)).strip()


def _pieces(tokens: Sequence[_Token], words: Sequence[str]) -> Iterator[str]:
    for kept, i1, i2, j1, j2 in _runs([token.word for token in tokens], words):
        if kept:
            yield from (f"{token.lead or ' '}{token.text}" for token in tokens[i1:i2])
        else:
            yield from _changed(tokens[i1:i2], iter(words[j1:j2]))


def _runs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, int, int, int, int]]:
    """Divide both into runs: whether it was kept, and its bounds in each."""
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    yield True, 0, head, 0, head
    if len(middle[0]) * len(middle[1]) <= _MOST_PAIRS:
        matcher = SequenceMatcher(None, *middle, autojunk=False)
        for kind, i1, i2, j1, j2 in matcher.get_opcodes():
            yield kind == "equal", head + i1, head + i2, head + j1, head + j2
    else:
        yield False, head, len(old) - tail, head, len(new) - tail
    yield True, len(old) - tail, len(old), len(new) - tail, len(new)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _changed(run: Sequence[_Token], words: Iterator[str]) -> Iterator[str]:
    """Yield words in the place of others: what begins a paragraph or a marked line still does."""
    mark = ""
    for token in run:
        if token.is_mark:
            mark = f"{token.lead or ' '}{token.text}"
        elif word := next(words, ""):
            yield f"{mark}{token.lead or ' '}{word}"
            mark = ""
    for word in words:
        yield f"{mark} {word}"
        mark = ""
    if run and run[-1].is_mark:
        yield mark
