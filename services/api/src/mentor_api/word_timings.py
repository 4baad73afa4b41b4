"""Word timings of the video that an answer shows, from the workers' results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_common.aws.storage import ObjectMissingError, Storage
from mentor_common.captions import TimedTranscript
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from mentor_common.jobs import AnswerKey, Reader

_log = get_logger(__name__)


@dataclass(frozen=True)
class WordTimings:
    """Finds the stored word timings of an answer."""

    reader: Reader
    storage: Storage
    bucket: str

    def of(self, answer: AnswerKey) -> TimedTranscript | None:
        """Return the timings of the video that the answer shows; ``None`` where it has none."""
        answer_state = self.reader.answer_state(answer)
        if answer_state is None or answer_state.shown_upload is None:
            return None
        upload = self.reader.upload(answer_state.shown_upload)
        key = upload.transcribe.results.get("transcript") if upload.transcribe else None
        if upload.job is not None and upload.job.words_key is not None:
            key = upload.job.words_key
        if key is None:
            return None
        try:
            return TimedTranscript.from_json(self.storage.get_text(self.bucket, key))
        except ObjectMissingError:
            _log.warning("word timings are gone", key=key)
            return None
