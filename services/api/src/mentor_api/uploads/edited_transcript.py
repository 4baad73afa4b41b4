"""Texts that an upload with an edited transcript keeps, cut to the trim and stored for workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_common import captions
from mentor_common.aws.storage import ObjectMissingError
from mentor_common.errors import PermanentError
from mentor_common.jobs import language_of_captions
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from mentor_api.uploads.gateway import AnswerBefore
    from mentor_api.uploads.models import AnswerUpload
    from mentor_api.word_timings import WordTimings
    from mentor_common.aws.storage import Storage
    from mentor_common.events import AlignedCaptions, Trim

_log = get_logger(__name__)
_LONGEST_CAPTIONS = 2_000_000  # bytes; GraphQL takes no longer ones


@dataclass(frozen=True)
class EditedTranscripts:
    """Stores what the workers need of an answer whose transcript stays.

    Under ``static_url_base`` are the captions whose text GraphQL does not have.
    """

    word_timings: WordTimings
    storage: Storage
    bucket: str
    static_url_base: str

    def store(self, upload: AnswerUpload, upload_id: str, before: AnswerBefore) -> dict[str, Any]:
        """Store captions, word timings, or the text to align.

        Returns
        -------
        dict
            Fields of the job: ``captions_key`` and ``words_key`` of what was cut to the trim;
            ``align_key`` of the text whose words the transcriber has to find in the sound, where
            there are no word timings, and ``align_language``, that of the captions.
        """
        trim = upload.request.trim
        # Claim 0: written before any worker's claim, and by nothing else.
        folder = f"videos/{upload.answer.mentor}/{upload.answer.question}/{upload_id}/0"
        timings = self.word_timings.of(upload.answer)
        cues = _trimmed_captions(self._captions(before), timings, trim) if trim else None
        words = timings.trimmed(trim.start, trim.end) if timings and trim else timings
        text = before.transcript if words is None else None
        language = language_of_captions(before.captions_url)
        return {
            "words_key": self._put(f"{folder}/transcript.json", words.to_json() if words else None),
            "captions_key": self._put(f"{folder}/{language}.vtt", cues),
            "align_key": self._put(f"{folder}/edited.txt", text if (text or "").strip() else None),
            "align_language": language,
        }

    def _captions(self, before: AnswerBefore) -> str | None:
        """Return the answer's captions; of old answers GraphQL has the address alone."""
        url = before.captions_url or ""
        if before.captions or not url.startswith(self.static_url_base):
            return before.captions
        key = url.removeprefix(self.static_url_base)
        try:
            head, first = self.storage.beginning(self.bucket, key, _LONGEST_CAPTIONS)
            return first.decode() if head.size == len(first) else None
        except (ObjectMissingError, UnicodeDecodeError):
            _log.warning("the answer's captions are not readable and stay as they are")
            return None

    def _put(self, key: str, text: str | None) -> str | None:
        """Store a text and return its key; ``None`` where there is none."""
        if text is None:
            return None
        self.storage.put_text(text, self.bucket, key)
        return key


def _trimmed_captions(
    text: str | None, timings: captions.TimedTranscript | None, trim: Trim
) -> str | None:
    """Return captions cut to the trim; ``None`` where they stay as they are."""
    if not text:
        return None
    try:
        words = timings.words if timings else ()
        cues = captions.trim_captions(captions.parse_vtt(text), words, trim.start, trim.end)
    except (PermanentError, ValueError):
        _log.warning("the answer's captions are not readable and stay as they are")
        return None
    return captions.format_vtt(cues)


def captions_of_alignment(trim: Trim | None, before: AnswerBefore) -> AlignedCaptions:
    """Return when alignment makes captions: a person's stay, and so do all without a trim."""
    if not before.captions_url:
        return "always"
    if trim is None or captions.is_manual_captions(before.captions_url):
        return "never"
    return "credible"
