"""Uploads whose transcript a person has edited: their words are found in the sound.

Asked for by ``alignment.requested``, and by the ``upload.accepted`` of releases 0.2 and 0.3.
The transcript itself is never written. What an alignment cannot do fails no upload: the answer
then keeps the captions it has, or gets evenly spread ones if it has none.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from mentor_common.aws.storage import ObjectMissingError
from mentor_common.captions import TimedTranscript, cues_from_words, format_vtt, retime, trim_cues
from mentor_common.errors import PermanentError
from mentor_common.events import AlignmentRequested
from mentor_common.jobs import ALIGNMENT
from mentor_common.telemetry.logs import get_logger
from mentor_common.work.result import WorkDone
from mentor_transcriber.alignment import LANGUAGE, align
from mentor_transcriber.audio import cut_sound
from mentor_transcriber.engines.pocketsphinx import PocketsphinxEngine
from mentor_transcriber.handlers import trim_of
from mentor_transcriber.speech import WORD_TIMING_VERSION

if TYPE_CHECKING:
    from mentor_common.captions import Word
    from mentor_common.events import UploadAccepted
    from mentor_common.work.parked import Parked
    from mentor_common.work.upload_work import Assignment, DoWork
    from mentor_transcriber.handlers import Workspace

    MayAlign = AlignmentRequested | UploadAccepted

_log = get_logger(__name__)


@dataclass(frozen=True)
class Aligner:
    """The work on one upload: alignment where a text is to be aligned, else recognition.

    ``recognise`` does the work where there is nothing to align.
    """

    workspace: Workspace
    recognise: DoWork

    async def __call__(self, assignment: Assignment) -> WorkDone | Parked:
        """Write word timings and captions, or nothing where that cannot be done."""
        upload = cast("MayAlign", assignment.upload)
        if upload.align_key is None:
            return await self.recognise(assignment)
        try:
            return await self._align(assignment, upload, upload.align_key)
        except (PermanentError, ObjectMissingError) as error:
            _log.warning("not aligned", error=str(error))
            return WorkDone({}, facts={"engine": ALIGNMENT, "credible": False})

    async def _align(self, assignment: Assignment, upload: MayAlign, key: str) -> WorkDone:
        workspace, bucket = self.workspace, self.workspace.bucket
        text = await asyncio.to_thread(workspace.storage.get_text, bucket, key)
        async with workspace.fetched(assignment) as (path, folder):
            # All of it: the text is that of the answer before this trim.
            sound = await cut_sound(
                path,
                trim=None,
                work_dir=folder,
                tools=workspace.tools,
                limits=workspace.limits,
                timings=assignment.timings,
            )
            found = None
            if sound.wav is not None and _language(upload) == LANGUAGE:
                found = await align(sound.wav, text, timings=assignment.timings)
        words = found
        if words is None and upload.align_captions == "always":
            words = retime([], text, (0.0, sound.duration_s))
        results = _results(upload, words, sound.duration_s, credible=found is not None)
        keys = {name: f"{assignment.prefix}/{file}" for name, (file, _) in results.items()}
        for name, (_, content) in results.items():
            await asyncio.to_thread(workspace.storage.put_text, content, bucket, keys[name])
        return WorkDone(keys, facts={"engine": ALIGNMENT, "credible": found is not None})


def _results(
    upload: MayAlign, words: list[Word] | None, duration_s: float, *, credible: bool
) -> dict[str, tuple[str, str]]:
    """Return file and content by result; a transcript only where its times are credible."""
    if words is None:
        return {}
    language = _language(upload)
    tag = PocketsphinxEngine.language if language == LANGUAGE else language
    facts = {"version": WORD_TIMING_VERSION, "engine": ALIGNMENT, "language": tag}
    timings = TimedTranscript(tuple(words), duration_s, facts)
    if trim := trim_of(upload):
        timings = timings.trimmed(*trim)
    results = {}
    if credible:
        results["transcript"] = ("transcript.json", timings.to_json())
    if upload.align_captions != "never":
        cues = trim_cues(cues_from_words(timings.words, timings.language), 0.0, timings.duration)
        results["vtt"] = (f"{language}.vtt", format_vtt(cues))
    return results


def _language(upload: MayAlign) -> str:
    """Return the language of the text, ISO 639; English where the api did not say."""
    named = upload.align_language if isinstance(upload, AlignmentRequested) else None
    return named or LANGUAGE
