"""Sizes by the headers of VP8's and VP9's frames, which are written here bit by bit."""

from __future__ import annotations

import random

import pytest

from mentor_common.media.frame_headers import Size, UnreadableFrameError, Vp8Sizes, Vp9Sizes

KEY_FRAME, INTER = "0", "1"
SHOWN, NOT_SHOWN = "1", "0"
SYNC_CODE = f"{0x498342:024b}"
COLOURS = "0010"  # BT.709 in video range


def packed(*bits: str) -> bytes:
    """Return bits as bytes, with some of the frame's data after them."""
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8) + bytes(20)


def stated(width: int, height: int) -> str:
    return f"{width - 1:016b}{height - 1:016b}"


def begins(kind: str, shown: str = SHOWN, *, resilient: str = "0", profile: str = "00") -> str:
    """Return the first bits of a VP9 frame: marker, profile, no existing frame, and what it is."""
    return f"10{profile}0{kind}{shown}{resilient}"


def key_frame(width: int, height: int) -> bytes:
    return packed(begins(KEY_FRAME), SYNC_CODE, COLOURS, stated(width, height))


def inter_frame(
    refreshed: int, slots: tuple[int, int, int], size: str, shown: str = SHOWN
) -> bytes:
    """Return a frame that refers to three slots; ``size`` are its bits of the size."""
    intra_only = "" if shown == SHOWN else "0"
    references = "".join(f"{slot:03b}0" for slot in slots)
    return packed(begins(INTER, shown), intra_only, "00", f"{refreshed:08b}", references, size)


def superframe(*frames: bytes) -> bytes:
    marker = 0b11001000 | len(frames) - 1  # lengths of two bytes
    lengths = b"".join(len(frame).to_bytes(2, "little") for frame in frames)
    return b"".join((*frames, bytes([marker]), lengths, bytes([marker])))


def shown_by(*packets: bytes) -> list[Size]:
    reader = Vp9Sizes()
    return [size for packet in packets for size in reader.shown(packet)]


def test_a_key_frame_states_its_size() -> None:
    assert shown_by(key_frame(1280, 720), key_frame(64, 1920)) == [(1280, 720), (64, 1920)]


@pytest.mark.parametrize(
    ("profile", "colours"),
    [("10", "0010000"), ("01", "00010"), ("110", "00010000"), ("110", "01110")],
)
def test_what_stands_before_the_size_depends_on_the_profile(profile: str, colours: str) -> None:
    """The bits of the profile come with the lower one first; the third is reserved."""
    frame = packed(begins(KEY_FRAME, profile=profile), SYNC_CODE, colours, stated(640, 360))
    assert shown_by(frame) == [(640, 360)]


def test_an_inter_frame_has_the_size_of_what_it_refers_to_or_another() -> None:
    sizes = shown_by(
        key_frame(640, 360),
        inter_frame(0b1, (0, 1, 2), "000" + stated(320, 180)),
        inter_frame(0, (1, 0, 2), "1"),
        inter_frame(0, (1, 0, 2), "01"),
        inter_frame(0, (2, 3, 0), "001"),
        inter_frame(0, (0, 0, 0), "1"),
    )
    assert sizes == [(640, 360), (320, 180), (640, 360), (320, 180), (320, 180), (320, 180)]


def test_a_hidden_frame_is_shown_later_and_refreshes_its_slots() -> None:
    hidden = inter_frame(0b100, (0, 0, 0), "000" + stated(480, 270), NOT_SHOWN)
    intra_only = packed(
        begins(INTER, NOT_SHOWN), "1", "00", SYNC_CODE, f"{0b1000:08b}", stated(800, 450)
    )
    show_existing = [packed("10", "00", "1", f"{slot:03b}") for slot in (2, 3, 4)]
    sizes = shown_by(key_frame(640, 360), hidden, intra_only, *show_existing)
    assert sizes == [(640, 360), (480, 270), (800, 450), (640, 360)]


def test_a_superframe_holds_several() -> None:
    hidden = inter_frame(0b10, (0, 0, 0), "000" + stated(320, 180), NOT_SHOWN)
    packet = superframe(hidden, inter_frame(0, (1, 1, 1), "1"))
    assert shown_by(key_frame(640, 360), packet) == [(640, 360), (320, 180)]


@pytest.mark.parametrize(
    "packets",
    [
        [b""],
        [b"\x82"],
        [packed("01", "00", "0", "0")],
        [packed(begins(KEY_FRAME), "0" * 24, COLOURS, stated(640, 360))],
        [packed(begins(KEY_FRAME, profile="111"), SYNC_CODE, COLOURS, stated(640, 360))],
        [inter_frame(0, (0, 0, 0), "1")],
        [packed("10", "00", "1", "000")],
        [key_frame(640, 360), inter_frame(0, (0, 0, 0), "000" + stated(319, 180))],
        [key_frame(640, 360), inter_frame(0, (0, 0, 0), "000" + stated(640, 16 * 360 + 1))],
    ],
)
def test_what_cannot_be_read_says_so(packets: list[bytes]) -> None:
    with pytest.raises(UnreadableFrameError):
        shown_by(*packets)


def vp8_key_frame(width: int, height: int, first: int = 0x10) -> bytes:
    sides = width.to_bytes(2, "little") + (height | 0x4000).to_bytes(2, "little")  # scaled by 5/4
    return bytes([first, 0, 0]) + b"\x9d\x01\x2a" + sides


def test_vp8_changes_its_size_at_key_frames() -> None:
    reader = Vp8Sizes()
    packets = [vp8_key_frame(160, 90), b"\x11", b"\x01", vp8_key_frame(640, 360, 0), b"\x31"]
    assert [reader.shown(each) for each in packets] == [
        [(160, 90)],
        [(160, 90)],
        [],
        [],
        [(640, 360)],
    ]


@pytest.mark.parametrize("packet", [b"", b"\x11", b"\x10\0\0\x9d\x01", bytes(20)])
def test_vp8_that_cannot_be_read_says_so(packet: bytes) -> None:
    with pytest.raises(UnreadableFrameError):
        Vp8Sizes().shown(packet)


@pytest.mark.parametrize("reader", [Vp8Sizes, Vp9Sizes])
def test_any_bytes_are_read_or_refused(reader: type[Vp8Sizes | Vp9Sizes]) -> None:
    choose = random.Random(1)  # noqa: S311 -- the same each time
    for _ in range(2000):
        sizes = reader()
        begin = key_frame(640, 360) if reader is Vp9Sizes else vp8_key_frame(640, 360)
        assert sizes.shown(begin) == [(640, 360)]
        try:
            found = sizes.shown(choose.randbytes(choose.randrange(40)))
        except UnreadableFrameError:
            continue
        assert all(0 <= side <= 1 << 16 for size in found for side in size)
