"""What a script would do: ffmpeg for the pictures beside faster-whisper for the sound, no more.

No pipeline, no checks of what came in or out, nothing fetched or stored. The model is loaded before
it prints an empty line; then each line of its input, JSON, is a recording: ``encode`` and
``sound``, commands of ffmpeg, their ``folder``, and ``wav``, what the second one writes. Its answer
is a line of JSON: ``encode_s``, ``recognise_s`` (with the cut of the sound) and ``seconds``, until
both were done.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from faster_whisper import WhisperModel


def encode(command: list[str], folder: str) -> float:
    """Run a command; return its seconds."""
    begun = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - begun


def recognise(model: WhisperModel, command: list[str], folder: str, wav: str) -> float:
    """Cut the sound and recognise it; return the seconds."""
    begun = time.perf_counter()
    encode(command, folder)
    segments, _ = model.transcribe(wav, beam_size=1, word_timestamps=True, vad_filter=True)
    if not list(segments):  # a generator: the work is done here
        raise ValueError("nobody speaks")
    return time.perf_counter() - begun


def main() -> None:
    """Load the model and do the recordings as they come."""
    model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", local_files_only=True)
    print(flush=True)
    with ThreadPoolExecutor(2) as pool:
        for line in sys.stdin:
            job: dict[str, Any] = json.loads(line)
            begun = time.perf_counter()
            encoding = pool.submit(encode, job["encode"], job["folder"])
            listening = pool.submit(recognise, model, job["sound"], job["folder"], job["wav"])
            figures = {"encode_s": encoding.result(), "recognise_s": listening.result()}
            print(json.dumps(figures | {"seconds": time.perf_counter() - begun}), flush=True)


if __name__ == "__main__":
    main()
