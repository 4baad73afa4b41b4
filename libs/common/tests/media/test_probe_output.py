"""ffprobe's JSON, divided as it comes: packets to a scan, the headers kept."""

from __future__ import annotations

from mentor_common.media.packets import PacketScan, ProbeOutput

PACKETS = """\
    "packets": [
        { "stream_index": 0, "dts_time": "0.0", "duration_time": "0.5", "size": "9", "flags": "" },
        { "stream_index": 1, "pts_time": "-0.1", "size": "4", "flags": "KD",
            "side_data_list": [
                { "side_data_type": "Skip Samples" }
            ] },
        { "stream_index": 0, "pts_time": "0.5", "duration_time": "0.5", "size": "7", "flags": "K_",
            "side_data_list": [
                { "side_data_type": "New Extradata" }
            ] }
    ],
"""
NO_PACKETS = """\
    "packets": [

    ],
"""
HEADER = """\
    "streams": [
        { "index": 0, "codec_type": "video" }
    ],
    "format": { "format_name": "mov" }
}"""


def divided(text: str) -> tuple[PacketScan, ProbeOutput]:
    scan = PacketScan()
    output = ProbeOutput(scan)
    for line in text.splitlines():
        output.line(line)
    return scan, output


def test_packets_go_to_the_scan_and_all_else_is_kept() -> None:
    scan, output = divided(f"{{\n{PACKETS}{HEADER}")
    assert list(scan.streams) == [0]
    assert [*scan.streams[0].sizes] == [9, 7]
    assert scan.streams[0].end == 1.0
    assert scan.streams[0].reconfigured
    assert scan.hidden == {1: 1}
    assert output.header() == {
        "packets": [],
        "streams": [{"index": 0, "codec_type": "video"}],
        "format": {"format_name": "mov"},
    }


def test_a_file_without_packets_has_a_header() -> None:
    scan, output = divided(f"{{\n{NO_PACKETS}{HEADER}")
    assert not scan.streams
    assert output.header()["format"] == {"format_name": "mov"}
