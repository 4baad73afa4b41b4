"""The writes that bring an answer up to date: decided first, applied under the lease."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_common.jobs import BeforeSwitch, Outcome

Media = dict[str, Any]


class AnswerWrite:
    """A write; ``to_graphql`` is true where it has to be read back."""

    to_graphql: ClassVar[bool] = False


class GraphQLWrite(AnswerWrite):
    """A write to the answer or its upload task."""

    to_graphql = True


@dataclass(frozen=True)
class PutCancel(AnswerWrite):
    """The upload was cancelled in GraphQL: the workers stop, and all is observed again."""

    by: str


@dataclass(frozen=True)
class DecideOutcome(AnswerWrite):
    """Fix how the upload ended, before anything of it is shown."""

    outcome: Outcome


@dataclass(frozen=True)
class SwitchAnswer(GraphQLWrite):
    """Make the answer show the upload, once for an outcome.

    Parameters
    ----------
    content
        Input of ``uploadAnswer``; empty where nothing is to be written any more.
    before
        What the answer showed, to be recorded first; ``None`` where that is already done.
    outcome
        To be decided first; ``None`` where that is already done.
    picture
        Copy the upload's thumbnail to the mentor's pictures, as :class:`SetThumbnail`, and show it
        in the same request; ``None`` for no picture.
    """

    content: Mapping[str, Any]
    before: BeforeSwitch | None
    outcome: Outcome | None = None
    picture: SetThumbnail | None = None


@dataclass(frozen=True)
class SetThumbnail(AnswerWrite):
    """Copy the upload's thumbnail to the mentor's pictures and show it; done once."""

    source: str
    picture: str


@dataclass(frozen=True)
class ShowLateCaptions(GraphQLWrite):
    """Show captions of an alignment that the answer was not kept waiting for; done once.

    ``captions`` is ``None`` where the answer shows others by now, which stay.
    """

    captions: Media | None


@dataclass(frozen=True)
class UpdateDocument(GraphQLWrite):
    """Merge into the upload task.

    Parameters
    ----------
    updates
        Inputs of ``uploadTaskStatusUpdate``, in their order.
    shows_end
        Whether the UI takes the upload for ended from the first of them on.
    """

    updates: tuple[dict[str, Any], ...]
    shows_end: bool


@dataclass(frozen=True)
class CreateDocument(GraphQLWrite):
    """Write the upload task whole."""

    document: dict[str, Any]


@dataclass(frozen=True)
class RepairAnswer(GraphQLWrite):
    """Write again what a late write has undone.

    Parameters
    ----------
    media
        Field to medium.
    transcript
        ``None`` where it stands as it should.
    """

    media: Mapping[str, Media]
    transcript: str | None


@dataclass(frozen=True)
class TagSuperseded(AnswerWrite):
    """Tag what is not needed any more: what is shown has been read back."""


@dataclass(frozen=True)
class PublishOutcome(AnswerWrite):
    """Publish how the upload ended, then record that it was published."""

    outcome: Outcome
