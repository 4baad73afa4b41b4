"""Uploads that an operator looks for: by state, mentor, id, error and time."""

from __future__ import annotations

import itertools
import math
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from mentor_common.errors import UnreadableItemError
from mentor_common.jobs import DayIndex, is_over, state
from mentor_common.jobs.item import UUID_PATTERN
from mentor_common.jobs.model import upload_id_of_pk, upload_pk
from mentor_common.jobs.reader import BATCH
from mentor_common.operating.error_pattern import contains, error_pattern
from mentor_common.operating.errors import RefusedError
from mentor_common.operating.history import last_error
from mentor_common.threads import side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mentor_common.aws.table import Item
    from mentor_common.clock import Clock
    from mentor_common.jobs import Reader, Table, Upload

_MOST: Final = 5000
_MOST_NAMED: Final = 10
_DIGITS: Final = 6
_PRECISION: Final = 10**-_DIGITS
"""Seconds to which a place is known: what a cursor holds of it."""
_WHOLE: Final = re.compile(UUID_PATTERN)
SHORT_ID: Final = r"^[0-9a-f][0-9a-f-]{3,35}$"
"""The first four characters of an upload's id, or more; lists show eight."""
_SHORT: Final = re.compile(SHORT_ID)
_OUTCOMES: Final = {
    "READY": "ready",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
    "SUPERSEDED": "superseded",
}


class Place(NamedTuple):
    """Place of an upload in a list of the latest first: when it came, epoch seconds, and its id."""

    at: float
    upload_id: str


@dataclass(frozen=True)
class UploadSearch:
    """Filters of a search for uploads; ``None`` means any.

    Parameters
    ----------
    state
        A state, ``ACTIVE`` for all that are not over, or ``ALL``.
    upload
        An upload's id, or how it begins.
    error
        Part of the text of the last error, or of its pattern, in any case of letters.
    since, until
        When the upload came, epoch seconds.
    """

    state: str = "ALL"
    mentor: str | None = None
    upload: str | None = None
    error: str | None = None
    since: float | None = None
    until: float | None = None

    def fits(self, upload: Upload) -> bool:
        """Return whether an upload is meant."""
        job = upload.job
        if job is None or self.mentor not in {None, job.mentor}:
            return False
        if not upload.upload_id.startswith(self.upload or "") or not self.in_time(job.prepared_at):
            return False
        if self.error is not None and not contains(self.error, last_error(upload) or ""):
            return False
        if self.state == "ACTIVE":
            return not is_over(upload)
        return self.state in {"ALL", state(upload)}

    def in_time(self, at: float) -> bool:
        """Return whether what came then is meant."""
        return (self.since is None or self.since <= at) and (self.until is None or at <= self.until)

    @property
    def takes_unreadable(self) -> bool:
        """Whether an upload is meant of which nothing can be read but that it is there."""
        return self.state in {"ALL", "ACTIVE"} and self.error is None

    @property
    def asks_items(self) -> bool:
        """Whether the indexes alone do not answer it."""
        by_both = self.upload is not None and self.mentor is not None
        return self.state != "ALL" or self.error is not None or by_both

    def may_be(self, outcomes: set[str]) -> bool:
        """Return whether an upload with these outcomes, as far as they were published, may fit.

        One of which something failed may have been tried again and stand anywhere.
        """
        if self.state == "ALL" or not outcomes or "failed" in outcomes:
            return True
        return _OUTCOMES.get(self.state) in outcomes


class Match(NamedTuple):
    """An upload that was found; ``item`` is ``None`` where it was not read yet."""

    place: Place
    item: Upload | UnreadableItemError | None = None


