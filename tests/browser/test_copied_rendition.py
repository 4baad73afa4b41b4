"""A web rendition that was copied, in a real browser."""

from __future__ import annotations

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from mentor_common.media import Tools, inspect
from mentor_transcoder.encode import transcode
from mentor_transcoder.job import EncodeJob, Profile, Rendition

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from real_clips import ClipMaker

SOURCE = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=2", "-f", "lavfi", "-i", "sine=d=2")
X264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "30", "-c:a", "aac")
PLAYED = """async (coded) => {
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const event = (name) => new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener("error", () => reject(new Error(video.error.message)));
  });
  const bytes = Uint8Array.from(atob(coded), (each) => each.charCodeAt(0));
  const loaded = event("loadeddata");
  video.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
  await loaded;
  const first = await new Promise((resolve) => {
    video.requestVideoFrameCallback((now, frame) => resolve(frame.mediaTime));
    video.playbackRate = 4;
    video.play();
  });
  if (!video.ended) await event("ended");
  const { totalVideoFrames } = video.getVideoPlaybackQuality();
  return { first, duration: video.duration, size: [video.videoWidth, video.videoHeight],
    frames: totalVideoFrames };
}"""


@pytest.fixture(scope="module")
def copied(clip_maker: ClipMaker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second half of a clip, copied."""
    source = clip_maker("two.mp4", *SOURCE, *X264)
    folder = tmp_path_factory.mktemp("copied")

    async def not_stored(_path: Path) -> None:
        pass

    async def work() -> Path:
        job = EncodeJob(profile=Profile.FAST, trim=(1.0, 2.0))
        inspected = await inspect(source)
        encoded = await transcode(
            source,
            inspected,
            folder,
            job,
            tools=Tools(),
            on_percent=lambda _: None,
            on_made=not_stored,
            timings=[],
        )
        assert encoded.web_rendition == "copied"
        assert isinstance(encoded.web, Rendition)
        return encoded.web.path

    # In a thread of its own: in this one playwright's event loop may be running.
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work()).result()


def test_a_browser_plays_it_from_0_to_its_end(copied: Path, page: Page) -> None:
    played = page.evaluate(PLAYED, base64.b64encode(copied.read_bytes()).decode())
    assert played["first"] < 0.5
    assert played["duration"] == pytest.approx(1.0, abs=0.03)
    assert played["size"] == [320, 180]
    assert played["frames"] > 0
