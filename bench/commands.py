"""Commands to compare with: one ffmpeg process that makes all that the transcoder makes.

Their settings are written down here, so that they stay what they are when the transcoder's change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mentor_transcoder.command import build

if TYPE_CHECKING:
    from mentor_transcoder.plan import Plan


@dataclass(frozen=True)
class Setting:
    """x264's preset and constant rate factor of both renditions."""

    preset: str
    crf: int

    @property
    def name(self) -> str:
        """Short, as in the table."""
        return f"{self.preset} {self.crf}"


BEFORE: Final = Setting("faster", 20)
"""What encoded both renditions of every title before a look at the source chose."""

CANDIDATES: Final = (
    Setting("superfast", 22),
    Setting("superfast", 20),
    Setting("veryfast", 20),
    Setting("veryfast", 18),
    BEFORE,
)
"""Of these the cheapest that is good enough is what a person who knows the title would take."""


def command(plan: Plan, setting: Setting) -> tuple[str, ...]:
    """Return the transcoder's command with both renditions encoded so; start it in a folder.

    What it writes is called ``web.mp4``, ``mobile.mp4`` and ``thumbnail.jpg``.
    """
    argv = list(build("ffmpeg", plan, ("web", "mobile"), thumbnail=True).argv)
    for index in range(2):
        if (refined := f"-x264-params:v:{index}") in argv:
            del argv[argv.index(refined) : argv.index(refined) + 2]
        argv[argv.index(f"-preset:v:{index}") + 1] = setting.preset
        argv[argv.index(f"-crf:v:{index}") + 1] = str(setting.crf)
    return tuple(argv)
