"""Runs of one word, or of one phrase, that recognisers write over music: they are no transcript."""

from __future__ import annotations

import json

import pytest

from mentor_common.captions import TimedTranscript, Word, cues_from_words, parse_vtt
from mentor_transcriber.engines.aws import recognition_of
from mentor_transcriber.engines.base import Recognition
from mentor_transcriber.loops import without_loops
from mentor_transcriber.speech import transcript_of

SPEECH = (
    "When I was a student I did not know what I wanted to do, so I asked a lot of questions."
    " You have to be honest, but you have to be kind."
)


def heard(text: str, *, pause: float = 0.0) -> Recognition:
    """Words of 0.3 s with a pause behind each."""
    words = (
        Word(word, i * (0.3 + pause), i * (0.3 + pause) + 0.3, 0.9)
        for i, word in enumerate(text.split())
    )
    return Recognition(tuple(words), text)


@pytest.mark.parametrize(
    "text",
    [
        "the the the",  # all that was heard
        "the " * 5,
        "the " * 200,
        "you You you, YOU. you!",
        "Thank you. " * 4,
        "thanks for watching and see you next time " * 4,
        "the the the of the the the the in the the the of the the",
        "the the the the the of the the the the the a the the the the the the",
        "oh yeah oh yeah oh yeah oh yeah oh",
        "\u3042\u3042 " * 30,
    ],
)
def test_a_result_of_loops_is_no_speech(text: str) -> None:
    assert without_loops(heard(text.strip())) == Recognition((), "")


@pytest.mark.parametrize("text", ["you you you", "Thank you. Thank you. Thank you."])
def test_the_same_after_every_pause_is_no_speech(text: str) -> None:
    """One token in each utterance, as over noise: three are enough."""
    words = [word for phrase in range(3) for word in heard(text).words[: len(text.split()) // 3]]
    size = len(words) // 3
    apart = tuple(
        Word(word.text, 9.0 * (i // size) + i % size, 9.0 * (i // size) + i % size + 0.5, 0.9)
        for i, word in enumerate(words)
    )

    assert without_loops(Recognition(apart, text)) == Recognition((), "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "No, no.",
        "No, no, no. I did not say that.",
        "no no no no it was him",
        "It was very, very, very, very good.",
        "Thank you. Thank you. Thank you.",
        "he said that that that was what they had had had to do",
        "I do what I do when I do what I do, and you do what you do.",
        "one two three one two three one two three",
        SPEECH,
    ],
)
def test_people_may_repeat_themselves(text: str) -> None:
    said = heard(text)

    assert without_loops(said) is said


@pytest.mark.parametrize(
    "text",
    [
        f"{SPEECH} {'the ' * 60}",
        f"{'the ' * 60} {SPEECH}",
        f"{'la ' * 9} {SPEECH} {'thank you. ' * 20}",
    ],
)
def test_speech_beside_a_loop_is_kept(text: str) -> None:
    kept = without_loops(heard(text))

    assert kept.text == SPEECH
    assert " ".join(word.text for word in kept.words) == SPEECH
    assert {word.start for word in kept.words} <= {word.start for word in heard(text).words}


def test_speech_between_two_loops_is_kept_but_not_what_is_part_of_the_noise() -> None:
    loop = "the " * 8

    assert without_loops(heard(f"{loop} of a {loop} {SPEECH} {loop} in {loop}")).text == SPEECH


def test_no_engine_publishes_a_loop() -> None:
    """Transcript, words and captions of whatever engine are made by `transcript_of`."""
    song = heard("the " * 40)

    for engine in ("pocketsphinx", "whisper", "aws"):
        transcript = transcript_of(song, engine, "en-US", 12.0)
        assert (transcript.text, transcript.words) == ("", ())
        assert parse_vtt(transcript.vtt) == []


def test_japanese_of_aws_is_joined_as_in_its_transcript() -> None:
    """A character or a word for each item, and no spaces between them."""
    pieces = ["\u79c1", "\u306f", "\u5b66\u751f", "\u3067", "\u3057", "\u305f"]
    items = [
        {
            "type": "pronunciation",
            "start_time": str(0.3 * i),
            "end_time": str(0.3 * i + 0.3),
            "alternatives": [{"content": piece, "confidence": "0.9"}],
        }
        for i, piece in enumerate(pieces)
    ]
    stop = {"type": "punctuation", "alternatives": [{"content": "\u3002", "confidence": "0.0"}]}
    said = "".join(pieces) + "\u3002"
    document = {"results": {"transcripts": [{"transcript": said}], "items": [*items, stop]}}

    transcript = transcript_of(recognition_of(json.dumps(document)), "aws", "ja-JP", 5.0)

    assert transcript.text == said
    assert [cue.text for cue in parse_vtt(transcript.vtt)] == [said]
    kept = TimedTranscript.from_json(transcript.to_json())
    assert [cue.text for cue in cues_from_words(kept.words)] == [said]
