"""Words on one line or two: what fits, and where the second line begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from mentor_common.captions.breaks import Break, breaks_between
from mentor_common.captions.segments import LINE_COLUMNS, columns, join_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mentor_common.captions.word import Word

CUE_COLUMNS: Final = 2 * LINE_COLUMNS
"""Columns that two lines hold."""
BREAK_COST: Final = {
    Break.SENTENCE: 0,
    Break.CLAUSE: 0,
    Break.PHRASE: 20,
    Break.WORD: 35,
    Break.BOUND: 70,
    Break.FORBIDDEN: 1000,
}
"""Columns of imbalance that count as much as a break: the last outweighs any imbalance."""
_TOP_HEAVY: Final = 10  # columns of imbalance that a longer upper line counts as


@dataclass(frozen=True)
class Layout:
    """Words, all on one line, with the breaks between them.

    A range of words is given by its first index and the one behind its last.

    Parameters
    ----------
    words
        In order.
    breaks
        The break before each word.
    begins, ends
        The columns at which each word begins and ends.
    """

    words: Sequence[Word]
    breaks: Sequence[Break]
    begins: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, words: Sequence[Word], language: str | None) -> Self:
        """Lay out words of a language, BCP 47."""
        begins: list[int] = []
        ends: list[int] = []
        for word in words:
            begins.append(ends[-1] + (not word.no_space_before) if ends else 0)
            ends.append(begins[-1] + columns(word.text))
        return cls(words, breaks_between(words, language), begins, ends)

    def width(self, first: int, last: int) -> int:
        """Return the columns of a range of words on one line."""
        return self.ends[last - 1] - self.begins[first]

    def fits(self, first: int, last: int) -> bool:
        """Return whether two lines hold a range, or it is a single word."""
        return last - first == 1 or bool(self._lower_lines(first, last))

    def lower_line(self, first: int, last: int) -> int:
        """Return the word with which the second line begins; ``last`` where one line is enough.

        The lines end at the best break there is, and come out even, the upper one rather the
        shorter; a forbidden one only where no other fits.
        """
        return min(
            self._lower_lines(first, last),
            key=lambda at: self._line_cost(first, at, last),
            default=last,
        )

    def line_break(self, first: int, last: int) -> Break:
        """Return the break between the two lines of a range, the best one where it has one line."""
        at = self.lower_line(first, last)
        return Break.SENTENCE if at == last else self.breaks[at]

    def text(self, first: int, last: int) -> str:
        """Return a range on one line, or on two with a line feed between them."""
        at = self.lower_line(first, last)
        lines = self.words[first:at], self.words[at:last]
        return "\n".join(join_words(line) for line in lines if line)

    def _lower_lines(self, first: int, last: int) -> Iterable[int]:
        """Return the words with which a second line may begin; ``last`` for none."""
        if self.width(first, last) <= LINE_COLUMNS:
            return [last]
        return [
            at
            for at in range(first + 1, last)
            if self.width(first, at) <= LINE_COLUMNS and self.width(at, last) <= LINE_COLUMNS
        ]

    def _line_cost(self, first: int, at: int, last: int) -> int:
        if at == last:
            return 0
        longer = self.width(first, at) - self.width(at, last)
        return BREAK_COST[self.breaks[at]] + abs(longer) + _TOP_HEAVY * (longer > 0)
