"""Requests and answers of the routes of resumable uploads."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from mentor_api.http import examples
from mentor_api.http.body import INTEGRAL, KEY_PATTERN, Body, OwnKey, Texts

MAX_SIGNED = 100
"""Part URLs that one request may ask for."""
S3_MAX_PARTS = 10_000

_Key = Annotated[str, Field(pattern=KEY_PATTERN, examples=[examples.VIDEO])]
_MyKey = Annotated[OwnKey, Field(examples=[examples.VIDEO])]
_Id = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1024,
        pattern=r"^[A-Za-z0-9._~+/=-]+$",
        examples=["2~Zr3vX0", "VXBsb2FkIElE"],
        description="S3's id of the upload",
    ),
    Texts(wrong="{field} must be the `multipart_id` that /upload/multipart answered"),
]


_Number = Annotated[
    int,
    Field(ge=1, le=S3_MAX_PARTS, examples=[1]),
    INTEGRAL,
    Texts(wrong=f"{{field}} must be a whole number from 1 to {S3_MAX_PARTS}"),
]
_Size = Annotated[
    int,
    Field(ge=1, examples=[209_715_200], description="bytes"),
    INTEGRAL,
    Texts(wrong="{field} must be the file's size in bytes, a whole number of at least 1"),
]
_ETag = Annotated[str, Field(min_length=1, max_length=200, examples=['"9b2cf535f27731c9"'])]


class BeginRequest(Body):
    """A file that shall be sent in parts.

    A recording that still grows is begun with the most that it may become. `part_size` follows
    from that; what counts in the end are the parts that it is completed with.
    """

    size: _Size


class Begun(BaseModel):
    """An upload in parts."""

    key: _Key
    multipart_id: _Id
    part_size: int = Field(examples=[8_388_608], description="bytes of each part but the last")
    part_count: int = Field(examples=[25], description="of a file of the `size` that was said")


class UploadInParts(Body):
    """Which upload in parts."""

    key: _MyKey
    multipart_id: _Id


class SignRequest(UploadInParts):
    """Parts that shall be sent now."""

    part_numbers: Annotated[
        list[_Number],
        Texts(
            wrong=f"part_numbers must be a list of 1 to {MAX_SIGNED} whole numbers from 1 to "
            f"{S3_MAX_PARTS}"
        ),
    ] = Field(min_length=1, max_length=MAX_SIGNED, examples=[[1, 2]])


class SignedPart(BaseModel):
    """Where to `PUT` a part's bytes. The answer's `ETag` header is asked for at the end."""

    part_number: int = Field(examples=[1])
    url: str = Field(examples=["https://uploads.example.org/…?partNumber=1&…"])


class SignedParts(BaseModel):
    """The URLs, good for an hour unless set otherwise."""

    parts: list[SignedPart]


class StoredPart(BaseModel):
    """A part that has arrived."""

    part_number: int = Field(examples=[1])
    size: int = Field(examples=[8_388_608], description="bytes")
    etag: _ETag


class StoredParts(BaseModel):
    """What has arrived: send the others."""

    parts: list[StoredPart]


class SentPart(Body):
    """A part that was sent, with the `ETag` that S3 answered."""

    part_number: _Number
    etag: _ETag


class CompleteRequest(UploadInParts):
    """All parts, in order."""

    parts: Annotated[
        list[SentPart],
        Texts(
            wrong=f"parts must be a list of 1 to {S3_MAX_PARTS} of {{part_number, etag}}: a whole "
            f"number from 1 to {S3_MAX_PARTS}, and the `ETag` that S3 answered"
        ),
    ] = Field(min_length=1, max_length=S3_MAX_PARTS)


class Completed(BaseModel):
    """The file is whole: its key is the `video` of `/upload/answer`."""

    key: _Key
    size: int = Field(examples=[209_715_200], description="bytes")


class Aborted(BaseModel):
    """The parts are gone."""

    key: _Key
