"""The recogniser that the settings choose, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from mentor_transcriber.bootstrap import about, engine_of
from mentor_transcriber.settings import TranscriberSettings

if TYPE_CHECKING:
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


def settings(**given: object) -> TranscriberSettings:
    return TranscriberSettings.model_validate(NEEDED | given)


@pytest.mark.parametrize("chosen", ["auto", "pocketsphinx"])
def test_without_a_model_transcripts_are_called_drafts(chosen: str, tmp_path: Path) -> None:
    with capture_logs() as lines:
        engine = engine_of(settings(transcribe_engine=chosen, whisper_model_home=tmp_path))
    assert [line["event"] for line in lines] == ["draft: not for publishing"]
    assert about(engine) == {"engine": "pocketsphinx", "transcripts": "draft: not for publishing"}


def test_with_a_model_engine_and_model_are_named(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "tokenizer.json").write_text('{"model": {"vocab": {}}, "added_tokens": []}')
    engine = engine_of(settings(whisper_model_dir=tmp_path))
    assert about(engine) == {"engine": "whisper", "model": tmp_path.name}
