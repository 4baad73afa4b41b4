"""Requests and answers of the routes of mentors and their questions."""

from __future__ import annotations

from pydantic import BaseModel, Field

from mentor_api.http.examples import MentorId, QuestionId

_FILES = "https://static.example.org/videos/…/"


class Mentor(BaseModel):
    """A mentor."""

    mentor: MentorId
    name: str = Field(examples=["Olive Owner"])
    thumbnail: str | None = Field(description="absolute URL")


class Mentors(BaseModel):
    """Who calls, and the mentors they may record answers for."""

    user: str = Field(examples=["5ee0000000000000000000a1"])
    mentors: list[Mentor]
    max_bytes: int = Field(examples=[4_294_967_296], description="largest video, sent in parts")


class AnswerNow(BaseModel):
    """An answer as the world sees it."""

    transcript: str = Field(examples=["I grew up in a small town."])
    edited: bool = Field(description="whether a person has edited the transcript")
    web: str | None = Field(examples=[f"{_FILES}web.mp4"])
    mobile: str | None = Field(examples=[f"{_FILES}mobile.mp4"])
    captions: str | None = Field(examples=[f"{_FILES}en.vtt"])


class QuestionNow(BaseModel):
    """A question and how it is answered."""

    question: QuestionId
    text: str = Field(examples=["Where did you grow up?"])
    subject: str = Field(examples=["Background"])
    idle: bool = Field(description="whether it asks for an idle clip, that nobody transcribes")
    answer: AnswerNow | None


class Questions(BaseModel):
    """A mentor's questions."""

    mentor: Mentor
    questions: list[QuestionNow]


class QuestionsQuery(BaseModel):
    """Whose."""

    mentor: MentorId
