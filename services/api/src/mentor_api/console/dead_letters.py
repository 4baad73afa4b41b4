"""Dead letters as the console shows them: why each was given up, and what became of its upload."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_common.jobs import state
from mentor_common.operating.dead_letter_details import peek
from mentor_common.operating.history import iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_common.jobs import Reader
    from mentor_common.operating.clearing import Wanted
    from mentor_common.operating.dead_letters import DeadLetter, DeadLetters

_MOST_READ = 500
_LONGEST_BODY = 4000


@dataclass(frozen=True)
class Letters:
    """Reads of dead letters; each is put back at once.

    Parameters
    ----------
    letters
        Gives a service's dead letters by its name.
    reader
        The jobs table.
    """

    letters: Callable[[str], DeadLetters]
    reader: Reader

    def page(self, queue: str, wanted: Wanted, limit: int) -> dict[str, Any]:
        """Return ``waiting``, ``hidden``, ``read`` letters, ``reasons`` among them, ``letters``."""
        box = self.letters(queue)
        figures = box.figures()
        seen = peek(box, min(figures["waiting"], _MOST_READ))
        mine = sorted((one for one in seen if one in wanted), key=lambda one: one.sent_at)
        reasons = Counter((one.type, one.code) for one in seen)
        return {
            "queue": queue,
            "waiting": figures["waiting"],
            "hidden": figures["hidden"],
            "read": len(seen),
            "matching": len(mine),
            "reasons": [
                {"type": type_, "code": code, "count": count}
                for (type_, code), count in reasons.most_common()
            ],
            "letters": [self._row(one) for one in mine[:limit]],
        }

    def _row(self, letter: DeadLetter) -> dict[str, Any]:
        given, event = letter.attributes, letter.event
        upload = self.reader.upload(letter.upload_id) if letter.upload_id else None
        return {
            "message": letter.message_id,
            "since": iso(letter.sent_at),
            "type": letter.type,
            "code": letter.code,
            "why": given.get("error") or given.get("text"),
            "attempt": given.get("attempt"),
            "upload": letter.upload_id,
            "state": state(upload) if upload else None,
            "mentor": event.data.mentor if event else None,
            "content": json.dumps(json.loads(letter.body), indent=2)
            if event
            else letter.body[:_LONGEST_BODY],
        }
