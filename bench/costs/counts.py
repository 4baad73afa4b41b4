"""What one answer of 60 s takes, and what an idle stage does.

``tests/chaos/test_cost_counts.py`` plays an answer's life in the simulation and compares what it
counts; processor seconds and sizes are those of docs/performance.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Counts:
    """An answer of 60 s from the POST until it was read back.

    ``transcoder_s`` and ``transcriber_s`` are processor seconds, sizes are MB (10^6 bytes).
    ``working_s`` is how long both workers have it, which decides how often they renew their leases.
    """

    working_s: tuple[float, float]
    dynamodb_writes: int
    dynamodb_reads: int
    sqs: int
    sns: int
    s3_writes: int
    s3_reads: int
    transcoder_s: float
    transcriber_s: float
    original_mb: float
    web_mb: float
    mobile_mb: float
    log_kb: float = 20.0


STANDARD: Final = Counts(
    working_s=(8, 5),
    dynamodb_writes=72,  # 68 counted; a real TASK#transcode has 2 KB, the simulated one less than 1
    dynamodb_reads=30,
    sqs=8,
    sns=4,
    s3_writes=8,  # the recording, original, web, mobile, thumbnail twice, transcript, captions
    s3_reads=6,
    transcoder_s=9.1,  # bench-media: "browser, H.264"
    transcriber_s=4.4,  # recogniser 3.7, aligner 0.7
    original_mb=20.0,  # 2.5 Mbit/s and sound
    web_mb=20.0,  # a copy
    mobile_mb=8.0,
)
"""H.264 in MP4 at 720p, whose web rendition is copied."""
OTHER: Final = Counts(
    working_s=(23, 5),
    dynamodb_writes=88,
    dynamodb_reads=43,
    sqs=9,
    sns=5,
    s3_writes=8,
    s3_reads=8,
    transcoder_s=27.0,  # bench-media: "still webcam, VP9"
    transcriber_s=4.4,
    original_mb=20.0,
    web_mb=14.7,
    mobile_mb=8.0,
)
"""VP8 or VP9 in WebM at 720p, which is encoded."""


@dataclass(frozen=True)
class Idle:
    """What a stage that has nothing to do asks a minute."""

    dynamodb_reads: float = 9.2
    dynamodb_writes: float = 4.0
    sqs: float = 56.0
    """20 long polls, 16 looks of KEDA (four queues every 15 s), 20 of a Prometheus that scrapes."""


IDLE: Final = Idle()
