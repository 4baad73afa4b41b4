"""Whatever a browser, a phone or an editor records becomes a correct answer (docs/media.md).

Every odd input shows the same 1.6 seconds with a flash and a beep at 0.4 and 1.0 s; a row says what
is different about its result.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from mentor_common.errors import PermanentError
from mentor_local.corpus import ODD, PLACE, make_odd
from mentor_local.corpus.measure import Playback, brightness, play, psnr, streams
from mentor_transcoder.job import EncodeJob, Profile, Rendition

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Encode = Callable[[Path, EncodeJob], Any]

JOB = EncodeJob(profile=Profile.FAST, thumbnail=True, is_vbg_video=True)
SYNC_S = 0.020


@dataclass(frozen=True)
class Expected:
    """How a result differs from that of the plain clip."""

    seconds: float = 1.6
    fps: Fraction = Fraction(30)
    web: tuple[int, int] = (320, 180)
    sound: bool = True
    marks: tuple[float, ...] = (0.4, 1.0)
    # Transparency of the left and of the right half of a frame; ``None`` makes no WebM.
    alpha: tuple[int, int] | None = None
    high_range: bool = False
    # The pictures of a web rendition that is copied; it keeps their times as well.
    copied: int | None = None


HALF_CLEAR = (0, 255)
CROPPED_PORTRAIT = Expected(web=(178, 100))
DONE: dict[str, Expected] = {
    "plain.mp4": Expected(),
    "faststart.mp4": Expected(),
    "mediarecorder.webm": Expected(),
    "mediarecorder-vp9.webm": Expected(alpha=(255, 255)),  # VP9 before a virtual background
    "duration.webm": Expected(),
    "matroska-labelled.mp4": Expected(copied=48),
    "webm-labelled.mp4": Expected(),
    "alpha-vp8.webm": Expected(alpha=HALF_CLEAR),
    "alpha-vp9.webm": Expected(alpha=HALF_CLEAR),
    "alpha-vp9-live.webm": Expected(alpha=HALF_CLEAR),
    "non-square-pixels.mp4": Expected(),
    "portrait.mp4": CROPPED_PORTRAIT,
    "four-to-three.mp4": Expected(web=(238, 134)),
    "odd-size.mp4": Expected(),
    "tiny.mp4": Expected(web=(64, 36)),
    "uhd.mp4": Expected(seconds=1.2, fps=Fraction(15), web=(1280, 720)),
    "variable-rate.mp4": Expected(copied=32),
    "15-fps.mp4": Expected(fps=Fraction(15)),
    "60-fps.mp4": Expected(copied=96),
    "ntsc.mp4": Expected(fps=Fraction(30000, 1001)),
    "gap.webm": Expected(seconds=2.4, marks=(0.4, 1.8)),
    "late-sound.mp4": Expected(),
    "surround.mp4": Expected(),
    "no-sound.mp4": Expected(sound=False),
    "pcm.mov": Expected(),
    "hevc.mp4": Expected(),
    "444.mp4": Expected(),
    "10-bit.mp4": Expected(),
    "hdr-pq.mp4": Expected(high_range=True),
    "hdr-hlg.mp4": Expected(high_range=True),
    "fragmented.mp4": Expected(copied=48),
    "rotated-90.mp4": CROPPED_PORTRAIT,
    "rotated-270.mp4": CROPPED_PORTRAIT,
    "cover.mp4": Expected(),
    "resized.webm": Expected(),
    "noisy-sound.mp4": Expected(sound=False),
    "unopenable-sound.mp4": Expected(sound=False),
    # Nothing says how long it was meant to be: what has arrived is a whole video.
    "truncated-mediarecorder.webm": Expected(seconds=1.3),
}
REFUSED = {
    "sound-only.mp4": "no_video",
    "sound-only.webm": "no_video",
    "truncated-no-index.mp4": "not_a_video",
    "truncated-faststart.mp4": "truncated",
    "truncated.webm": "truncated",
}


@pytest.fixture(scope="session")
def odd(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the odd input of that name."""
    assert ffmpeg
    folder = tmp_path_factory.mktemp("odd")
    return lambda name: make_odd(name, folder)


def test_the_table_has_a_row_for_every_odd_input() -> None:
    assert sorted([*DONE, *REFUSED]) == sorted(ODD)


