"""A progress bar for a file that is fetched; none where nobody looks at a terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mentor_transcriber.model.folder import Stream
    from mentor_transcriber.model.manifest import PinnedFile


def with_bar(
    name: str, pinned: PinnedFile, read: Callable[[int], Stream]
) -> Callable[[int], Stream]:
    """Return ``read`` with a bar that follows the bytes."""

    def followed(start: int) -> Stream:
        stream = read(start)
        return replace(stream, chunks=_followed(name, pinned.size, stream))

    return followed


def _followed(name: str, size: int, stream: Stream) -> Iterator[bytes]:
    with tqdm(
        desc=name, total=size, initial=stream.start, unit="B", unit_scale=True, disable=None
    ) as bar:
        for chunk in stream.chunks:
            yield chunk
            bar.update(len(chunk))
