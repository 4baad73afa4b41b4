"""``python -m mentor_notifier``."""

from __future__ import annotations

from mentor_common.work.main import run_service
from mentor_notifier.bootstrap import build
from mentor_notifier.settings import NotifierSettings

if __name__ == "__main__":
    run_service("notifier", NotifierSettings, build)
