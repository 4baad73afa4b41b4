"""Media on the local disk: running the tools, the gate, and the span of a trim.

Knows files and processes only, no queue, table or bucket.
"""

from mentor_common.confinement import Bounds, Files
from mentor_common.media.cadence import within
from mentor_common.media.channels import Channel, pick_channel
from mentor_common.media.guard import GUARD_FLAGS, input_url
from mentor_common.media.kinds import HEAD_BYTES, NO_VIDEO, container_of, refusal_text
from mentor_common.media.packets import PacketScan, StreamPackets
from mentor_common.media.probe import TOO_DEMANDING, inspect, too_demanding
from mentor_common.media.process import (
    ToolResult,
    ToolRun,
    Tools,
    ToolTimeoutError,
    concurrently,
    run,
)
from mentor_common.media.sound import SOUND_IN_SYNC
from mentor_common.media.source import Limits, Source
from mentor_common.media.span import Span, trimmed_span

__all__ = [
    "GUARD_FLAGS",
    "HEAD_BYTES",
    "NO_VIDEO",
    "SOUND_IN_SYNC",
    "TOO_DEMANDING",
    "Bounds",
    "Channel",
    "Files",
    "Limits",
    "PacketScan",
    "Source",
    "Span",
    "StreamPackets",
    "ToolResult",
    "ToolRun",
    "ToolTimeoutError",
    "Tools",
    "concurrently",
    "container_of",
    "input_url",
    "inspect",
    "pick_channel",
    "refusal_text",
    "run",
    "too_demanding",
    "trimmed_span",
    "within",
]
