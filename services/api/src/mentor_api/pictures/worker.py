"""The decoder's process: ``python -m mentor_api.pictures.worker MAX_PIXELS``.

Takes the picture on standard input. Prints a JSON object on a line, and then the picture as it is
to be stored. The object holds ``suffix``; or ``status`` and ``message`` of a refusal, and no
picture follows. Before it looks at the first byte it gives up all files but code, the network, and
what is beyond its bounds of memory and time. Processes that answer requests come first.
"""

from __future__ import annotations

import json
import sys
from typing import Final

from mentor_api.http.problems import Problem
from mentor_api.pictures.picture import read_picture
from mentor_common.confinement import Bounds, Files, confine_this_process

# A progressive JPEG of four channels holds twelve bytes a pixel while it is decoded.
_BYTES_PER_PIXEL: Final = 12
_SPARE_BYTES: Final = 128 << 20
_CPU_S: Final = 20  # ten times what the largest picture takes


def main(max_pixels: int) -> None:
    """Read, decode and answer."""
    memory = _SPARE_BYTES + _BYTES_PER_PIXEL * max_pixels
    bounds = Bounds(memory, cpu_s=_CPU_S)
    confine_this_process(bounds, Files.of_python("mentor_common", "mentor_api"))
    raw = sys.stdin.buffer.read()
    try:
        picture = read_picture(raw, max_pixels)
    except Problem as problem:
        answer: dict[str, object] = {"status": problem.status, "message": problem.message}
        content = b""
    else:
        answer, content = {"suffix": picture.suffix}, picture.content
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + content)


if __name__ == "__main__":
    main(int(sys.argv[1]))
