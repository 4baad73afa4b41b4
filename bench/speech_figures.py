"""Figures of a transcript beside the text that was spoken: pure functions.

``Spelling`` brings two ways of writing the same words to one, so that "Mr." and "mister", "42" and
"forty-two" are no error.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, Final, Protocol

import jiwer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mentor_common.captions import Word

    Spelling = Callable[[str], str]

MARKS: Final = ".,;:!?"
_QUOTES: Final = "\"'()\u2018\u2019\u201c\u201d"


@dataclass(frozen=True)
class WordErrors:
    """Errors of one or several transcripts.

    Parameters
    ----------
    words
        Words that were spoken.
    errors
        Words substituted, left out or added.
    examples
        Each place: spoken words, an arrow, written words.
    """

    words: int = 0
    errors: int = 0
    examples: tuple[str, ...] = ()

    def __add__(self, other: WordErrors) -> WordErrors:
        """Return the errors of both."""
        return WordErrors(
            self.words + other.words, self.errors + other.errors, self.examples + other.examples
        )

    @property
    def rate(self) -> float:
        """Word error rate: errors for each word that was spoken."""
        return self.errors / self.words if self.words else 0.0


def word_errors(spoken: str, written: str, spelling: Spelling) -> WordErrors:
    """Return the errors of a transcript."""
    compared = jiwer.process_words(_words(spoken, spelling), _words(written, spelling))
    ((reference,), (hypothesis,)) = compared.references, compared.hypotheses
    return WordErrors(
        words=len(reference),
        errors=compared.substitutions + compared.deletions + compared.insertions,
        examples=tuple(
            f"{' '.join(reference[chunk.ref_start_idx : chunk.ref_end_idx]) or '-'} → "
            f"{' '.join(hypothesis[chunk.hyp_start_idx : chunk.hyp_end_idx]) or '-'}"
            for chunk in compared.alignments[0]
            if chunk.type != "equal"
        ),
    )


@dataclass(frozen=True)
class Marks:
    """Punctuation and capitals of the spoken text, and how many of them are written.

    A mark counts as written where any mark stands: commas and semicolons are a matter of taste.
    """

    punctuation: int = 0
    punctuation_found: int = 0
    capitals: int = 0
    capitals_found: int = 0

    def __add__(self, other: Marks) -> Marks:
        """Return the marks of both."""
        return Marks(
            self.punctuation + other.punctuation,
            self.punctuation_found + other.punctuation_found,
            self.capitals + other.capitals,
            self.capitals_found + other.capitals_found,
        )


def marks(spoken: str, written: str) -> Marks:
    """Return the marks of a transcript; those of words that are written wrong are not found."""
    reference, hypothesis = spoken.split(), written.split()
    pairs = [
        (reference[before], hypothesis[after]) for before, after in _same(reference, hypothesis)
    ]
    return Marks(
        punctuation=sum(map(_has_mark, reference)),
        punctuation_found=sum(_has_mark(one) and _has_mark(other) for one, other in pairs),
        capitals=sum(map(_has_capital, reference)),
        capitals_found=sum(_has_capital(one) and _has_capital(other) for one, other in pairs),
    )


def start_errors_ms(truth: Sequence[Word], words: Sequence[Word]) -> list[float]:
    """Return the milliseconds by which the starts of right words are off."""
    pairs = _same([word.text for word in truth], [word.text for word in words])
    return [abs(words[after].start - truth[before].start) * 1000 for before, after in pairs]


class Measured(Protocol):
    """A clip and its transcript."""

    @property
    def spoken(self) -> str:
        """Text that is spoken."""
        ...

    @property
    def written(self) -> str:
        """Text of the transcript."""
        ...


def errors_of(results: Iterable[Measured], spelling: Spelling) -> WordErrors:
    """Return the errors of transcripts together."""
    each = (word_errors(result.spoken, result.written, spelling) for result in results)
    return sum(each, WordErrors())


def marks_of(results: Iterable[Measured]) -> Marks:
    """Return the marks of transcripts together."""
    return sum((marks(result.spoken, result.written) for result in results), Marks())


def median_and_p90(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the median and the 90th percentile; ``None`` of fewer than two values."""
    enough = len(values) > 1
    return (median(values), quantiles(values, n=10, method="inclusive")[8]) if enough else None


def share(part: float, whole: float) -> str:
    """Return a share in per cent, or a dash of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows of the same columns as a Markdown table."""
    columns = list(rows[0])
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in columns}
    lines = [
        [name.ljust(widths[name]) for name in columns],
        ["-" * widths[name] for name in columns],
        *([row[name].ljust(widths[name]) for name in columns] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def summary(engine: str, model: str | None, wer: float, **figures: Any) -> str:
    """Return the one line of JSON that ends the benchmark."""
    rounded = {name: round(value, 4) for name, value in figures.items()}
    return json.dumps({"engine": engine, "model": model, "wer": round(wer, 4), **rounded})


def _same(reference: Sequence[str], hypothesis: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of words that are the same in both, but for marks and capitals."""
    matcher = SequenceMatcher(
        None, list(map(_letters, reference)), list(map(_letters, hypothesis)), autojunk=False
    )
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            yield block.a + offset, block.b + offset


def _words(text: str, spelling: Spelling) -> str:
    """Return words alone: of an ellipsis a point may be left."""
    return " ".join(word for word in spelling(text).split() if _letters(word))


def _letters(word: str) -> str:
    return "".join(filter(str.isalnum, word)).casefold()


def _has_mark(word: str) -> bool:
    return word.rstrip(_QUOTES)[-1:] in tuple(MARKS)


def _has_capital(word: str) -> bool:
    return word.lstrip(_QUOTES)[:1].isupper()
