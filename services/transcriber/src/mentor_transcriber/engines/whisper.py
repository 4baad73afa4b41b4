"""Whisper by faster-whisper: punctuated text of free speech, in many languages."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mentor_common.captions import Word, primary_language
from mentor_common.media import Bounds
from mentor_transcriber.engines.base import Recognition
from mentor_transcriber.engines.resident import Resident

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mentor_common.media import ToolRun

_WORKER: Final = "mentor_transcriber.engines.whisper_worker"
_WITHOUT_SPACES: Final = frozenset({"ja", "km", "lo", "my", "th", "yue", "zh"})
"""Languages, ISO 639, that are written without spaces."""
_LANGUAGE_TOKEN: Final = re.compile(r"<\|([a-z]{2,3})\|>")
_ENGLISH: Final = "en"
_MULTILINGUAL_TOKENS: Final = 50_258
"""Entries of the vocabulary of a model that knows several languages; models for English have fewer
(Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022, and the
published tokenizers)."""
_NO_SPEECH: Final = 0.6
_DOUBTFUL: Final = -1.0
"""Mean log probability of a token below which Whisper itself takes a segment for a failure."""
_FAILED: Final = -1.5
"""Mean log probability below which nothing of a segment was said. Speech as loud as noise around
it has -0.8, half as loud -1; laughter has -3."""
_UNSURE: Final = 0.25
"""Mean probability of the words of a segment below which it is a guess."""
_LONGEST_HINTS: Final = 400
"""Characters; what Whisper listens for displaces what it may write of a window."""
_CPU_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")
_SPARE_BYTES: Final = 1_024 << 20
"""With it `base` may have 1588 MiB of data. It has 873 after twenty minutes with 125 s of speech,
heard twice, and 25 more for each further minute without a pause."""
_MODEL_FACTOR: Final = 4  # int8 weights are unpacked from larger ones


@dataclass(frozen=True)
class WhisperModel:
    """A model and how it is run.

    Parameters
    ----------
    folder
        Where it is, in CTranslate2's format.
    name
        What it is called in transcripts, as ``base``.
    device, compute_type
        As faster-whisper names them: ``cpu`` and ``int8``, ``cuda`` and ``float16``.
    beam
        Width of the search; 1 takes the likeliest token each time.
    threads
        Of the processor; 0 for as many as this container may use.
    """

    folder: Path
    name: str
    device: str = "cpu"
    compute_type: str = "int8"
    beam: int = 1
    threads: int = 0

    @property
    def bounds(self) -> Bounds:
        """Memory that recognising may take; a GPU's driver reserves more than can be bounded."""
        if self.device != "cpu":
            return Bounds(memory_bytes=1 << 40)
        weights = sum(file.stat().st_size for file in self.folder.iterdir())
        return Bounds(memory_bytes=_SPARE_BYTES + _MODEL_FACTOR * weights)


class WhisperEngine:
    """A recogniser that stays loaded.

    Parameters
    ----------
    model
        Which, and how it is run.
    languages
        BCP 47 tags of what may be spoken; the only one, or the likeliest of several is taken.
        None for any language that the model knows.
    vocabulary
        Words to expect in every recording, ``None`` for none.
    translates
        Whether what is spoken in another language is translated into English, too.
    """

    name: Final = "whisper"

    def __init__(
        self,
        model: WhisperModel,
        languages: Sequence[str] = (),
        vocabulary: str | None = None,
        *,
        translates: bool = False,
    ) -> None:
        self._beam = model.beam
        self._tags = {primary_language(tag): tag for tag in reversed(languages)}  # the first wins
        self._vocabulary = vocabulary
        self._translates = translates
        self.model = model.name
        self.language = languages[0] if languages else _ENGLISH
        loading = {
            "model": str(model.folder),
            "device": model.device,
            "compute_type": model.compute_type,
            "threads": model.threads or processors(_CPU_QUOTA),
        }
        argv = (sys.executable, "-P", "-m", _WORKER, json.dumps(loading))
        # It may open any file: where the recordings will lie is not known; we wrote them.
        self._process = Resident(self.name, argv, model.bounds)

    @property
    def pid(self) -> int | None:
        """Id of its process, ``None`` where none runs."""
        return self._process.pid

    async def recognise(
        self, wav: Path, *, hints: str | None = None, timings: list[ToolRun] | None = None
    ) -> Recognition:
        """Return the words of a recording, see `Engine.recognise`.

        Raises
        ------
        RecogniserError
            Its process ended or failed.
        ToolTimeoutError
            It did not answer.
        """
        request = {
            "wav": str(wav),
            "languages": list(self._tags),
            "beam": self._beam,
            "hints": _bounded(", ".join(filter(None, (hints, self._vocabulary)))),
        }
        answer = await self._process.ask(wav, request, timings)
        if answer["language"] is None:
            return Recognition((), "")
        language = answer["language"]
        found = recognition_of(answer["segments"], language, self._tags.get(language, language))
        if not self._translates or language == _ENGLISH or not found.words:
            return found
        request |= {"languages": [language], "task": "translate"}
        answer = await self._process.ask(wav, request, timings)
        return replace(found, translation=recognition_of(answer["segments"], _ENGLISH, _ENGLISH))

    async def close(self) -> None:
        """End the process."""
        await self._process.close()


