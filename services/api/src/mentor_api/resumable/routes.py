"""Resumable upload of long videos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from mentor_api.http import examples
from mentor_api.http.body import KEY_PATTERN, json_object, own_key, read
from mentor_api.http.operations import Operation, answer, caller
from mentor_api.resumable.parts import MAX_SIGNED, S3_MAX_PARTS, Multipart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_api.bootstrap import Web

_TAG = "Resumable upload"
_REFUSES = (400, 403, 404)
_MAX_BODY = 1024 * 1024  # 10,000 parts with their ETags
_Key = Annotated[
    str,
    Field(
        pattern=KEY_PATTERN,
        examples=[examples.VIDEO],
    ),
]
_Id = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1024,
        pattern=r"^[A-Za-z0-9._~+/=-]+$",
        examples=["2~Zr3vX0", "VXBsb2FkIElE"],
        description="S3's id of the upload",
    ),
]


def _whole(value: object) -> object:
    """Make 2.0 the whole number it is, in JSON and to our document."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_Whole = BeforeValidator(_whole)
_Number = Annotated[int, Field(ge=1, le=S3_MAX_PARTS, examples=[1]), _Whole]
_Size = Annotated[int, Field(ge=1, examples=[209_715_200], description="bytes"), _Whole]
_ETag = Annotated[str, Field(min_length=1, max_length=200, examples=['"9b2cf535f27731c9"'])]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class BeginRequest(_Body):
    """A file that shall be sent in parts."""

    size: _Size


class Begun(BaseModel):
    """An upload in parts."""

    key: _Key
    multipart_id: _Id
    part_size: int = Field(examples=[8_388_608], description="bytes of each part but the last")
    part_count: int = Field(examples=[25])


class UploadInParts(_Body):
    """Which upload in parts."""

    key: _Key
    multipart_id: _Id


class SignRequest(UploadInParts):
    """Parts that shall be sent now."""

    part_numbers: list[_Number] = Field(min_length=1, max_length=MAX_SIGNED, examples=[[1, 2]])


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


class SentPart(_Body):
    """A part that was sent, with the `ETag` that S3 answered."""

    part_number: _Number
    etag: _ETag


class CompleteRequest(UploadInParts):
    """All parts, in order."""

    parts: list[SentPart] = Field(min_length=1, max_length=S3_MAX_PARTS)


class Completed(BaseModel):
    """The file is whole: its key is the `video` of `/upload/answer`."""

    key: _Key
    size: int = Field(examples=[209_715_200], description="bytes")


class Aborted(BaseModel):
    """The parts are gone."""

    key: _Key


def blueprint(web: Web) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("multipart", __name__)
    _add_sending(routes, web)
    _add_ending(routes, web)
    return routes


def _add_sending(routes: Blueprint, web: Web) -> None:
    @routes.post("/upload/multipart")
    @Operation(
        "Begin an upload in parts",
        _TAG,
        Begun,
        body=BeginRequest,
        refuses=(400, 413),
        description="For long videos and bad connections. What is not completed is dropped "
        "after two days.",
    )
    def begin() -> Response:
        size = read(BeginRequest, request.get_data(cache=False)).size
        return answer(web.resumable.begin(caller().user, size))

    @routes.post("/upload/multipart/sign")
    @Operation(
        "Get URLs for some parts", _TAG, SignedParts, body=SignRequest, refuses=(*_REFUSES, 413)
    )
    def sign() -> Response:
        raw = request.get_data(cache=False)
        upload = _own(json_object(raw))
        return answer({"parts": web.resumable.sign(upload, read(SignRequest, raw).part_numbers)})

    @routes.get("/upload/multipart")
    @Operation(
        "See which parts have arrived",
        _TAG,
        StoredParts,
        "read",
        query=UploadInParts,
        refuses=_REFUSES,
    )
    def stored() -> Response:
        return answer({"parts": web.resumable.stored(_own(request.args))})


def _add_ending(routes: Blueprint, web: Web) -> None:
    @routes.post("/upload/multipart/complete")
    @Operation(
        "Make one file of the parts",
        _TAG,
        Completed,
        body=CompleteRequest,
        refuses=(*_REFUSES, 413),
        max_body=_MAX_BODY,
    )
    def complete() -> Response:
        raw = request.get_data(cache=False)
        upload = _own(json_object(raw))
        sent = [(part.part_number, part.etag) for part in read(CompleteRequest, raw).parts]
        return answer({"key": upload.key, "size": web.resumable.complete(upload, sent)})

    @routes.delete("/upload/multipart")
    @Operation("Give up an upload in parts", _TAG, Aborted, query=UploadInParts, refuses=(400, 403))
    def abort() -> Response:
        upload = _own(request.args)
        web.resumable.abort(upload)
        return answer({"key": upload.key})


def _own(values: Mapping[str, Any]) -> Multipart:
    """Return the upload that the request names, if it is the caller's."""
    key = own_key(values, "key", caller().user)
    named = read(UploadInParts, {"key": key, "multipart_id": values.get("multipart_id")})
    return Multipart(key, named.multipart_id)
