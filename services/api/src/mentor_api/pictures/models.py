"""Requests and answers of the routes of pictures."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from mentor_api.http import examples
from mentor_api.http.body import Body, Texts
from mentor_api.http.examples import OBJECT_ID, MentorId
from mentor_api.http.forms import decode_json, file_part

MAX_FOOTER_INDEX = 999
_OF_MENTOR = Field(examples=[f'{{"mentor":"{examples.MENTOR}"}}'], description="JSON")
_OF_ORGANIZATION = (
    "JSON: `{}` for the site's, `{org}` for an organisation's. Only `org._id` counts; who is a "
    "member, GraphQL says."
)
_PICTURE = "PNG or JPEG"
_URL = Field(examples=["https://static.example.org/…/thumbnail.png"], description="absolute URL")


class OfMentor(Body):
    """The mentor that a picture is of."""

    mentor: MentorId


class Organization(Body):
    """An organisation, of which only the id counts."""

    id: Annotated[
        str,
        Field(alias="_id", pattern=OBJECT_ID),
        Texts("org._id parameter missing", "org._id must be an id of 24 hexadecimal digits"),
    ]


class OfOrganization(Body):
    """The organisation that a picture is of; without one it is the site's."""

    org: Annotated[Organization | None, Texts(wrong="org must be an organization or null")] = None

    @property
    def organization(self) -> str | None:
        """Id of the organisation; ``None`` for the site."""
        return self.org.id if self.org else None


class FooterPlace(OfOrganization):
    """One of the footer's pictures."""

    idx: Annotated[
        int,
        Field(ge=0, le=MAX_FOOTER_INDEX),
        Texts(
            "{field} parameter missing", f"idx must be a whole number from 0 to {MAX_FOOTER_INDEX}"
        ),
    ]


_JSON_TEXT = (
    BeforeValidator(decode_json),
    WithJsonSchema({"type": "string", "title": "Body"}),
    Texts(wrong="{field} must be a JSON object"),
)


class ThumbnailForm(BaseModel):
    """A mentor and its thumbnail."""

    body: Annotated[OfMentor, *_JSON_TEXT] = _OF_MENTOR
    thumbnail: bytes = file_part(_PICTURE)


class BackgroundForm(BaseModel):
    """A mentor and its virtual background."""

    body: Annotated[OfMentor, *_JSON_TEXT] = _OF_MENTOR
    background_image: bytes = file_part(_PICTURE)


class HeaderForm(BaseModel):
    """Whose header picture, and the picture."""

    body: Annotated[OfOrganization, *_JSON_TEXT] = Field(
        examples=["{}"], description=_OF_ORGANIZATION
    )
    image: bytes = file_part(_PICTURE)


class FooterForm(BaseModel):
    """Which footer picture of whom, and the picture."""

    body: Annotated[FooterPlace, *_JSON_TEXT] = Field(
        examples=['{"idx":0}'],
        description=f"{_OF_ORGANIZATION} `idx` is its place; one beyond the last appends.",
    )
    image: bytes = file_part(_PICTURE)


class Thumbnail(BaseModel):
    """The stored thumbnail."""

    thumbnail: str = _URL


class Background(BaseModel):
    """The stored virtual background."""

    model_config = ConfigDict(populate_by_name=True)

    background: str = Field(alias="virtualBackground", examples=["https://static.example.org/…"])


class OrganizationImage(BaseModel):
    """The stored picture."""

    image: str = _URL
