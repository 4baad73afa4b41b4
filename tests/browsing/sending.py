"""Notes of what a studio records and sends, taken while it does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Sized

    from playwright.sync_api import Page, Request

    from browsing.studio import StudioPage

PARTS = "**/*partNumber=*"
ACCEPT = "**/upload/answer"
# Each piece that the recorder gives is followed by a box that players skip, larger than a part.
LARGE_PIECES = """() => {
  const size = 9 << 20;
  const box = new Uint8Array(size);
  new DataView(box.buffer).setUint32(0, size);
  box.set(new TextEncoder().encode("free"), 4);
  const { set } = Object.getOwnPropertyDescriptor(MediaRecorder.prototype, "ondataavailable");
  Object.defineProperty(MediaRecorder.prototype, "ondataavailable", { set(listener) {
    set.call(this, ({ data }) => listener({ data: data.size ? new Blob([data, box]) : data }));
  } });
}"""
_TAKE = """async () => {
  const { state } = await import("/studio/store.js");
  const { fileOf } = await import("/studio/takes/takes.js");
  const take = state.peek().takes[state.peek().shown].at(-1);
  const bytes = await (await fileOf(take)).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [take.bytes, hex];
}"""


def record(here: StudioPage) -> None:
    """Begin to record."""
    here.press("Use the camera")
    here.press("Start recording")
    here.press("Start at once")


def last_take(page: Page) -> tuple[int, str]:
    """Return bytes and SHA-256 of the last take of the question that is shown."""
    size, sha = page.evaluate(_TAKE)
    return size, sha


def parts_of(page: Page) -> list[str]:
    """Return a list that the parts are added to which the page sends from now on."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if "partNumber" in request.url and request.method == "PUT":
            sent.append(request.url)

    page.on("requestfinished", note)
    return sent


def accepted_videos(page: Page) -> list[str]:
    """Return a list of the keys that the page hands in from now on."""
    keys: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/upload/answer"):
            keys.append(json.loads(request.post_data or "{}")["video"])

    page.on("request", note)
    return keys


def arrived(page: Page, noted: Sized, count: int) -> None:
    """Wait until so many requests are noted: events come while the page is asked something."""

    def enough() -> bool:
        page.evaluate("0")
        return len(noted) >= count

    wait_until(enough, seconds=60, what=f"{count} requests")
