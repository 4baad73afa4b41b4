"""Releases act on each other's events and table items as they act on their own.

Services are deployed one at a time, and a schema says nothing of what a field means. So the code of
each release is run, out of the project's history, on what the code of today writes, and today's on
what each release has written. Real code beats recorded expectations: there is no need to think of
what an old reader does with a new field. The commit in ``released/commits.json`` says which code
that is; it is in every full clone (`git fetch --unshallow` where one is not full), whatever its
tags.

What a release has written, and how it acted on that itself, is recorded once, by ``make
record-release``, in ``released/VERSION``: that stays, whatever becomes of today's stories.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from released import releases
from released.__main__ import film as make_film

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS = tuple(releases.COMMITS)
_REQUEST = "alignment.requested.v1"
OLDER = tuple(
    version
    for version in VERSIONS
    if not (releases.RECORDS / version / "schemas" / f"{_REQUEST}.json").exists()
)
"""Those whose transcriber does not know the request to align an edited transcript."""
EDITED = ("edited", "edited_trimmed", "edited_without_captions")
Stories = dict[str, Any]


def recorded(version: str) -> Stories:
    """Return the stories that a release has told."""
    files = sorted((releases.RECORDS / version).glob("*.json"))
    return {path.stem: json.loads(path.read_text()) for path in files}


def unfiltered(stories: Stories) -> Stories:
    """Return stories whose announcements come to the transcriber whatever they ask for."""
    return {
        name: {**story, "delivered": [e for e in story["events"] if e["topic"] == "api"]}
        for name, story in stories.items()
    }


def edited(stories: Stories) -> Stories:
    return {name: story for name, story in stories.items() if name in EDITED}


class Runs:
    """Each release's code on today's stories, and today's on each release's."""

    def __init__(self, folder: Path) -> None:
        self.film = make_film(folder)
        self.codes = {version: releases.code_of(version, folder) for version in VERSIONS}
        subscriptions = (releases.ROOT / releases.TEMPLATE).read_text()
        told = releases.write(releases.ROOT, self.film)
        self.today = releases.delivered(subscriptions, told)
        given = {f"{v}/{name}": story for v in VERSIONS for name, story in recorded(v).items()}
        first = edited(recorded("v0.1.0"))
        given |= {f"today/{name}": story for name, story in self.today.items()}
        given |= {f"unfiltered/{name}": story for name, story in unfiltered(first).items()}
        with ThreadPoolExecutor(2) as pool:
            of_today = pool.submit(releases.read, releases.ROOT, self.film, given)
            of_old = {version: pool.submit(self._old, version) for version in VERSIONS}
            self.of_today: Stories = of_today.result()
            self.of_old: dict[str, Stories] = {v: run.result() for v, run in of_old.items()}

    def _old(self, version: str) -> Stories:
        """Return how a release acts: under today's subscriptions, its own, and without any."""
        known = {name: story for name, story in self.today.items() if name in recorded(version)}
        own = releases.delivered(releases.template_of(version), edited(self.today))
        given = known | {f"own/{name}": story for name, story in own.items()}
        given |= {f"unfiltered/{n}": story for n, story in unfiltered(edited(self.today)).items()}
        given |= {f"v0.3.0/{name}": story for name, story in edited(recorded("v0.3.0")).items()}
        return releases.read(self.codes[version], self.film, given)


