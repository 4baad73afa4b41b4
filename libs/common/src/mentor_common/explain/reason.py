"""A reason for people: an English sentence, and the same as a code with values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_common.jobs.task import SubTask


@dataclass(frozen=True)
class Reason:
    """A reason.

    Parameters
    ----------
    text
        In English, for who shows it as it is.
    code, values
        For who says it in other words. ``code`` is ``None`` where only the text is known: earlier
        releases stored no more.
    """

    text: str
    code: str | None
    values: Mapping[str, Any]

    @classmethod
    def of(cls, code: str, text: str, **values: float | str | None) -> Reason:
        """Return a reason with its values."""
        return cls(text, code, values)

    @classmethod
    def stored(cls, sub_task: SubTask) -> Reason | None:
        """Return why a task failed, as its worker has stored it; ``None`` where it has not."""
        text, values = sub_task.reason, sub_task.values
        if text is None:
            return None
        return cls(text, None if values is None else sub_task.code, values or {})
