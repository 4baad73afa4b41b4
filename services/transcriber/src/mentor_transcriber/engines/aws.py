"""AWS Transcribe: jobs that end minutes later, and their results."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from mentor_common.aws.clients import AwsRefusedError, error_code, outages_of
from mentor_common.captions import Word
from mentor_common.errors import AccessDeniedError, TransientError
from mentor_common.failpoints import effect
from mentor_transcriber.engines.base import Recognition

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME: Final = "aws"
_QUOTA: Final = "LimitExceededException"
_QUOTA_RETRY_S: Final = 60.0
_CONFLICT: Final = "ConflictException"
_BAD_REQUEST: Final = "BadRequestException"
# The recording was stored a moment ago and the bucket is ours: what is missing is a permission.
_NO_ACCESS: Final = "can't be accessed"
_READS_AND_WRITES: Final = "s3:GetObject or s3:PutObject for transcribe:StartTranscriptionJob on"
# An unknown job is a BadRequestException on AWS.
_UNKNOWN: Final = frozenset({_BAD_REQUEST, "NotFoundException"})


@dataclass(frozen=True)
class JobState:
    """State of a job; ``missing`` when AWS does not know it (any more)."""

    status: Literal["running", "completed", "failed", "missing"]
    reason: str = ""


@dataclass(frozen=True)
class TranscribeJobs:
    """Starts jobs and reads their states.

    Parameters
    ----------
    languages
        BCP 47 tags of what may be spoken, the usual one first; none for any.
    vocabulary
        Name of a custom vocabulary, ``None`` for none.
    prefix
        Begins the name of each job; separates stages.
    """

    client: Any
    languages: tuple[str, ...]
    vocabulary: str | None = None
    prefix: str = "mentor-upload-"

    def start(self, name: str, audio: tuple[str, str], output: tuple[str, str]) -> None:
        """Start a job, or adopt the one of that name.

        Parameters
        ----------
        name
            What it is called: the same claim asks for the same job.
        audio, output
            Bucket and key of the WAV file, and of the JSON document to be written.

        Raises
        ------
        TransientError
            Too many jobs run already.
        DependencyDownError
            Transcribe does not answer as it should, or refuses us.
        """
        settings = {"VocabularyName": self.vocabulary} if self.vocabulary else {}
        try:
            # A quota is not an outage: other jobs end, and this one is tried again.
            with effect("transcribe.start"), outages_of("transcribe", but=frozenset({_QUOTA})):
                self.client.start_transcription_job(
                    TranscriptionJobName=name,
                    **self._language(),
                    MediaFormat="wav",
                    Media={"MediaFileUri": f"s3://{audio[0]}/{audio[1]}"},
                    OutputBucketName=output[0],
                    OutputKey=output[1],
                    **({"Settings": settings} if settings else {}),
                )
        except AwsRefusedError as error:
            if error_code(error) == _QUOTA:
                raise TransientError("too many transcription jobs", _QUOTA_RETRY_S) from error
            if error_code(error) == _BAD_REQUEST and _NO_ACCESS in str(error):
                action = f"{_READS_AND_WRITES} {audio[0]} and {output[0]}"
                raise AccessDeniedError("transcribe", _BAD_REQUEST, action) from error
            if error_code(error) != _CONFLICT:
                raise

    def _language(self) -> dict[str, Any]:
        if len(self.languages) == 1:
            return {"LanguageCode": self.languages[0]}
        options = {"LanguageOptions": list(self.languages)} if self.languages else {}
        return {"IdentifyLanguage": True, **options}

    @property
    def language(self) -> str:
        """BCP 47 tag of a recording in which nothing is said."""
        return self.languages[0] if self.languages else "en-US"

    def state(self, name: str) -> JobState:
        """Return the state of a job.

        Raises
        ------
        DependencyDownError
            Transcribe does not answer as it should.
        """
        try:
            with outages_of("transcribe"):
                answer = self.client.get_transcription_job(TranscriptionJobName=name)
        except AwsRefusedError as error:
            if error_code(error) in _UNKNOWN:
                return JobState("missing", "there is no such job")
            raise
        job: Mapping[str, Any] = answer["TranscriptionJob"]
        if job["TranscriptionJobStatus"] == "COMPLETED":
            return JobState("completed")
        if job["TranscriptionJobStatus"] == "FAILED":
            return JobState("failed", str(job.get("FailureReason") or ""))
        return JobState("running")

    def probe(self) -> None:
        """Raise ``DependencyDownError`` unless Transcribe answers."""
        self.state(f"{self.prefix}probe")  # which there is not: that is an answer too


def recognition_of(document: str) -> Recognition:
    """Read the JSON document that a job has written.

    Punctuation comes as items without times; it clings to the word before it.
    """
    results: Mapping[str, Any] = json.loads(document)["results"]
    words: list[Word] = []
    for item in results["items"]:
        best = item["alternatives"][0]
        if item["type"] == "punctuation":
            if words:
                last = words.pop()
                words.append(
                    Word(last.text + best["content"], last.start, last.end, last.confidence)
                )
            continue
        start = max(float(item["start_time"]), words[-1].end if words else 0.0)
        end = max(float(item["end_time"]), start)
        words.append(Word(best["content"], start, end, float(best["confidence"])))
    text = results["transcripts"][0]["transcript"].strip()
    return Recognition(tuple(words), text, language=results.get("language_code"))
