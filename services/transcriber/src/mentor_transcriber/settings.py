"""Settings of the transcriber. An environment name is the field's name in capitals."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from mentor_common.captions import canonical_tag, primary_language
from mentor_common.settings import WorkerSettings
from mentor_transcriber.engines.pocketsphinx import PocketsphinxEngine
from mentor_transcriber.engines.registry import ENGINES
from mentor_transcriber.engines.whisper import WhisperEngine, can_translate, languages_of
from mentor_transcriber.model import ModelSettings, ModelSettingsError, find

_ANY: Final = "auto"
_MAY_BE_WHISPER: Final = frozenset({WhisperEngine.name, "auto"})


def _canonical_tags(text: str) -> str:
    """Return language tags with commas between, each in its one case, none twice."""
    return ",".join(dict.fromkeys(canonical_tag(tag) for tag in text.split(",") if tag.strip()))


class TranscriberSettings(ModelSettings, WorkerSettings):
    """The transcriber worker."""

    ffmpeg_executable: str = Field(default="ffmpeg", description="ffmpeg")
    ffprobe_executable: str = Field(default="ffprobe", description="ffprobe")
    transcribe_engine: Literal["auto", "whisper", "pocketsphinx", "aws"] = Field(
        default="auto",
        description="recogniser; `auto` takes `whisper` where its model is, else `pocketsphinx`, "
        "whose transcripts are drafts",
    )
    transcribe_language: Annotated[str, AfterValidator(canonical_tag)] = Field(
        default="auto",
        description="what is spoken (BCP 47), `auto` to find out; pocketsphinx understands `en-US` "
        "only",
    )
    transcribe_languages: Annotated[str, AfterValidator(_canonical_tags)] | None = Field(
        default=None,
        description="what may be spoken where `TRANSCRIBE_LANGUAGE` is `auto`: tags with commas "
        "between, the usual one first; any language by default",
    )
    transcribe_vocabulary: str | None = Field(
        default=None,
        description="`aws`: name of a custom vocabulary; `whisper`: words to expect in every "
        "recording, with commas between",
    )
    transcribe_profanity: Literal["keep", "mask"] = Field(
        default="keep", description="strong English words; masked they are `f***`"
    )
    transcribe_english_captions: bool = Field(
        default=False,
        description="`whisper`: whether speech in another language has captions in English as "
        "well, by the model's own translation; about the same cost again",
    )
    transcribe_input_bucket: str | None = Field(
        default=None, description="`aws`: bucket that AWS Transcribe reads sound from"
    )
    transcribe_output_bucket: str | None = Field(
        default=None, description="`aws`: bucket that it writes to; may be the same"
    )
    transcribe_check_seconds: float = Field(
        default=60, gt=0, description="`aws`: pause between two looks at a job"
    )
    transcribe_deadline_seconds: float = Field(
        default=4 * 3600,
        gt=0,
        description="`aws`: after so long a job is given up and started again",
    )
    whisper_device: Literal["cpu", "cuda"] = Field(default="cpu", description="`whisper`: where")
    whisper_compute_type: Literal[
        "int8", "int8_float32", "int16", "float32", "int8_float16", "float16"
    ] = Field(
        default="int8",
        description="`whisper`: numbers it computes with; `float16` and `int8_float16` need a GPU",
    )
    whisper_beam: int = Field(
        default=1, ge=1, le=10, description="`whisper`: width of the search; more costs more"
    )
    whisper_threads: int = Field(
        default=0, ge=0, description="`whisper`: threads; 0 for the processors of the container"
    )
    max_duration_seconds: float = Field(default=1200, gt=0, description="longest video")
    max_source_bytes: int = Field(default=4 << 30, gt=0, description="largest file")

    @property
    def job_prefix(self) -> str:
        """Begins the name of each AWS Transcribe job; the EventBridge rule filters on it."""
        return f"mentor-upload-{self.stage}-"

    @property
    def languages(self) -> tuple[str, ...]:
        """What may be spoken, BCP 47, the usual language first; empty for any."""
        if self.transcribe_language != _ANY:
            return (self.transcribe_language,)
        return tuple(filter(None, (self.transcribe_languages or "").split(",")))

    @model_validator(mode="after")
    def _engine_has_what_it_needs(self) -> TranscriberSettings:
        for name in ENGINES.get(self.transcribe_engine, ()):
            if getattr(self, name) is None:
                msg = f"{name.upper()} is needed with TRANSCRIBE_ENGINE={self.transcribe_engine}"
                raise ValueError(msg)
        if self.transcribe_english_captions and self.transcribe_engine not in _MAY_BE_WHISPER:
            msg = "TRANSCRIBE_ENGLISH_CAPTIONS needs TRANSCRIBE_ENGINE=whisper"
            raise ValueError(msg)
        if self.transcribe_engine == PocketsphinxEngine.name:
            self._check_pocketsphinx()
        if self.transcribe_engine in _MAY_BE_WHISPER:
            self._check_whisper()
        return self

    def _check_pocketsphinx(self) -> None:
        if self.transcribe_language not in {_ANY, PocketsphinxEngine.language}:
            msg = "TRANSCRIBE_LANGUAGE: pocketsphinx understands en-US only"
            raise ValueError(msg)
        if find_spec("pocketsphinx") is None:
            msg = (
                "TRANSCRIBE_ENGINE: neither a model of Whisper nor pocketsphinx is here: run "
                "`python -m mentor_transcriber.model fetch`, or `pip install --require-hashes -r "
                "services/transcriber/alignment.lock`"
            )
            raise ValueError(msg)

    def _check_whisper(self) -> None:
        try:
            folder = find(self)
        except ModelSettingsError as error:
            raise ValueError(str(error)) from None
        if folder is None and self.transcribe_engine == WhisperEngine.name:
            msg = (
                f"WHISPER_MODEL: {self.whisper_model} is not in {self.whisper_model_home}: run "
                "`python -m mentor_transcriber.model fetch`, or name a folder by WHISPER_MODEL_DIR"
            )
            raise ValueError(msg)
        if self.whisper_device == "cpu" and self.whisper_compute_type.endswith("float16"):
            msg = f"WHISPER_COMPUTE_TYPE: {self.whisper_compute_type} needs WHISPER_DEVICE=cuda"
            raise ValueError(msg)
        if folder is None:  # the fallback listens
            self._check_pocketsphinx()
        if folder and self.transcribe_english_captions and not can_translate(folder):
            msg = (
                f"TRANSCRIBE_ENGLISH_CAPTIONS: Whisper's {folder} cannot translate: take a model "
                "that knows many languages and is no `turbo`, as `base` or `small`"
            )
            raise ValueError(msg)
        known = languages_of(folder) if folder else frozenset()
        setting = f"TRANSCRIBE_LANGUAGE{'S' if self.transcribe_language == _ANY else ''}"
        for tag in self.languages if folder else ():
            if primary_language(tag) not in known:
                msg = (
                    f"{setting}: Whisper's {folder} knows no language {tag!r}: give BCP "
                    "47 tags, as `en` or `es-MX`, and with a model for English only `en`"
                )
                raise ValueError(msg)
