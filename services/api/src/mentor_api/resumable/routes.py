"""Resumable upload of long videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from mentor_api.http.operations import Operation, caller
from mentor_api.resumable.models import (
    Aborted,
    BeginRequest,
    Begun,
    Completed,
    CompleteRequest,
    SignedParts,
    SignRequest,
    StoredParts,
    UploadInParts,
)

if TYPE_CHECKING:
    from mentor_api.resumable.parts import Resumable

_TAG = "Resumable upload"
_REFUSES = (400, 403, 404)
_MAX_BODY = 1024 * 1024  # 10,000 parts with their ETags


def blueprint(resumable: Resumable) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("multipart", __name__)
    _add_sending(routes, resumable)
    _add_ending(routes, resumable)
    return routes


def _add_sending(routes: Blueprint, resumable: Resumable) -> None:
    @routes.post("/upload/multipart")
    @Operation(
        "Begin an upload in parts",
        _TAG,
        Begun,
        body=BeginRequest,
        refuses=(400, 413),
        description="For long videos, bad connections, and recordings that are sent while they are "
        "made. What is not completed is dropped after two days.",
    )
    def begin(body: BeginRequest) -> Begun:
        return resumable.begin(caller().user, body.size)

    @routes.post("/upload/multipart/sign")
    @Operation(
        "Get URLs for some parts", _TAG, SignedParts, body=SignRequest, refuses=(*_REFUSES, 413)
    )
    def sign(body: SignRequest) -> SignedParts:
        return resumable.sign(body, body.part_numbers)

    @routes.get("/upload/multipart")
    @Operation(
        "See which parts have arrived",
        _TAG,
        StoredParts,
        "read",
        query=UploadInParts,
        refuses=_REFUSES,
    )
    def stored(query: UploadInParts) -> StoredParts:
        return resumable.stored(query)


def _add_ending(routes: Blueprint, resumable: Resumable) -> None:
    @routes.post("/upload/multipart/complete")
    @Operation(
        "Make one file of the parts",
        _TAG,
        Completed,
        body=CompleteRequest,
        refuses=(*_REFUSES, 413),
        max_body=_MAX_BODY,
    )
    def complete(body: CompleteRequest) -> Completed:
        return resumable.complete(body, body.parts)

    @routes.delete("/upload/multipart")
    @Operation("Give up an upload in parts", _TAG, Aborted, query=UploadInParts, refuses=(400, 403))
    def abort(query: UploadInParts) -> Aborted:
        resumable.abort(query)
        return Aborted(key=query.key)