@pytest.fixture(scope="module")
def runs(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    assert ffmpeg, "a film is made, and recognised"
    return Runs(tmp_path_factory.mktemp("releases"))


@pytest.mark.parametrize("version", VERSIONS)
def test_today_acts_on_what_a_release_said_and_wrote_as_that_release_did(
    runs: Runs, version: str
) -> None:
    """Verdicts, claims, redrives, the answer's lock, alignment and recognition: all of them."""
    told = recorded(version)
    assert {name: runs.of_today[f"{version}/{name}"] for name in told} == {
        name: story["acts"] for name, story in told.items()
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_a_release_acts_on_what_is_said_and_written_today_as_today_does(
    runs: Runs, version: str
) -> None:
    """Also no item of today's is unreadable to it."""
    shared = set(recorded(version)) & set(runs.today)
    assert shared == set(recorded(version)), "each of its stories is still told"
    for name in shared:
        if (version, name) == ("v0.1.0", "edited_and_made"):
            continue  # That release waits for no alignment: to it the upload is ready.
        acts = _but_alignment(runs.of_old[version][name], name)
        assert acts == _but_alignment(runs.of_today[f"today/{name}"], name), name


def _but_alignment(acts: dict[str, Any], story: str) -> dict[str, Any]:
    """Leave out what is asked of the transcriber about an edited text."""
    known = [e for e in acts["events"] if e not in {_REQUEST, "unknown_type"}]
    asked = [] if story in EDITED else acts["transcriber"]
    return {**acts, "events": known, "transcriber": asked}


@pytest.mark.parametrize("subscriptions", ["", "own/", "unfiltered/"])
@pytest.mark.parametrize("version", OLDER)
@pytest.mark.parametrize("story", EDITED)
def test_an_older_transcriber_makes_nothing_of_a_transcript_that_a_person_has_edited(
    runs: Runs, version: str, story: str, subscriptions: str
) -> None:
    """Its captions would replace the person's: today's request must be no request to it.

    Under today's subscriptions or its own; ``unfiltered`` shows the request itself even where no
    subscription holds back the acceptance that it is said beside.
    """
    acts = runs.of_old[version][f"{subscriptions}{story}"]["transcriber"]
    requests = [one for one in acts if one["event"] == _REQUEST]
    assert bool(requests) == (subscriptions != "own/")
    assert [one["dead"] for one in requests] == [["unknown_type"]] * len(requests)
    assert {(one["does"], *one["writes"]) for one in requests} <= {("nothing",)}
    assert (acts != requests) == (subscriptions == "unfiltered/"), "no acceptance is delivered"


@pytest.mark.parametrize("story", EDITED)
def test_the_first_releases_transcriber_replaced_a_persons_captions_when_asked_as_v0_3_did(
    runs: Runs, story: str
) -> None:
    """Shows that these runs would find it: this is what the request of its own has mended."""
    (act,) = runs.of_old["v0.1.0"][f"v0.3.0/{story}"]["transcriber"]
    assert (act["does"], act["writes"]) == ("recognises", ["en.vtt", "transcript.json"])


@pytest.mark.parametrize("story", EDITED)
def test_todays_transcriber_does_as_the_acceptance_says_whatever_brought_it(
    runs: Runs, story: str
) -> None:
    """The first release's edited upload asks for no transcript, also when it is sent by hand."""
    (act,) = runs.of_today[f"unfiltered/{story}"]["transcriber"]
    assert act == {"event": "upload.accepted.v1", "does": "nothing", "writes": [], "dead": []}


@pytest.mark.parametrize("story", EDITED)
def test_todays_transcriber_aligns_when_asked_as_today_and_as_the_last_releases_did(
    runs: Runs, story: str
) -> None:
    for version in ("today", *VERSIONS[1:]):
        (act,) = runs.of_today[f"{version}/{story}"]["transcriber"]
        assert act["does"] == "aligns", version
        assert act["writes"] == (["en.vtt"] if story == "edited_without_captions" else [])
        assert act["dead"] == []


def test_each_release_is_recorded_and_its_commit_is_in_this_clone() -> None:
    recorded_ones = {path.name for path in releases.RECORDS.iterdir() if path.is_dir()}
    assert recorded_ones == set(VERSIONS)
    for version, commit in releases.COMMITS.items():
        schemas = {
            p.stem: p.read_text() for p in (releases.RECORDS / version / "schemas").iterdir()
        }
        assert releases.schemas_of(commit) == schemas


def test_a_clone_without_the_history_is_told_what_to_do() -> None:
    with pytest.raises(releases.HistoryMissingError, match="git fetch --unshallow"):
        releases.archive("0" * 40, "libs")
