"""Clips to encode: scenes that are generated, and what a browser records of one of them."""

from __future__ import annotations

import base64
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

_ROOT: Final = Path(__file__).parents[1]
OWN_CLIP: Final = _ROOT / "local" / "sample" / "answer.mp4"
_PAGE: Final = _ROOT / "docs" / "screenshots" / "console-overview.png"
SECONDS: Final = 10


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Parameters
    ----------
    name
        What it is called.
    clip
        File name of the clip, 16:9.
    standard
        Whether it is standard input, so that its web rendition is a copy.
    """

    name: str
    clip: str
    standard: bool = False


CASES: Final = (
    Case("still webcam, VP9", "still-720p.webm"),
    Case("moving camera, VP9", "moving-720p.webm"),
    Case("screen, VP9", "screen-720p.webm"),
    Case("phone, H.264", "phone-1080p.mp4"),
    Case("browser, VP9", "browser.webm"),
    Case("browser, H.264", "browser.mp4", standard=True),
)

_TEXTURE: Final = "mandelbrot=size=1024x576:rate=30:start_scale=0.2:maxiter=500"
_AAC: Final = ("-c:a", "aac", "-b:a", "128k", "-ar", "48000")
_VP9: Final = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2.5M")
_PHONE: Final = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "17M", "-maxrate", "24M")
_CAMERA: Final = "camera.mjpeg"
_RECORD: Final = """async ([type, seconds]) => {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width: 1280, height: 720, frameRate: 30 }, audio: true });
  const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: 2500000,
    videoKeyFrameIntervalDuration: 2000 });
  const parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  recorder.stop();
  await stopped;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}"""
_RECORDED: Final = {
    "browser.webm": "video/webm;codecs=vp9,opus",
    "browser.mp4": "video/mp4;codecs=avc1.42e01f,opus",
}


def make_clips(folder: Path, chromium: str, flags: tuple[str, ...]) -> None:
    """Write the clips that are not there yet.

    Parameters
    ----------
    chromium, flags
        The browser that records, and how it is started with a made-up camera.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _scene(folder / "still-720p.webm", _scene_of("0", "0"), *_VP9, "-c:a", "libopus")
    moving = _scene_of("64+60*sin(t*3)", "48+44*sin(t*2.3)")
    _scene(folder / "moving-720p.webm", moving, *_VP9, "-c:a", "libopus")
    _screen(folder / "screen-720p.webm")
    phone = _scene_of("64+24*sin(t*0.9)", "36+12*sin(t*0.7)", width=1920)
    _scene(folder / "phone-1080p.mp4", phone, *_PHONE, "-bufsize", "34M", *_AAC)
    _scene(folder / _CAMERA, _scene_of("0", "0"), "-an", "-c:v", "mjpeg", "-q:v", "2")
    missing = [name for name in _RECORDED if not (folder / name).exists()]
    if missing:
        _record(folder, missing, chromium, flags)


def _scene_of(x: str, y: str, *, width: int = 1280) -> str:
    """Return a graph: our own clip in a textured room, held at x and y, with a sensor's noise."""
    height = width * 9 // 16
    room = (
        f"[1:v]trim=end_frame=1,scale={width + 128}:{height + 96}:flags=bicubic,format=yuv420p,"
        f"loop=-1:1,setpts=N/30/TB,crop={width}:{height}:'{x}':'{y}'[room]"
    )
    own = f"[0:v]scale={width * 3 // 5}:{height * 3 // 5}:flags=bicubic,fps=30[own]"
    noise = "noise=c0s=3:c0f=t,setsar=1,format=yuv420p[scene]"
    place = f"[room][own]overlay=x={width // 5}-({x})/2:y={height // 5}:shortest=1,{noise}"
    return f"{room};{own};{place}"


def _scene(path: Path, graph: str, *encoder: str) -> None:
    own = ("-stream_loop", "-1", "-i", str(OWN_CLIP), "-f", "lavfi", "-i", _TEXTURE)
    maps = ("-filter_complex", graph, "-map", "[scene]", "-map", "0:a", "-t", str(SECONDS))
    _ffmpeg(path, *own, *maps, *encoder)


def _screen(path: Path) -> None:
    """Write a page that is scrolled for a third of each second and stands in between."""
    way = r"min(ih-720\,60*floor(t)+6*min(10\,mod(floor(30*t)\,30)))"
    shown = f"scale=1280:-2,pad=1280:1400:0:0:white,crop=1280:720:0:'{way}',format=yuv420p"
    page = ("-loop", "1", "-framerate", "30", "-i", str(_PAGE), "-stream_loop", "-1")
    maps = ("-map", "0:v", "-map", "1:a", "-t", str(SECONDS))
    _ffmpeg(path, *page, "-i", str(OWN_CLIP), "-vf", shown, *maps, *_VP9, "-c:a", "libopus")


def _record(folder: Path, names: list[str], chromium: str, flags: tuple[str, ...]) -> None:
    camera = f"--use-file-for-fake-video-capture={folder / _CAMERA}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*flags, camera])
        page = browser.new_context(permissions=["camera", "microphone"]).new_page()
        # A page on loopback: elsewhere a browser has no camera.
        page.route("http://127.0.0.1/", lambda route: route.fulfill(body="<!doctype html>"))
        page.goto("http://127.0.0.1/")
        for name in names:
            coded = page.evaluate(_RECORD, [_RECORDED[name], SECONDS])
            (folder / name).write_bytes(base64.b64decode(coded))
        browser.close()


def _ffmpeg(path: Path, *arguments: str) -> None:
    if path.exists():
        return
    partial = path.with_name(f"partial-{path.name}")
    command = ("ffmpeg", "-nostdin", "-v", "error", "-y", *arguments, str(partial))
    subprocess.run(command, check=True)
    partial.rename(path)
