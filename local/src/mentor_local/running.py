"""A running local stack as a client sees it, for tests and tools."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_local.provision import client
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_local.ui import UploadUI


@dataclass(frozen=True)
class RunningStack:
    """A local stack and a mentor's browser beside it."""

    home: Path
    endpoints: dict[str, str]
    ui: UploadUI

    def client(self, name: str) -> Any:
        """Return a boto3 client of the emulator."""
        return client(name, self.endpoints["s3"])

    def pid(self, process: str) -> int:
        """Return the process id that the supervisor knows now."""
        return int(json.loads((self.home / "processes.json").read_text())[process])

    def body(self, question: str, **more: Any) -> dict[str, Any]:
        """Return the body that the UI sends for a recording."""
        mentor = self.endpoints["mentor"]
        return {"mentor": mentor, "question": question, "isVbgVideo": False, **more}

    def finish(self, upload_id: str, seconds: float = 90) -> dict[str, Any]:
        """Wait until the upload's outcome is published; return the status."""
        wait_until(
            lambda: self.ui.status(upload_id)["finished_at"] is not None,
            seconds=seconds,
            what=f"the outcome of {upload_id}",
        )
        return self.ui.status(upload_id)

    def answer(self, question: str) -> dict[str, Any] | None:
        """Return the answer as the UI reads it again after an upload."""
        document = """query Answer($mentor: ID!, $question: ID!) {
          answer(mentor: $mentor, question: $question) {
            transcript markdownTranscript hasEditedTranscript
            webMedia { type tag url transparentVideoUrl hash duration }
            mobileMedia { type tag url hash duration }
            vttMedia { type tag url vttText }
          }
        }"""
        variables = {"mentor": self.endpoints["mentor"], "question": question}
        found: dict[str, Any] | None = self.ui.query(document, variables)["answer"]
        return found

    def document(self, question: str) -> dict[str, Any] | None:
        """Return the UploadTask as the UI polls it."""
        tasks = self.ui.upload_tasks(self.endpoints["mentor"])
        return next((task for task in tasks if task["question"]["_id"] == question), None)
