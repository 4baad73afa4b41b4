"""The recogniser that the settings choose, and what is said of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from mentor_transcriber.bootstrap import about, engine_of
from mentor_transcriber.settings import TranscriberSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NEEDED = {
    "aws_region": "us-east-1",
    "jobs_table_name": "x",
    "topic_arn": "x",
    "signed_upload_bucket": "x",
    "s3_static_arn": "x",
    "queue_name": "x",
    "dead_letter_queue_name": "x",
}
BUCKETS = ("transcribe_input_bucket", "transcribe_output_bucket")


def settings(**given: object) -> TranscriberSettings:
    return TranscriberSettings.model_validate(NEEDED | given)


@pytest.mark.parametrize(
    ("given", "languages"),
    [
        ({"transcribe_language": "ES"}, ("es",)),
        ({"transcribe_language": "Es-mx"}, ("es-MX",)),
        ({"transcribe_language": "zh-hant-TW"}, ("zh-Hant-TW",)),
        ({"transcribe_language": "AUTO", "transcribe_languages": "en-us, ES,,es"}, ("en-US", "es")),
        ({"transcribe_language": "auto"}, ()),
    ],
)
def test_languages_are_read_in_one_case(given: dict[str, str], languages: tuple[str, ...]) -> None:
    aws = {"transcribe_engine": "aws"} | dict.fromkeys(BUCKETS, "x")
    assert settings(**aws, **given).languages == languages


@pytest.mark.parametrize("name", ["transcribe_language", "transcribe_languages"])
def test_what_is_no_language_tag_is_refused_by_the_settings_name(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(**{name: "es_MX"})
    (problem,) = refused.value.errors()
    assert problem["loc"] == (name,)
    assert "give one as `en` or `es-MX`, with hyphens" in problem["msg"]


@pytest.mark.parametrize("chosen", ["auto", "pocketsphinx"])
def test_without_a_model_transcripts_are_called_drafts(chosen: str, tmp_path: Path) -> None:
    with capture_logs() as lines:
        engine = engine_of(settings(transcribe_engine=chosen, whisper_model_home=tmp_path))
    assert [line["event"] for line in lines] == ["draft: not for publishing"]
    assert about(engine) == {"engine": "pocketsphinx", "transcripts": "draft: not for publishing"}


def model(folder: Path, *, tokens: int, languages: Sequence[str] = ("en",)) -> Path:
    """Make a model of as many tokens, with those of these languages among them."""
    folder.mkdir()
    for name in ("model.bin", "config.json"):
        (folder / name).write_text("{}")
    vocabulary = {str(token): token for token in range(tokens)}
    added = [{"content": f"<|{language}|>"} for language in languages]
    tokenizer = {"model": {"vocab": vocabulary}, "added_tokens": added}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    return folder


def test_with_a_model_engine_and_model_are_named(tmp_path: Path) -> None:
    folder = model(tmp_path / "ours", tokens=0)
    engine = engine_of(settings(whisper_model_dir=folder))
    assert about(engine) == {"engine": "whisper", "model": "ours"}


@pytest.mark.parametrize(
    ("name", "tokens", "translates"),
    [("base", 50_258, True), ("tiny.en", 50_257, False), ("large-v3-turbo-1", 51_866, False)],
)
def test_english_captions_need_a_model_that_translates(
    tmp_path: Path, name: str, tokens: int, *, translates: bool
) -> None:
    folder = model(tmp_path / name, tokens=tokens, languages=("en", "es"))
    wanted = {"whisper_model_dir": folder, "transcribe_english_captions": True}
    if translates:
        assert settings(**wanted).transcribe_english_captions
        return
    with pytest.raises(ValidationError, match=r"CAPTIONS: Whisper's .*cannot translate"):
        settings(**wanted)
