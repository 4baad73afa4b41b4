"""``mentor-ops jobs list`` and ``jobs errors``: uploads by state, mentor, id and error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from mentor_common.errors import UnreadableItemError
from mentor_common.jobs import UNREADABLE, Answers, Intake, Upload, state
from mentor_common.jobs.model import upload_id_of_pk
from mentor_common.operating.history import described, iso
from mentor_common.operating.search import Found, Match, Place, UploadSearch, group_by_error
from mentor_common.operating.unreadable import unreadable_items
from mentor_common.threads import side_by_side
from mentor_ops import show
from mentor_ops.options import Error, Json, Mentor
from mentor_ops.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_common.jobs import Reader, Task

_FAR = 10 * 365 * 86400
_UNREADABLE_SHOWN = {"active", "all", UNREADABLE}
ListedState = Literal[
    "active", "all", "PREPARING", "QUEUED", "IN_PROGRESS", "CANCELLING",
    "READY", "FAILED", "CANCELLED", "SUPERSEDED", "ABORTED", "UNREADABLE",
]  # fmt: skip
UploadPart = Annotated[
    str | None, typer.Option("--upload", parser=str.lower, help="Only whose id begins so.")
]


class _Listed(NamedTuple):
    """Uploads, the latest first; how many more there are, in words; and what is unreadable."""

    uploads: list[Upload]
    more: str | None
    broken: list[UnreadableItemError]


def list_(
    context: typer.Context,
    listed: Annotated[
        ListedState, typer.Option("--state", help="active: not ended yet, read from an index.")
    ] = "active",
    mentor: Mentor = None,
    upload: UploadPart = None,
    error: Error = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """List uploads. Any state but `active` reads indexes of all uploads that are kept."""
    target: Target = context.obj
    found = _listed(target, listed, UploadSearch(listed.upper(), mentor, upload, error), limit)
    if as_json:
        shown = list(_described(found.uploads, target.reader))
        show.as_json(shown + [unreadable_values(error) for error in found.broken])
        return
    names = ("upload", "state", "mentor", "question", "age", "transcode", "transcribe")
    show.table(*names, rows=[_row(one) for one in found.uploads])
    if found.more:
        show.note(f"{found.more}; --limit shows them")
    if found.broken:
        rows = [(each.pk, each.sk, each.problem) for each in found.broken]
        show.table("partition", "item", "cannot be read", rows=rows)
        show.note("`mentor-ops jobs discard PARTITION` takes what cannot be read away")


def errors(
    context: typer.Context,
    mentor: Mentor = None,
    upload: UploadPart = None,
    error: Error = None,
    as_json: Json = False,
) -> None:
    """Count the uploads that FAILED by the text of their last error, the most frequent first.

    Ids and numbers in the texts are left out; `jobs list --error` takes such a pattern.
    """
    target: Target = context.obj
    found = target.finder.find(UploadSearch("FAILED", mentor, upload, error))
    groups = group_by_error(found.matches)
    if as_json:
        show.as_json(
            [
                {"uploads": one.uploads, "pattern": one.pattern, "latest": one.latest.upload_id,
                 "latest_at": iso(one.latest.at), "example": one.example}
                for one in groups
            ]
        )  # fmt: skip
        return
    rows = [(one.uploads, one.pattern, one.latest.upload_id, iso(one.latest.at)) for one in groups]
    show.table("uploads", "error", "latest", "came", rows=rows)
    if found.is_lower_bound:
        show.note("only the latest uploads were read; there are more")


def unreadable_values(error: UnreadableItemError) -> dict[str, Any]:
    """Return as JSON values what cannot be read, and why."""
    item = {"pk": error.pk, "sk": error.sk, "problem": error.problem}
    upload_id = upload_id_of_pk(error.pk) if error.pk.startswith("UPLOAD#") else None
    return {"upload": upload_id, "state": UNREADABLE, "unreadable": item}


def _listed(target: Target, listed: ListedState, sought: UploadSearch, limit: int) -> _Listed:
    if listed == UNREADABLE:
        return _Listed([], None, list(unreadable_items(target.table.scan())))
    broken: list[UnreadableItemError] = []
    if listed == "active":
        found = _active(target, sought, broken).first(limit)
        is_exact = True
    else:
        found = target.finder.page(sought, limit)
        # Of those that were not read some may have changed since an index saw them.
        is_exact = not sought.asks_items
    read = list(target.finder.read(found.matches))
    uploads = [match.item for match in read if isinstance(match.item, Upload)]
    if listed in _UNREADABLE_SHOWN:
        broken += [match.item for match in read if isinstance(match.item, UnreadableItemError)]
    more = f"{'' if is_exact else 'up to '}{found.unread} more" if found.unread else None
    return _Listed(uploads, more, broken)


def _active(target: Target, sought: UploadSearch, broken: list[UnreadableItemError]) -> Found:
    """Return uploads that some sweep still watches, from the sparse index.

    What is unreadable of the sweeps' own items is added to ``broken``.
    """
    until = target.clock.now() + _FAR
    intake, answers = Intake(target.table, target.clock), Answers(target.table, target.clock)
    intake_due, answers_due = side_by_side(lambda: intake.due(until), lambda: answers.due(until))
    ids = set(intake_due())
    for answer in target.reader.answers(answers_due()):
        if isinstance(answer, UnreadableItemError):
            broken.append(answer)
        elif answer[0] is not None:
            ids.add(answer[0].upload_id)
    return Found(sorted(_watched(target, sought, sorted(ids)), reverse=True))


def _watched(target: Target, sought: UploadSearch, ids: list[str]) -> Iterator[Match]:
    items = target.reader.each(ids, target.finder.batches_at_once)
    for upload_id, item in zip(ids, items, strict=True):
        if isinstance(item, UnreadableItemError):
            yield Match(Place(0, upload_id), item)
        elif item.job is not None and sought.fits(item):
            yield Match(Place(item.job.prepared_at, upload_id), item)


def _described(uploads: list[Upload], reader: Reader) -> Iterator[dict[str, Any]]:
    """Yield uploads as JSON values, also those whose answers cannot be read."""
    known = [(upload, upload.job) for upload in uploads if upload.job is not None]
    answers = reader.answers([job.answer for _, job in known])
    for (upload, job), answer in zip(known, answers, strict=True):
        if isinstance(answer, UnreadableItemError):
            yield unreadable_values(answer) | {"upload": upload.upload_id}
        else:
            yield described(upload, job, *answer)


def _row(upload: Upload) -> tuple[object, ...]:
    job = upload.job
    if job is None:
        return upload.upload_id, state(upload)
    return (
        upload.upload_id,
        state(upload),
        job.mentor,
        job.question,
        show.age(job.accepted_at or job.prepared_at),
        _short(upload.transcode),
        _short(upload.transcribe),
    )


def _short(task: Task | None) -> str:
    if task is None:
        return "-"
    again = f" start {task.starts}" if task.starts > 1 else ""
    return f"{task.status} {task.code or ''}".strip() + f" (attempt {task.attempt}{again})"
