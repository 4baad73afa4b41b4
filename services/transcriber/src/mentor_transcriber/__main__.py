"""``python -m mentor_transcriber``."""

from __future__ import annotations

from mentor_common.work.main import run_service
from mentor_transcriber.bootstrap import build
from mentor_transcriber.settings import TranscriberSettings

if __name__ == "__main__":
    run_service("transcriber", TranscriberSettings, build)
