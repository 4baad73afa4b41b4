"""What ffprobe says of files that are awkward to make, turned into a `Source`."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from mentor_common.media.describe import describe
from mentor_common.media.packets import PacketScan
from mentor_common.media.span import Span

VIDEO = {"index": 0, "codec_type": "video", "codec_name": "h264", "width": 1920, "height": 1080}
ALL = Span(0, 60)
SOUND = {"index": 1, "codec_type": "audio", "codec_name": "aac", "channels": 2}


PACKET = ("stream_index", "pts_time", "dts_time", "duration_time", "size", "pos", "flags")


def scan(*lines: str) -> PacketScan:
    """Return the scan of packets: values of `PACKET` with commas, then types of side data."""
    packets = PacketScan()
    for line in lines:
        values = line.split(",")
        given = zip(PACKET, values, strict=False)
        packet: dict[str, Any] = {name: value for name, value in given if value != "N/A"}
        packet["stream_index"] = int(values[0])
        packet["side_data_list"] = [{"side_data_type": kind} for kind in values[len(PACKET) :]]
        packets.add(packet)
    return packets


def frames(count: int, rate: float, stream: int = 0) -> list[str]:
    return [f"{stream},{n / rate:.6f},N/A,{1 / rate:.6f},100,{n},K_" for n in range(count)]


def header(*streams: dict[str, Any], **container: str) -> dict[str, Any]:
    names = {"format_name": "mov,mp4,m4a,3gp,3g2,mj2", **container}
    return {"streams": list(streams), "format": names}


@pytest.mark.parametrize(
    ("turn", "rotation", "size"),
    [
        (90, 90, (1080, 1920)),
        (-90, 270, (1080, 1920)),
        (180, 180, (1920, 1080)),
        (-180, 180, (1920, 1080)),
        (0, 0, (1920, 1080)),
        (45, 0, (1920, 1080)),
    ],
)
def test_the_display_matrix_turns_the_picture(
    turn: int, rotation: int, size: tuple[int, int]
) -> None:
    video = {**VIDEO, "side_data_list": [{"side_data_type": "other"}, {"rotation": turn}]}
    source = describe(header(video), scan(*frames(60, 30)))
    assert source is not None
    assert source.rotation == rotation
    assert source.display_size(ALL) == size


@pytest.mark.parametrize(
    ("stated", "rate", "fps"),
    [
        ("30000/1001", 30000 / 1001, Fraction(30000, 1001)),
        ("1000/1", 25.0, Fraction(25)),  # the clock of a WebM, not its pictures
        ("0/0", 24.0, Fraction(24)),
        ("60/1", 60.0, Fraction(60)),
        ("1/5", 0.2, Fraction(1, 5)),
    ],
)
def test_the_stated_rate_counts_only_where_the_packets_bear_it_out(
    stated: str, rate: float, fps: Fraction
) -> None:
    source = describe(header({**VIDEO, "avg_frame_rate": stated}), scan(*frames(90, rate)))
    assert source is not None
    assert float(source.fps) == pytest.approx(float(fps), abs=0.01)


def test_a_damaged_aspect_counts_as_square() -> None:
    source = describe(header({**VIDEO, "sample_aspect_ratio": "10000:1"}), scan(*frames(60, 30)))
    assert source is not None
    assert source.sample_aspect == 1
    assert source.display_size(ALL) == (1920, 1080)


def test_a_cover_picture_is_not_the_video() -> None:
    cover = {**VIDEO, "disposition": {"attached_pic": 1}}
    assert describe(header(cover), scan(*frames(60, 30))) is None
    source = describe(header(cover, {**VIDEO, "index": 1}), scan(*frames(60, 30, stream=1)))
    assert source is not None
    assert source.video_index == 1


def test_a_sound_track_without_packets_or_codec_is_no_sound() -> None:
    empty = describe(header(VIDEO, SOUND), scan(*frames(60, 30)))
    assert empty is not None
    assert empty.audio_index is None
    unknown = {**SOUND, "index": 1}
    del unknown["codec_name"]
    both = scan(*frames(60, 30), *frames(90, 45, stream=1), *frames(90, 45, stream=2))
    second = describe(header(VIDEO, unknown, {**SOUND, "index": 2}), both)
    assert second is not None
    assert second.audio_index == 2


def test_times_count_from_where_playback_begins() -> None:
    packets = scan(
        *(f"0,{5 + n / 10:.6f},N/A,0.1,100,{n},K_" for n in range(30)), "1,4.5,N/A,4,100,9,K_"
    )
    source = describe(header(VIDEO, SOUND, start_time="4.500000"), packets)
    assert source is not None
    assert (source.video_start_s, source.video_end_s) == pytest.approx((0.5, 3.5))
    assert (source.audio_start_s, source.audio_end_s) == pytest.approx((0.0, 4.0))
    assert source.duration_s == pytest.approx(4.0)


def test_packets_that_are_not_shown_do_not_count() -> None:
    packets = scan("0,-1.0,N/A,0.04,1,0,KD", "0,N/A,0.5,0.04,1,8,__", "0,N/A,N/A,N/A,1,9,__")
    assert packets.hidden[0] == 1
    assert packets.streams[0].first == 0.5
    assert packets.streams[0].end == pytest.approx(0.54)


def test_key_frames_are_found_by_place_and_position_and_setups_are_seen() -> None:
    packets = scan(
        "0,0.0,N/A,0.04,50,10,K_,New Extradata",
        "0,0.04,N/A,0.04,20,60,__",
        "0,0.08,N/A,0.04,50,80,K_",
    ).streams[0]
    assert [*packets.sizes] == [50, 20, 50]
    assert ([*packets.key_numbers], [*packets.keys]) == ([0, 2], [10, 80])
    assert not packets.reconfigured
    again = scan(*frames(2, 30), "0,0.1,N/A,0.04,50,80,K_,New Extradata")
    assert again.streams[0].reconfigured
