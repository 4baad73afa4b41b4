"""Captions of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from flask import Blueprint, Response, request
from pydantic import BaseModel, Field

from mentor_api.http import examples
from mentor_api.http.body import answer_key, json_object
from mentor_api.http.examples import MentorId
from mentor_api.http.forms import CAPTIONS_BODY_BYTES, file_part, form
from mentor_api.http.operations import Operation, answer, caller

if TYPE_CHECKING:
    from mentor_api.bootstrap import Web

_TAG = "Captions"
_TEXT = "WEBVTT\n\n00:00:00.000 --> 00:00:02.500\nI grew up in a small town\n"
_ANSWERED = Field(pattern=r"^[0-9a-f]{24}$", examples=[examples.ANSWERED_QUESTION])
_URL = "https://static.example.org/…/en.vtt"


class CaptionsForm(BaseModel):
    """An answer and its captions."""

    mentor: MentorId
    question: str = _ANSWERED
    vtt_file: bytes = file_part("WebVTT in UTF-8")


class StoredCaptions(BaseModel):
    """The captions as they are stored."""

    vtt_path: str = Field(examples=[_URL], description="absolute URL")
    vtt_text: str = Field(examples=[_TEXT])


class RegenRequest(BaseModel):
    """An answer whose transcript was edited."""

    mentor: MentorId
    question: str = _ANSWERED


class NewCaptions(BaseModel):
    """The captions made anew."""

    regen_vtt: Literal[True]
    new_vtt_text: str = Field(examples=[_TEXT])
    new_vtt_url: str = Field(examples=[_URL], description="absolute URL")


def blueprint(web: Web) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("captions", __name__)

    @routes.post("/vtt")
    @Operation(
        "Store captions of an answer",
        _TAG,
        StoredCaptions,
        description="WebVTT that browsers show whole, or without any cue. What they would drop is "
        "refused by its line: times of another form than `00:00:01.500`, a cue that does not end "
        "after its start, an arrow in the text. The part's content type does not matter.",
        form=CaptionsForm,
        refuses=(400, 403, 404, 413),
        envelope="double",
        max_body=CAPTIONS_BODY_BYTES,
    )
    def vtt() -> Response:
        (mentor, question), raw = form("mentor", "question", file="vtt_file")
        key = answer_key({"mentor": mentor, "question": question})
        stored = web.captioner.store(caller(), key, raw)
        return answer({"vtt_path": stored.url, "vtt_text": stored.text})

    @routes.post("/regen_vtt")
    @Operation(
        "Make an answer's captions anew from its transcript",
        _TAG,
        NewCaptions,
        description="Words that were not changed keep their times. JSON, whatever the content "
        "type says.",
        body=RegenRequest,
        refuses=(400, 403, 404, 413),
    )
    def regen_vtt() -> Response:
        key = answer_key(json_object(request.get_data(cache=False)))
        made = web.captioner.renew(caller(), key)
        return answer({"regen_vtt": True, "new_vtt_text": made.text, "new_vtt_url": made.url})

    return routes
