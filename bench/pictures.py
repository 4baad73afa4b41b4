"""``make bench-pictures``: what a row of large photos costs the api's web process.

A process that has imported all of the web application decodes 200 photos of 24 megapixels, one
after the other, as the routes of pictures do. Prints one JSON line: ``parent_mib``, resident memory
of that process after the first photo and after the last; ``child_mib``, the most that a decoder
took; ``together_mib``, the most of both; ``cpu_s``, processor seconds a photo, children included.
``PHOTOS`` (200).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from mentor_api import bootstrap
from mentor_api.pictures.decoder import PictureDecoder

if TYPE_CHECKING:
    from collections.abc import Sequence

PHOTOS = int(os.environ.get("PHOTOS", "200"))
_SIZE = (6000, 4000)
_MIB = 1 << 20
_ORIENTATION, _UPRIGHT = 0x0112, 6  # EXIF: the camera was held upright


def make(folder: Path) -> None:
    """Write a photo as a camera makes it, one held upright, and one that comes in scans."""
    from PIL import Image  # noqa: PLC0415 -- the measured process has no need of it

    width, height = (side // 8 for side in _SIZE)
    noise = Image.frombytes("RGB", (width, height), os.urandom(3 * width * height))
    photo, exif = noise.resize(_SIZE, Image.Resampling.BICUBIC), Image.Exif()
    exif[_ORIENTATION] = _UPRIGHT
    photo.save(folder / "level.jpg", quality=80)
    photo.save(folder / "upright.jpg", quality=80, exif=exif)
    photo.save(folder / "scans.jpg", quality=80, exif=exif, progressive=True)


def measure(paths: Sequence[Path]) -> dict[str, object]:
    """Decode photos in turns and return the figures."""
    pixels = _SIZE[0] * _SIZE[1]
    decoder, photos = PictureDecoder(pixels), [path.read_bytes() for path in paths]
    parent = []
    for photo in islice(cycle(photos), PHOTOS):
        decoder.decode(photo, "somebody", lambda: False)
        parent.append(_resident_mib())
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF)
    child = children.ru_maxrss / 1024
    spent = sum(each.ru_utime + each.ru_stime for each in (own, children))
    return {
        "application": bootstrap.__name__,
        "photos": PHOTOS,
        "megapixels": pixels / 1e6,
        "parent_mib": [round(parent[0]), round(parent[-1])],
        "child_mib": round(child),
        "together_mib": round(max(parent) + child),
        "cpu_s": round(spent / PHOTOS, 2),
    }


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / _MIB


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure([Path(each) for each in sys.argv[1:]])))
    else:
        with tempfile.TemporaryDirectory() as made:
            make(Path(made))
            paths = sorted(Path(made).iterdir())
            subprocess.run((sys.executable, "-m", "bench.pictures", *paths), check=True)