@pytest.mark.parametrize("name", DONE)
def test_an_odd_input_becomes_a_correct_answer(
    name: str, odd: Callable[[str], Path], encode: Encode
) -> None:
    expected = DONE[name]
    encoded = encode(odd(name), JOB).encoded
    assert isinstance(encoded.web, Rendition)
    assert isinstance(encoded.mobile, Rendition)
    assert (encoded.web.width, encoded.web.height) == expected.web
    assert (encoded.mobile.width, encoded.mobile.height) == (480, 480)
    videos = [encoded.web.path, encoded.mobile.path]
    if encoded.web.transparent:
        videos.append(encoded.web.transparent)
    played = play(*videos)
    for rendition, shown in zip((encoded.web, encoded.mobile), played, strict=False):
        size = (rendition.width, rendition.height)
        copied = expected.copied if rendition is encoded.web else None
        check(rendition.path, shown, replace(expected, copied=copied), size)
        assert rendition.duration_ms == pytest.approx(expected.seconds * 1000, abs=100)
        assert (rendition.transparent is None) == (expected.alpha is None)
    if encoded.web.transparent and expected.alpha:
        check(encoded.web.transparent, played[2], expected, expected.web, codecs=("vp9", "opus"))
        seen = brightness(encoded.web.transparent, decoder="libvpx-vp9", plane="a")
        assert tuple(seen[:2]) == pytest.approx(expected.alpha, abs=8)
        assert tuple(seen[-2:]) == pytest.approx(expected.alpha, abs=8)
    assert encoded.thumbnail is not None
    with Image.open(encoded.thumbnail) as picture:
        assert (picture.format, picture.size) == ("JPEG", expected.web)
    if expected.high_range:
        check_looks_ordinary(encoded.web.path, odd(name), odd("plain.mp4"))


def check(
    path: Path,
    played: Playback,
    expected: Expected,
    size: tuple[int, int],
    codecs: tuple[str, str] = ("h264", "aac"),
) -> None:
    """Compare a rendition with its row."""
    found = streams(path)
    assert [stream["codec_name"] for stream in found] == [*codecs[: 1 + expected.sound]]
    video = found[0]
    assert (video["width"], video["height"]) == size
    assert video.get("sample_aspect_ratio") in {"1:1", None}
    assert video["pix_fmt"] == "yuv420p"
    if expected.copied is None:
        assert Fraction(video["avg_frame_rate"]) == pytest.approx(expected.fps, rel=0.002)
    frames = expected.copied or expected.seconds * float(expected.fps)
    assert int(video["nb_read_packets"]) == pytest.approx(frames, abs=2)
    slack = float(1 / expected.fps) + 0.005
    assert played.flashes == pytest.approx(expected.marks, abs=slack)
    if expected.sound:
        assert found[1]["channels"] == 2
        assert len(played.beeps) == len(played.flashes)
        for light, tone in zip(played.flashes, played.beeps, strict=True):
            assert light == pytest.approx(tone, abs=SYNC_S)
    assert PLACE.encode() not in path.read_bytes()


def check_looks_ordinary(web: Path, source: Path, plain: Path) -> None:
    """Compare the rendition of a source of high dynamic range with the plain clip."""
    (video, _) = streams(web)
    labels = {video.get(key) for key in ("color_transfer", "color_primaries", "color_space")}
    assert labels == {"bt709"}
    # Left as it is, it is 19 to 24 dB away from the truth.
    assert psnr(source, plain) < 24
    assert psnr(web, plain) > 26


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_whole_video_is_refused_with_a_reason(
    name: str, odd: Callable[[str], Path], encode: Encode
) -> None:
    with pytest.raises(PermanentError) as refusal:
        encode(odd(name), JOB)
    assert refusal.value.code == REFUSED[name]
    assert refusal.value.reason.endswith((".", "!"))


def test_the_whole_picture_on_demand_has_even_sizes(
    odd: Callable[[str], Path], encode: Encode
) -> None:
    job = EncodeJob(profile=Profile.FAST, maintain_original_aspect_ratio=True, trim=(0.0, 1.0))
    encoded = encode(odd("uhd.mp4"), job).encoded
    assert (encoded.web.width, encoded.web.height) == (1280, 720)
    assert (encoded.mobile.width, encoded.mobile.height) == (854, 480)
