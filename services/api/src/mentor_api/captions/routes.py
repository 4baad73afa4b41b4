"""Captions of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from mentor_api.captions.models import (
    CaptionsForm,
    EditedTranscript,
    NewCaptions,
    RegenRequest,
    StoredCaptions,
    TranscriptNow,
    TranscriptQuery,
)
from mentor_api.http.forms import CAPTIONS_BODY_BYTES
from mentor_api.http.operations import Operation, caller
from mentor_common.jobs import AnswerKey

if TYPE_CHECKING:
    from mentor_api.captions.answer_texts import AnswerText
    from mentor_api.captions.captioner import Captioner
    from mentor_api.captions.transcripts import Transcripts

_TAG = "Captions"


def blueprint(captioner: Captioner, transcripts: Transcripts) -> Blueprint:
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
    def vtt(form: CaptionsForm) -> StoredCaptions:
        key = AnswerKey(form.mentor, form.question)
        stored = captioner.store(caller(), key, form.vtt_file)
        return StoredCaptions(vtt_path=stored.url, vtt_text=stored.text)

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
    def regen_vtt(body: RegenRequest) -> NewCaptions:
        made = captioner.regenerate(caller(), AnswerKey(body.mentor, body.question))
        return NewCaptions(regen_vtt=True, new_vtt_text=made.text, new_vtt_url=made.url)

    @routes.get("/transcript")
    @Operation(
        "Read an answer's transcript and captions",
        _TAG,
        TranscriptNow,
        "read",
        query=TranscriptQuery,
        refuses=(400, 403, 404),
    )
    def transcript(query: TranscriptQuery) -> TranscriptNow:
        return _now(transcripts.read(caller(), AnswerKey(query.mentor, query.question)))

    @routes.post("/transcript")
    @Operation(
        "Store captions, and what they say as the transcript",
        _TAG,
        TranscriptNow,
        description="As one change: both or neither. Captions as for `/vtt`. Words that stay keep "
        "their markdown and paragraphs. 409 where transcript or captions have changed since "
        "`version` was read; the same request again is answered as the first was.",
        body=EditedTranscript,
        refuses=(400, 403, 404, 409, 413),
        max_body=CAPTIONS_BODY_BYTES,
    )
    def store_transcript(body: EditedTranscript) -> TranscriptNow:
        key = AnswerKey(body.mentor, body.question)
        return _now(transcripts.store(caller(), key, body.vtt_text, body.version))

    return routes


def _now(text: AnswerText) -> TranscriptNow:
    return TranscriptNow(
        transcript=text.transcript,
        edited=text.edited,
        agrees=text.agrees,
        vtt_path=text.captions.url or None,
        vtt_text=text.captions.text,
        version=text.version,
    )
