"""An organisation's own mirror: a copy of a models' folder behind HTTP or in S3.

Each file is at ``MIRROR/NAME-REVISION/FILE``, as in ``WHISPER_MODEL_HOME``. What a mirror gives is
judged by its SHA-256 alone, so it needs no trust; credentials in its address are never shown.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from mentor_common.aws import clients
from mentor_common.aws.storage import ObjectMissingError, Storage
from mentor_common.errors import AccessDeniedError, DependencyDownError
from mentor_transcriber.model.errors import (
    InterruptedTransferError,
    ModelSettingsError,
    SourceError,
)
from mentor_transcriber.model.folder import CHUNK, Stream, receive
from mentor_transcriber.model.progress import with_bar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Protocol

    from mentor_transcriber.model.manifest import Model

    class Reader(Protocol):
        """A place that files are read from."""

        def read(self, path: str, start: int) -> Stream:
            """Return a file's bytes from ``start`` on, or from an earlier offset.

            Raises
            ------
            InterruptedTransferError
                It does not answer; it may later.
            SourceError
                It has no such file, or refuses it.
            """
            ...


_REGION: Final = "us-east-1"  # S3 leads to the bucket's own region from there
_TIMEOUT: Final = (10.0, 60.0)  # seconds to connect, and between two chunks
_TRIES: Final = 6
_SIZE: Final = re.compile(r"[0-9]{1,18}")
_PAUSE: Final = wait_exponential(multiplier=0.5, max=20)


@dataclass(frozen=True)
class Mirror:
    """Fetches a model's files from a mirror; a transfer that ends early is resumed.

    Parameters
    ----------
    name
        Its address without credentials.
    reader
        Gives the files.
    pause
        Seconds between tries, as tenacity's ``wait``.
    """

    name: str
    reader: Reader
    pause: Any = field(default=_PAUSE)

    def fetch(self, model: Model, names: list[str], folder: Path) -> None:
        """Put files of a model into a folder, see `Source.fetch`."""
        tries = Retrying(
            retry=retry_if_exception_type(InterruptedTransferError),
            stop=stop_after_attempt(_TRIES),
            wait=self.pause,
            reraise=True,
        )
        for name in names:
            pinned = model.files[name]
            read = partial(self.reader.read, f"{model.folder}/{name}")
            tries(receive, folder / name, pinned, with_bar(name, pinned, read))


def mirror(address: str) -> Mirror:
    """Return the mirror at an address.

    Raises
    ------
    ModelSettingsError
        It is neither of HTTP nor of S3.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    host = parts.netloc.rpartition("@")[2]
    name = urlunsplit((parts.scheme, host, parts.path, "", ""))  # without user, password and query
    if parts.scheme == "s3" and host:
        storage = Storage(clients.client("s3", os.environ.get("AWS_REGION", _REGION)))
        return Mirror(name, S3Reader(storage, host, parts.path))
    if parts.scheme in {"http", "https"} and host:
        return Mirror(name, HttpReader(address))
    raise ModelSettingsError(
        "WHISPER_MODEL_MIRROR: neither https://HOST/PATH nor s3://BUCKET/PREFIX"
    )


@dataclass(frozen=True)
class HttpReader:
    """Reads from a web server. A query of its address (a signature) is sent for each file.

    Ranges are those of RFC 9110, section 14; a server without them sends the whole file.
    """

    address: str = field(repr=False)

    def read(self, path: str, start: int) -> Stream:
        """Return a file's bytes, see `Reader`."""
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        with _transfers(path):
            answer = requests.get(self._url(path), headers=headers, stream=True, timeout=_TIMEOUT)
        _judge(answer, path)
        if answer.status_code == HTTPStatus.PARTIAL_CONTENT:
            return Stream(start, _chunks(answer, path), close=answer.close)
        size = answer.headers.get("Content-Length")
        announced = int(size) if size and _SIZE.fullmatch(size) else None
        return Stream(0, _chunks(answer, path), announced, answer.close)

    def _url(self, path: str) -> str:
        parts = urlsplit(self.address)
        return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{quote(path)}"))


def _judge(answer: requests.Response, path: str) -> None:
    """Raise unless an answer holds the file, or the rest of it."""
    status = answer.status_code
    if status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        return
    answer.close()
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise InterruptedTransferError(f"{path}: it answers {status}")
    if status == HTTPStatus.NOT_FOUND:
        raise SourceError(f"it has no {path} (404)")
    raise SourceError(f"it refuses {path} ({status})")


def _chunks(answer: requests.Response, path: str) -> Iterator[bytes]:
    with _transfers(path):
        yield from answer.iter_content(CHUNK)


@contextmanager
def _transfers(path: str) -> Iterator[None]:
    """Name what broke off without the address, which may hold credentials."""
    try:
        yield
    except requests.RequestException as error:
        raise InterruptedTransferError(f"{path}: {type(error).__name__}") from None


@dataclass(frozen=True)
class S3Reader:
    """Reads from a bucket, with the credentials that AWS's libraries find."""

    storage: Storage
    bucket: str
    prefix: str

    def read(self, path: str, start: int) -> Stream:
        """Return a file's bytes, see `Reader`."""
        key = f"{self.prefix.strip('/')}/{path}".lstrip("/")
        return Stream(start, self._chunks(key, start))

    def _chunks(self, key: str, start: int) -> Iterator[bytes]:
        try:
            yield from self.storage.chunks(self.bucket, key, start)
        except ObjectMissingError:
            raise SourceError(f"it has no object {key}") from None
        except AccessDeniedError as error:
            raise SourceError(f"AWS refuses {key}: {error}") from None
        except DependencyDownError as error:
            raise InterruptedTransferError(f"{key}: {error}") from None
        except clients.AwsRefusedError as error:
            raise SourceError(f"AWS refuses {key}: {clients.error_code(error)}") from None
