"""What is stored is a PNG or JPEG of ours, whatever was sent."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageCms, ImageFile, PngImagePlugin

from mentor_api.http.problems import Problem
from mentor_api.pictures.picture import read_picture
from mentor_api.pictures.scans import count_scans

if TYPE_CHECKING:
    from http import HTTPStatus

LIMIT = 1_000_000


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def decoded(raw: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(raw))
    image.load()
    return image


def refusal(raw: bytes, limit: int = LIMIT) -> HTTPStatus:
    with pytest.raises(Problem) as refused:
        read_picture(raw, limit)
    return refused.value.status


@pytest.mark.parametrize(
    ("mode", "stored"),
    [("1", "L"), ("L", "L"), ("I;16", "L"), ("LA", "RGBA"), ("P", "RGB"), ("RGB", "RGB")],
)
def test_png_of_any_mode_stays_a_png(mode: str, stored: str) -> None:
    picture = read_picture(encoded(Image.new(mode, (10, 10)), "PNG"), LIMIT)
    assert picture.suffix == ".png"
    image = decoded(picture.content)
    assert (image.format, image.size, image.mode) == ("PNG", (10, 10), stored)


@pytest.mark.parametrize(("mode", "stored"), [("L", "L"), ("RGB", "RGB"), ("CMYK", "RGB")])
def test_jpeg_of_any_mode_stays_a_jpeg(mode: str, stored: str) -> None:
    picture = read_picture(encoded(Image.new(mode, (16, 9)), "JPEG"), LIMIT)
    assert picture.suffix == ".jpg"
    image = decoded(picture.content)
    assert (image.format, image.size, image.mode) == ("JPEG", (16, 9), stored)


def test_sixteen_bits_keep_their_brightness() -> None:
    raw = encoded(Image.new("I;16", (4, 4), 0x8000), "PNG")
    assert decoded(read_picture(raw, LIMIT).content).getpixel((0, 0)) == 0x80


def test_metadata_and_what_hides_behind_the_picture_are_gone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    jpeg = encoded(Image.new("RGB", (8, 8)), "JPEG", exif=exif, comment=b"secret-comment")
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Where", "secret-place")
    png = encoded(Image.new("RGB", (8, 8)), "PNG", pnginfo=notes)
    for raw in (jpeg + b"<script>secret</script>", png + b"PK\x03\x04secret"):
        stored = read_picture(raw, LIMIT).content
        assert b"secret" in raw
        assert b"secret" not in stored
        assert b"taken at home" not in stored
        assert not decoded(stored).getexif()


def test_a_picture_on_its_side_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    raw = encoded(Image.new("RGB", (20, 10)), "JPEG", exif=exif)
    assert decoded(read_picture(raw, LIMIT).content).size == (10, 20)


def test_colours_of_a_profile_become_srgb_and_a_broken_profile_does_no_harm() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (profile, b"broken" * 40):
        raw = encoded(Image.new("RGB", (8, 8), (200, 30, 30)), "PNG", icc_profile=icc)
        image = decoded(read_picture(raw, LIMIT).content)
        assert "icc_profile" not in image.info
        assert image.getpixel((0, 0)) == (200, 30, 30)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "BMP", "TIFF"])
def test_other_kinds_are_415_whatever_they_call_themselves(kind: str) -> None:
    assert refusal(encoded(Image.new("RGB", (8, 8)), kind)) == 415


def test_what_is_no_picture_is_415_and_what_is_damaged_400() -> None:
    assert refusal(b"<html><script>alert(1)</script></html>") == 415
    for kind in ("PNG", "JPEG"):
        whole = encoded(Image.effect_noise((64, 64), 50), kind)
        assert refusal(whole[: len(whole) // 2]) == 400, kind


def test_too_many_pixels_are_413_before_they_are_decoded() -> None:
    # Some 12 kB that would decode to 400 million pixels.
    bomb = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    assert len(bomb) < 100_000
    assert refusal(bomb) == 413
    assert refusal(encoded(Image.new("L", (101, 10)), "PNG"), limit=1000) == 413
    assert read_picture(encoded(Image.new("L", (100, 10)), "PNG"), 1000).content


def scan_bomb(side: int, scans: int) -> bytes:
    """Return a grey progressive JPEG whose last scan comes again and again."""
    raw = encoded(Image.new("L", (side, side), 128), "JPEG", progressive=True)
    last = raw[raw.rindex(b"\xff\xda") : -2]
    return raw[:-2] + last * scans + raw[-2:]


def test_a_jpeg_of_many_scans_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bomb = scan_bomb(1000, 2000)
    assert len(bomb) < 200_000
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("it was decoded"))
    with pytest.raises(Problem, match="takes far more work") as refused:
        read_picture(bomb, LIMIT)
    assert refused.value.status == 400


def test_scans_of_a_thumbnail_and_behind_the_picture_do_not_count() -> None:
    thumbnail = encoded(Image.effect_noise((16, 16), 50), "JPEG", progressive=True)
    photo = Image.effect_noise((64, 64), 50).convert("RGB")
    plain = encoded(photo, "JPEG", comment=thumbnail)
    assert count_scans(plain) == 1
    assert count_scans(plain + scan_bomb(8, 100)) == 1
    assert count_scans(encoded(photo, "JPEG", progressive=True)) == 10
    # In the data of a scan every 0xFF is followed by 0x00, or by the marker of a restart.
    assert count_scans(encoded(photo, "JPEG", quality=100, restart_marker_blocks=1)) == 1
    assert count_scans(b"\xff\xd8\xff\xda") == 1
    assert count_scans(b"\xff\xd8\xff\xda\xff\xff") == 1


def test_texts_of_a_png_that_unpack_to_far_more_are_refused() -> None:
    notes = PngImagePlugin.PngInfo()
    for at in range(80):
        notes.add_text(f"note {at}", "x" * 1_000_000, zip=True)
    bomb = encoded(Image.new("L", (4, 4)), "PNG", pnginfo=notes)
    assert len(bomb) < 200_000
    assert refusal(bomb) == 400


def test_of_a_png_that_moves_only_the_first_picture_is_decoded() -> None:
    frames = [Image.new("L", (8, 8), shade) for shade in (10, 200)]
    raw = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    image = decoded(read_picture(raw, LIMIT).content)
    assert image.getpixel((0, 0)) == 10
    assert getattr(image, "n_frames", 1) == 1
