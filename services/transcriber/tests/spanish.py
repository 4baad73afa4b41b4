"""Spanish spoken by eSpeak NG: ``python spanish.py WAV TEXT``.

A process of its own, since the library keeps its state in global variables.
"""

from __future__ import annotations

import ctypes
import sys
import wave
from pathlib import Path

import espeakng_loader  # type: ignore[import-untyped]

# Of espeak-ng/speak_lib.h.
_SYNCHRONOUS, _DONT_EXIT, _RATE, _CHARACTERS, _UTF8 = 2, 0x8000, 1, 1, 1
_WORDS_PER_MINUTE = 150
_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def speak(text: str, path: Path) -> None:
    """Write a text as speech: mono, 16 bit, at eSpeak's own rate."""
    espeak = ctypes.CDLL(espeakng_loader.get_library_path())
    samples = bytearray()

    @_Callback  # type: ignore[untyped-decorator]
    def keep(wav: ctypes._Pointer[ctypes.c_short], count: int, _events: int) -> int:
        if wav:
            samples.extend(ctypes.string_at(wav, 2 * count))
        return 0

    data = str(espeakng_loader.get_data_path()).encode()
    rate = espeak.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT)
    espeak.espeak_SetSynthCallback(keep)
    if rate <= 0 or espeak.espeak_SetVoiceByName(b"es-419") != 0:
        raise RuntimeError("eSpeak NG has no Spanish voice")
    espeak.espeak_SetParameter(_RATE, _WORDS_PER_MINUTE, 0)
    spoken = text.encode() + b"\0"
    size = ctypes.c_size_t(len(spoken))
    espeak.espeak_Synth(spoken, size, 0, _CHARACTERS, 0, _UTF8, None, None)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(samples))


if __name__ == "__main__":
    speak(sys.argv[2], Path(sys.argv[1]))
