"""Pictures of mentors and organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response
from pydantic import BaseModel, Field

from mentor_api import graphql_documents
from mentor_api.http import examples
from mentor_api.http.body import object_id
from mentor_api.http.forms import IMAGE_BODY_BYTES, file_part, form, json_field
from mentor_api.http.operations import Operation, answer, caller
from mentor_api.http.problems import bad_request
from mentor_api.pictures.picture import read_picture

if TYPE_CHECKING:
    from mentor_api.bootstrap import Web

_TAG = "Images"
_MAX_FOOTER_INDEX = 999
_REFUSES = (400, 403, 404, 413, 415)
_DESCRIPTION = (
    "PNG or JPEG, whatever its name and type say; any other kind is refused. It is decoded and "
    "written anew, without metadata. The URL never shows another picture later."
)
_OF_MENTOR = Field(examples=[f'{{"mentor":"{examples.MENTOR}"}}'], description="JSON")
_OF_ORGANIZATION = (
    "JSON: `{}` for the site's, `{org}` for an organisation's. Only `org._id` counts; who is a "
    "member, GraphQL says."
)
_PICTURE = "PNG or JPEG"
_URL = Field(examples=["https://static.example.org/…/thumbnail.png"], description="absolute URL")


class ThumbnailForm(BaseModel):
    """A mentor and its thumbnail."""

    body: str = _OF_MENTOR
    thumbnail: bytes = file_part(_PICTURE)


class BackgroundForm(BaseModel):
    """A mentor and its virtual background."""

    body: str = _OF_MENTOR
    background_image: bytes = file_part(_PICTURE)


class HeaderForm(BaseModel):
    """Whose header picture, and the picture."""

    body: str = Field(examples=["{}"], description=_OF_ORGANIZATION)
    image: bytes = file_part(_PICTURE)


class FooterForm(BaseModel):
    """Which footer picture of whom, and the picture."""

    body: str = Field(
        examples=['{"idx":0}'],
        description=f"{_OF_ORGANIZATION} `idx` is its place; one beyond the last appends.",
    )
    image: bytes = file_part(_PICTURE)


class Thumbnail(BaseModel):
    """The stored thumbnail."""

    thumbnail: str = _URL


class Background(BaseModel):
    """The stored virtual background."""

    background: str = Field(alias="virtualBackground", examples=["https://static.example.org/…"])


class OrganizationImage(BaseModel):
    """The stored picture."""

    image: str = _URL


def blueprint(web: Web) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("images", __name__)

    def of_mentor(part: str, folder: str, name: str, mutation: str) -> str:
        (text,), raw = form("body", file=part)
        mentor = object_id(json_field(text, "body"), "mentor")
        web.permissions.edit_mentor(caller(), mentor)
        picture = read_picture(raw, web.settings.image_max_pixels)
        key = f"mentor/{folder}/{mentor}/{web.asset_store.version()}/{name}{picture.suffix}"
        variables = {"mentor": mentor, "key": key}
        web.asset_store.publish(picture.content, key, mutation, variables, "mentor")
        return web.asset_store.url(key)

    def of_organization(name: str, mutation: str, *, indexed: bool) -> str:
        (text,), raw = form("body", file="image")
        body = json_field(text, "body")
        variables: dict[str, Any] = {"organization": _organization(body)}
        if indexed:
            variables["index"] = _index(body)
        if variables["organization"] is None:
            web.permissions.edit_site(caller())
        else:
            web.permissions.edit_organization(caller(), variables["organization"])
        picture = read_picture(raw, web.settings.image_max_pixels)
        owner = [variables["organization"]] if variables["organization"] else []
        folder = "/".join(["images", *owner, web.asset_store.version()])
        key = f"{folder}/{name}{picture.suffix}"
        variables["url"] = web.asset_store.url(key)
        web.asset_store.publish(picture.content, key, mutation, variables, "organization")
        return str(variables["url"])

    @routes.post("/thumbnail")
    @_operation("Store a mentor's thumbnail", Thumbnail, ThumbnailForm)
    def thumbnail() -> Response:
        mutation = graphql_documents.UPDATE_THUMBNAIL
        return answer({"thumbnail": of_mentor("thumbnail", "thumbnails", "thumbnail", mutation)})

    @routes.post("/vbg")
    @_operation("Store a mentor's virtual background", Background, BackgroundForm)
    def background() -> Response:
        folder, name = "virtual_backgrounds", "virtual_background"
        url = of_mentor("background_image", folder, name, graphql_documents.UPDATE_BACKGROUND)
        return answer({"virtualBackground": url})

    @routes.post("/header")
    @_operation("Store the header picture", OrganizationImage, HeaderForm)
    def header() -> Response:
        return answer(
            {"image": of_organization("header", graphql_documents.UPDATE_HEADER, indexed=False)}
        )

    @routes.post("/footer")
    @_operation("Store a footer picture", OrganizationImage, FooterForm)
    def footer() -> Response:
        return answer(
            {"image": of_organization("footer", graphql_documents.UPDATE_FOOTER, indexed=True)}
        )

    return routes


def _operation(summary: str, answers: type[BaseModel], form_model: type[BaseModel]) -> Operation:
    return Operation(
        summary,
        _TAG,
        answers,
        description=_DESCRIPTION,
        form=form_model,
        refuses=_REFUSES,
        envelope="double",
        max_body=IMAGE_BODY_BYTES,
    )


def _organization(body: dict[str, Any]) -> str | None:
    """Return the id of the organisation meant; ``None`` for the site itself."""
    organization = body.get("org")
    if organization is None:
        return None
    if not isinstance(organization, dict):
        raise bad_request("org must be an organization or null")
    return object_id({"org._id": organization.get("_id")}, "org._id")


def _index(body: dict[str, Any]) -> int:
    index = body.get("idx")
    if index is None:
        raise bad_request("idx parameter missing")
    whole = isinstance(index, int) and not isinstance(index, bool)
    if not (whole and 0 <= index <= _MAX_FOOTER_INDEX):
        raise bad_request(f"idx must be a whole number from 0 to {_MAX_FOOTER_INDEX}")
    return int(index)
