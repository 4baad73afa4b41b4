"""Pictures of mentors and organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from mentor_api.http.forms import IMAGE_BODY_BYTES
from mentor_api.http.operations import Operation, caller
from mentor_api.pictures.models import (
    Background,
    BackgroundForm,
    FooterForm,
    HeaderForm,
    OrganizationImage,
    Thumbnail,
    ThumbnailForm,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

    from mentor_api.pictures.store import PictureStore

_TAG = "Images"
_REFUSES = (400, 403, 404, 413, 415)
_DESCRIPTION = (
    "PNG or JPEG, whatever its name and type say; any other kind is refused. It is decoded and "
    "written anew, without metadata. The URL never shows another picture later."
)


def blueprint(pictures: PictureStore) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("images", __name__)

    @routes.post("/thumbnail")
    @_operation("Store a mentor's thumbnail", Thumbnail, ThumbnailForm)
    def thumbnail(form: ThumbnailForm) -> Thumbnail:
        url = pictures.thumbnail(caller(), form.body.mentor, form.thumbnail)
        return Thumbnail(thumbnail=url)

    @routes.post("/vbg")
    @_operation("Store a mentor's virtual background", Background, BackgroundForm)
    def background(form: BackgroundForm) -> Background:
        url = pictures.background(caller(), form.body.mentor, form.background_image)
        return Background(background=url)

    @routes.post("/header")
    @_operation("Store the header picture", OrganizationImage, HeaderForm)
    def header(form: HeaderForm) -> OrganizationImage:
        url = pictures.header(caller(), form.body.organization, form.image)
        return OrganizationImage(image=url)

    @routes.post("/footer")
    @_operation("Store a footer picture", OrganizationImage, FooterForm)
    def footer(form: FooterForm) -> OrganizationImage:
        url = pictures.footer(caller(), form.body.organization, form.image, form.body.idx)
        return OrganizationImage(image=url)

    return routes


def _operation(summary: str, answers: type[BaseModel], form: type[BaseModel]) -> Operation:
    return Operation(
        summary,
        _TAG,
        answers,
        description=_DESCRIPTION,
        form=form,
        refuses=_REFUSES,
        envelope="double",
        max_body=IMAGE_BODY_BYTES,
    )