class Found(NamedTuple):
    """The uploads that were found, the latest first.

    ``end`` is the place up to which uploads were looked at, where there may be more beyond it;
    ``unread`` is how many there are at most.
    """

    matches: list[Match]
    end: Place | None = None
    unread: int = 0

    @property
    def is_lower_bound(self) -> bool:
        """Whether there may be more."""
        return self.end is not None

    @property
    def ids(self) -> list[str]:
        """The uploads' ids."""
        return [match.place.upload_id for match in self.matches]

    def first(self, number: int) -> Found:
        """Return the first of them; its ``end`` is then the last of those."""
        if len(self.matches) <= number:
            return self
        shown = self.matches[:number]
        return Found(shown, shown[-1].place, len(self.matches) - number + self.unread)


class ErrorGroup(NamedTuple):
    """Uploads whose last errors have the same pattern; ``latest`` is one of them."""

    pattern: str
    uploads: int
    latest: Place
    example: str


@dataclass(frozen=True)
class UploadFinder:
    """Finds uploads.

    It reads indexes of the jobs table, and of the uploads that may fit twenty at a time; at most
    ``most`` of them, the latest. ``batches_at_once`` of twenty are read side by side.
    """

    table: Table
    reader: Reader
    clock: Clock
    most: int = _MOST
    batches_at_once: int = 1

    def find(self, sought: UploadSearch) -> Found:
        """Return all uploads that are looked for."""
        return self._found(self._places(sought), sought, None)

    def page(self, sought: UploadSearch, number: int, after: Place | None = None) -> Found:
        """Return the first ``number`` of them, after a place if one is given; no more are read."""
        if after is None:
            return self._found(self._places(sought), sought, number)
        ends = [after.at + _PRECISION, *([] if sought.until is None else [sought.until])]
        places = self._places(replace(sought, until=min(ends)))
        return self._found([place for place in places if place < after], sought, number)

    def fitting(
        self, matches: Iterable[Match], sought: UploadSearch, batches_at_once: int | None = None
    ) -> Iterator[Match]:
        """Yield those of some uploads that are looked for, with their items."""
        read = self.read(matches, batches_at_once)
        return (match for match in read if _fits(sought, match))

    def read(self, matches: Iterable[Match], batches_at_once: int | None = None) -> Iterator[Match]:
        """Yield matches with their items, read as they are taken; what has gone is left out."""
        taken = list(matches)
        unread = [each.place.upload_id for each in taken if each.item is None]
        items = self.reader.each(unread, batches_at_once or self.batches_at_once)
        for match in taken:
            found = match if match.item is not None else match._replace(item=next(items))
            if _is_there(found):
                yield found

    def _places(self, sought: UploadSearch) -> list[Place]:
        """Return the places of the uploads that may fit."""
        return sorted(self._candidates(sought), reverse=True)

    def _found(self, places: list[Place], sought: UploadSearch, number: int | None) -> Found:
        """Return those at the places that fit, or the first ``number`` of them."""
        if not sought.asks_items:
            found = Found(list(map(Match, places)))
            return found if number is None else found.first(number)
        looked_at = places[: self.most]
        end = looked_at[-1] if len(looked_at) < len(places) else None
        # One more says whether there is another page.
        wanted = len(looked_at) if number is None else number + 1
        at_once = max(1, min(self.batches_at_once, math.ceil(wanted / BATCH)))
        fitting = self.fitting(map(Match, looked_at), sought, at_once)
        found = Found(list(itertools.islice(fitting, wanted)), end)
        if number is not None:
            found = found.first(number)
        if found.end is None:
            return found
        return found._replace(unread=sum(place < found.end for place in places))

    def resolve(self, text: str) -> str:
        """Return the id of the one upload whose id is, or begins with, a text.

        Raises
        ------
        RefusedError
            When there is none, or are several; it names them.
        """
        given = text.strip().lower()
        if _WHOLE.fullmatch(given):
            return given
        if not _SHORT.fullmatch(given):
            raise RefusedError(
                f"{text!r} is no upload's id, nor the beginning of one: give 4 characters or more"
            )
        found = sorted(self._places_by_id(given), reverse=True)
        if not found:
            raise RefusedError(f"there is no upload on this stage whose id begins with {given}")
        if len(found) > 1:
            named = ", ".join(place.upload_id for place in found[:_MOST_NAMED])
            more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
            raise RefusedError(
                f"{len(found)} uploads have an id that begins with {given}; give more of it:"
                f" {named}{more}"
            )
        return found[0].upload_id

    def _candidates(self, sought: UploadSearch) -> Iterator[Place]:
        """Yield the places of uploads that may fit, in no order."""
        if sought.upload is not None:
            found: Iterable[Place] = self._places_by_id(sought.upload)
        elif sought.mentor is not None:
            found = self._places_of_mentor(sought.mentor)
        else:
            found = self._places_by_outcome(sought)
        yield from (place for place in found if sought.in_time(place.at))

    def _places_by_id(self, beginning: str) -> Iterator[Place]:
        if _WHOLE.fullmatch(beginning):
            job = self.table.get(upload_pk(beginning), "JOB")
            if job is not None:
                yield _place(job)
            return
        yield from map(_place, self.table.scan_jobs(upload_pk(beginning)))

    def _places_of_mentor(self, mentor: str) -> Iterator[Place]:
        start = None
        while True:
            keys, start = self.table.of_mentor(mentor, self.most, start)
            yield from (_place(key) for key in keys if key["sk"] == "JOB")
            if start is None:
                return

    def _places_by_outcome(self, sought: UploadSearch) -> Iterator[Place]:
        """Yield the places of the uploads that may fit by what outcomes were published of them."""
        # The indexes side by side.
        jobs, ended = (
            found()
            for found in side_by_side(lambda: self._jobs(sought), lambda: self._ended(sought))
        )
        outcomes: defaultdict[str, set[str]] = defaultdict(set)
        for item in ended:
            outcomes[upload_id_of_pk(item["pk"])].add(str(item.get("kind")))
        for place in map(_place, jobs):
            if sought.may_be(outcomes[place.upload_id]):
                yield place

    def _jobs(self, sought: UploadSearch) -> list[Item]:
        """Return what an index has of the uploads that came."""
        if sought.since is None:
            return list(self.table.scan_jobs())
        until = self.clock.now() if sought.until is None else sought.until
        return list(DayIndex(self.table).between("JOB", sought.since, until))

    def _ended(self, sought: UploadSearch) -> list[Item]:
        """Return what an index has of outcomes, where these say something of the search."""
        days = DayIndex(self.table)
        if sought.state == "ALL":
            return []
        if sought.since is None:
            return list(days.every("OUTCOME"))
        return list(days.between("OUTCOME", sought.since, self.clock.now()))


def group_by_error(matches: Iterable[Match]) -> list[ErrorGroup]:
    """Return the groups of uploads that have an error, the largest first.

    ``matches`` are read, and the latest first.
    """
    groups: dict[str, ErrorGroup] = {}
    for place, item in matches:
        error = None if item is None or isinstance(item, UnreadableItemError) else last_error(item)
        if error is None:
            continue
        pattern = error_pattern(error)
        group = groups.get(pattern, ErrorGroup(pattern, 0, place, error))
        groups[pattern] = group._replace(uploads=group.uploads + 1)
    return sorted(groups.values(), key=lambda group: -group.uploads)


def _place(item: dict[str, object]) -> Place:
    at = item.get("prepared_at", item.get("day_at", 0))
    return Place(round(float(str(at)), _DIGITS), upload_id_of_pk(str(item["pk"])))


def _is_there(match: Match) -> bool:
    item = match.item
    return isinstance(item, UnreadableItemError) or (item is not None and item.job is not None)


def _fits(sought: UploadSearch, match: Match) -> bool:
    if isinstance(match.item, UnreadableItemError):
        return sought.takes_unreadable
    return match.item is not None and sought.fits(match.item)
