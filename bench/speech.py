"""``make bench-speech SPEECH=folder``: how well, at what cost, and how fast speech is recognised.

The folder holds sound files and ``references.json``, file name to spoken text; English. Without one
the text is read by a machine's voice, which proves little. ``MODELS=small,…`` measures more of
Whisper's pinned models beside the default; ``MINUTES`` (20) is the length of the recording by which
memory is measured, 0 for none. The last line is JSON, of the default.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from whisper_normalizer.english import EnglishTextNormalizer

from bench.caption_figures import caption_figures, ends_of_speech
from bench.recognition import measure, true_words
from bench.recordings import machine_read, recordings_of, repeated
from bench.speech_figures import (
    errors_of,
    marks_of,
    median_and_p90,
    share,
    start_errors_ms,
    summary,
    table,
    word_errors,
)
from mentor_common.captions import cues_from_words
from mentor_common.telemetry.logs import configure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.recognition import Measurement, Result
    from bench.speech_figures import Spelling
    from mentor_common.captions import Word

    Truth = Mapping[str, Sequence[Word]]


def name_of(measured: Measurement) -> str:
    """Return the recogniser and its model."""
    return f"{measured.engine} {measured.model or ''}".strip()


def cpu_per_second(results: Sequence[Result]) -> float:
    """Return the CPU seconds for a second of sound."""
    return sum(each.cpu_s for each in results) / sum(each.recording.seconds for each in results)


def quality(measured: Measurement, truth: Truth, spelling: Spelling) -> dict[str, str]:
    """Return a row: errors, marks, and how far words' starts are off."""
    errors, marks = errors_of(measured.results, spelling), marks_of(measured.results)
    return {
        "recogniser": name_of(measured),
        "word errors": share(errors.errors, errors.words),
        "punctuation": share(marks.punctuation_found, marks.punctuation),
        "capitals": share(marks.capitals_found, marks.capitals),
        "starts off, ms (median, p90)": _starts(measured.results, truth, own=False),
        "recogniser's own": _starts(measured.results, truth, own=True),
    }


def cost(measured: Measurement) -> dict[str, str]:
    """Return a row: processor, latency, memory."""
    memory, long = measured.memory, measured.long
    return {
        "recogniser": name_of(measured),
        "CPU-s/s": f"{cpu_per_second(measured.results):.3f}",
        "of the long one": f"{cpu_per_second([long]):.3f}" if long else "-",
        "load, s": f"{measured.load_s:.1f}",
        "first result, s": f"{measured.results[0].elapsed_s:.1f}",
        "loaded, MB": f"{memory.loaded:.0f}" if memory.loaded else "-",
        "after all, MB": f"{memory.rested:.0f}" if memory.rested else "-",
        "peak, MB": f"{memory.peak:.0f}",
        "others' peak, MB": f"{memory.others:.0f}",
    }


def captions(measured: Measurement) -> dict[str, str]:
    """Return a row of what `bench.caption_figures` counts."""
    total: Counter[str] = Counter()
    for result in measured.results:
        words, language = result.transcript.words, result.transcript.language
        cues = cues_from_words(words, language)
        total.update(asdict(caption_figures(cues, ends_of_speech(cues, words), language)))
    return {"recogniser": name_of(measured), **{name: str(count) for name, count in total.items()}}


def each_recording(measured: Sequence[Measurement], spelling: Spelling) -> list[dict[str, str]]:
    """Return a row for each recording: errors of each recogniser."""
    rows = []
    for results in zip(*(each.results for each in measured), strict=True):
        recording = results[0].recording
        row = {"recording": recording.name, "seconds": f"{recording.seconds:.0f}"}
        for each, result in zip(measured, results, strict=True):
            errors = word_errors(result.spoken, result.written, spelling)
            row["words"] = str(errors.words)
            row[name_of(each)] = f"{errors.errors} ({share(errors.errors, errors.words)})"
        rows.append(row)
    return rows


def _starts(results: Sequence[Result], truth: Truth, *, own: bool) -> str:
    off = [
        error
        for each in results
        for error in start_errors_ms(
            truth[each.recording.name], each.own_words if own else each.transcript.words
        )
    ]
    figures = median_and_p90(off)
    return f"{figures[0]:.0f}, {figures[1]:.0f}" if figures else "-"


def report(measured: Sequence[Measurement], truth: Truth) -> None:
    """Print the tables, what is written wrong, and the line of JSON of the first."""
    spelling: Spelling = EnglishTextNormalizer()
    for rows in (
        [quality(each, truth, spelling) for each in measured],
        [cost(each) for each in measured],
        [captions(each) for each in measured],
        each_recording(measured, spelling),
    ):
        print(f"\n{table(rows)}")
    default = measured[0]
    errors = errors_of(default.results, spelling)
    print(f"\n{name_of(default)} writes (spoken → written): {'; '.join(errors.examples) or '-'}")
    print(
        summary(
            default.engine,
            default.model,
            errors.rate,
            cpu_s_per_s=cpu_per_second(default.results),
            peak_mb=default.memory.peak,
            clips=len(default.results),
        )
    )


def main() -> None:
    """Measure the default, the models that are named, and pocketsphinx."""
    configure("bench", level="ERROR", style="console")
    models = [None, *filter(None, os.environ.get("MODELS", "").split(","))]
    seconds = 60 * float(os.environ.get("MINUTES") or 20)
    with tempfile.TemporaryDirectory() as scratch:
        work_dir = Path(scratch)
        if sys.argv[1:]:
            recordings = recordings_of(Path(sys.argv[1]), work_dir)
        else:
            print("no SPEECH=folder: this is a machine's voice, which proves little")
            recordings = machine_read(work_dir)
        long = repeated(recordings, seconds, work_dir) if seconds else None
        total = sum(each.seconds for each in recordings)
        print(f"{len(recordings)} recordings, {total:.0f} s; load {os.getloadavg()[0]:.1f}")
        measured = [measure("whisper", model, recordings, long) for model in models]
        measured.append(measure("pocketsphinx", None, recordings, None))
        report(measured, true_words(recordings))


if __name__ == "__main__":
    main()