def recognition_of(segments: Iterable[Mapping[str, Any]], language: str, tag: str) -> Recognition:
    """Return the recognition of what Whisper wrote down.

    Parameters
    ----------
    segments
        As the worker answers them.
    language, tag
        As Whisper and as BCP 47 names it.
    """
    credible = [each for each in segments if not is_doubtful(each)]
    words: list[Word] = []
    for segment in credible:
        words += _words(segment["words"], words[-1].end if words else 0.0, language)
    blank = "" if language in _WITHOUT_SPACES else " "
    return Recognition(
        tuple(words), blank.join(each["text"].strip() for each in credible), language=tag
    )


def is_doubtful(segment: Mapping[str, Any]) -> bool:
    """Return whether Whisper itself takes a segment for no speech, or for a guess."""
    certain = [probability for *_, probability in segment["words"]]
    if not certain or segment["logprob"] < _FAILED:
        return True
    if segment["no_speech"] > _NO_SPEECH and segment["logprob"] < _DOUBTFUL:
        return True
    return bool(sum(certain) / len(certain) < _UNSURE)


def _words(pieces: Iterable[Sequence[Any]], after: float, language: str) -> list[Word]:
    """Return the words of Whisper's pieces, none before ``after``.

    A piece without a leading blank belongs to the word before: "real" and "-time".
    """
    words: list[Word] = []
    for text, begun, ended, probability in pieces:
        if not text.strip():
            continue
        start = max(begun, words[-1].end if words else after)
        end = max(ended, start)
        joins = words and not text.startswith(" ") and language not in _WITHOUT_SPACES
        if joins:
            last = words.pop()
            certain = min(last.confidence, probability)
            words.append(Word(last.text + text.strip(), last.start, end, certain))
        else:
            words.append(Word(text.strip(), start, end, probability))
    return words


def languages_of(folder: Path) -> frozenset[str]:
    """Return the languages that a model knows, ISO 639, as its tokens name them."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    if len(tokenizer["model"]["vocab"]) < _MULTILINGUAL_TOKENS:
        return frozenset({_ENGLISH})  # it has tokens of other languages, too, which mean nothing
    tokens = (_LANGUAGE_TOKEN.fullmatch(token["content"]) for token in tokenizer["added_tokens"])
    return frozenset(token[1] for token in tokens if token)


def can_translate(folder: Path) -> bool:
    """Return whether a model can translate into English: it knows other languages.

    Those called "turbo" were not taught to, as their model card says; nothing in their files does.
    """
    return languages_of(folder) != {_ENGLISH} and "turbo" not in folder.name


def _bounded(hints: str) -> str | None:
    """Return hints without those that are too many; ``None`` for none."""
    if len(hints) > _LONGEST_HINTS:
        hints = hints[: _LONGEST_HINTS + 1].rpartition(" ")[0].rstrip(" ,")
    return hints or None


def processors(quota: Path) -> int:
    """Return how many processors this process may use: those it may run on, within its quota.

    Parameters
    ----------
    quota
        cgroup v2's ``cpu.max``: microseconds of processor time, or ``max``, and those of the
        period in which they may be used.
    """
    allowed = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    try:
        time, period = quota.read_text().split()
        limit = allowed if time == "max" else max(1, int(time) // int(period))
    except (OSError, ValueError):
        limit = allowed
    return min(allowed, limit)
