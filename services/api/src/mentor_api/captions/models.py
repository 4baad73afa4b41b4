"""Requests and answers of the routes of captions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mentor_api.http import examples
from mentor_api.http.body import Body
from mentor_api.http.examples import ID_TEXTS, OBJECT_ID, MentorId
from mentor_api.http.forms import file_part

_TEXT = "WEBVTT\n\n00:00:00.000 --> 00:00:02.500\nI grew up in a small town\n"
_VERSION = "0d5c7be1a5c14a6b8f1f6f6a4f1b2c3d"
_URL = "https://static.example.org/…/en.vtt"
_AnsweredQuestion = Annotated[
    str, Field(pattern=OBJECT_ID, examples=[examples.ANSWERED_QUESTION]), ID_TEXTS
]


class CaptionsForm(BaseModel):
    """An answer and its captions."""

    mentor: MentorId
    question: _AnsweredQuestion
    vtt_file: bytes = file_part("WebVTT in UTF-8")


class StoredCaptions(BaseModel):
    """The captions as they are stored."""

    vtt_path: str = Field(examples=[_URL], description="absolute URL")
    vtt_text: str = Field(examples=[_TEXT])


class RegenRequest(Body):
    """An answer whose transcript was edited."""

    mentor: MentorId
    question: _AnsweredQuestion


class NewCaptions(BaseModel):
    """The captions made anew."""

    regen_vtt: Literal[True]
    new_vtt_text: str = Field(examples=[_TEXT])
    new_vtt_url: str = Field(examples=[_URL], description="absolute URL")


class TranscriptQuery(BaseModel):
    """Of which answer."""

    mentor: MentorId
    question: _AnsweredQuestion


class EditedTranscript(Body):
    """Captions whose text becomes the transcript."""

    mentor: MentorId
    question: _AnsweredQuestion
    version: str = Field(examples=[_VERSION], description="of what was edited, as it was read")
    vtt_text: str = Field(examples=[_TEXT], description="WebVTT")


class TranscriptNow(BaseModel):
    """What an answer says."""

    transcript: str = Field(examples=["I grew up in a small town"], description="without markdown")
    edited: bool = Field(description="whether a person has edited it")
    agrees: bool = Field(description="whether it is what the captions say")
    vtt_path: str | None = Field(examples=[_URL], description="absolute URL")
    vtt_text: str = Field(
        examples=[_TEXT], description="empty where only their file has it, or there are none"
    )
    version: str = Field(
        examples=[_VERSION], description="changes with the transcript and the captions"
    )
