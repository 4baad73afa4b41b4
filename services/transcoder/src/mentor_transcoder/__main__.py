"""``python -m mentor_transcoder``."""

from __future__ import annotations

from mentor_common.work.main import run_service
from mentor_transcoder.bootstrap import build
from mentor_transcoder.settings import TranscoderSettings

if __name__ == "__main__":
    run_service("transcoder", TranscoderSettings, build)
