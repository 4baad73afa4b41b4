"""An operator's requests to the console, and what they have to mend."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mentor_common.clock import SystemClock
from mentor_common.jobs import EXHAUSTED, Answers, Outcome, accepted_event
from mentor_common.work.claims import Claimant, Tasks
from mentor_local.accepting import accept, new_answer

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from mentor_common.jobs import Job

RENDITIONS = ["transcoding-web", "transcoding-mobile"]


class OpsClient:
    """An operator's requests to the console."""

    def __init__(self, api: Any, token: str) -> None:
        self.api = api
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: Any) -> Any:
        """Return what a route shows."""
        answer = self.ask(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.get_json()["data"]

    def ask(self, path: str, **query: Any) -> TestResponse:
        """Return a route's answer."""
        response: TestResponse = self.api.client.get(
            f"/ops/api/{path}", query_string=query, headers=self.headers
        )
        return response

    def post(self, path: str, **body: Any) -> TestResponse:
        """Act."""
        response: TestResponse = self.api.client.post(
            f"/ops/api/{path}", json=body, headers=self.headers
        )
        return response

    def do(self, path: str, **body: Any) -> Any:
        """Act, and return what came of it."""
        answer = self.post(path, **body)
        assert answer.status_code == 200, answer.text
        return answer.get_json()["data"]

    def finish(self, action: dict[str, Any]) -> dict[str, Any]:
        """Go on with an action until it is over, as the page does."""
        for _ in range(50):
            if action["status"] != "RUNNING":
                return action
            action = self.do(f"actions/{action['id']}/round")
        raise AssertionError("it never ends")

    def log(self) -> list[dict[str, Any]]:
        """Return the audit log."""
        return list(self.get("audit")["entries"])

    def upload(self) -> Job:
        """Accept an upload of a new answer."""
        return accept(self.api.table, new_answer(self.api.graphql.store))

    def url(self, which: str, service: str = "transcoder") -> str:
        """Return a queue's URL."""
        name = self.api.cloud.environment(service)[which]
        return str(self.api.cloud.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])

    def bury(self, body: str, **attributes: str) -> None:
        """Put a message into the transcoder's dead-letter queue."""
        self.api.cloud.client("sqs").send_message(
            QueueUrl=self.url("DEAD_LETTER_QUEUE_NAME"),
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )

    def fail(self, job: Job, code: str = EXHAUSTED) -> None:
        """Give up on an upload's first attempt and bury its message."""
        tasks = Tasks(self.api.table, SystemClock())
        claimant = Claimant.of_task(job.upload_id, "transcode", RENDITIONS, "test", 60)
        claimed: Any = tasks.claim(claimant)
        subs = {name: {"status": "FAILED"} for name in RENDITIONS}
        ending = {"status": "FAILED", "names": subs, "code": code, "reason": "It broke."}
        tasks.finish(claimant, claimed.task, ending)
        body = accepted_event(job).to_json()
        self.bury(body, attempt="1", code=code, upload=job.upload_id, text="It broke.")

    def end_failed(self, job: Job, error: str) -> None:
        """Let an upload end FAILED with an error, as worker and notifier would."""
        tasks = Tasks(self.api.table, SystemClock())
        claimant = Claimant.of_task(job.upload_id, "transcode", RENDITIONS, "test", 60)
        claimed: Any = tasks.claim(claimant)
        ending = {"status": "FAILED", "names": {}, "code": EXHAUSTED, "reason": "It broke."}
        tasks.finish(claimant, claimed.task, ending | {"last_error": error})
        answers = Answers(self.api.table, SystemClock())
        outcome = Outcome(kind="failed", code=EXHAUSTED, reason="It broke.", at=time.time())
        answers.put_outcome(job.upload_id, "1.1", outcome)
        answers.mark_published(job, "1.1")

    def count(self, which: str = "DEAD_LETTER_QUEUE_NAME") -> int:
        """Return how many messages the transcoder has, hidden ones included."""
        kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.api.cloud.client("sqs").get_queue_attributes(
            QueueUrl=self.url(which), AttributeNames=kinds
        )["Attributes"]
        return sum(int(found[kind]) for kind in kinds)
