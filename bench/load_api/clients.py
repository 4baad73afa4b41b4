"""What locust runs: mentors who follow their uploads, look around, and now and then send something.

Run by the locust of ``.venv-load`` alone, which has nothing of ours; ``LOAD_API_TARGET`` names the
file with the target.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from locust import FastHttpUser, between, task

TARGET = json.loads(Path(os.environ["LOAD_API_TARGET"]).read_text())
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A PNG of one pixel."""


class Mentor(FastHttpUser):
    """A browser: it polls the status of an upload most of the time."""

    host = TARGET["api"]
    wait_time = between(1, 3)
    connection_timeout = network_timeout = 30.0
    default_headers = {"Authorization": f"bearer {TARGET['token']}"}  # noqa: RUF012 -- as locust has it

    @task(12)
    def status(self) -> None:
        """Follow an upload."""
        self.client.get(f"/upload/status/{TARGET['upload']}", name="status")

    @task(4)
    def uploads(self) -> None:
        """See the latest uploads."""
        self.client.get(f"/uploads?mentor={TARGET['mentor']}&limit=5", name="uploads")

    @task(2)
    def mentors(self) -> None:
        """Ask whom one may record for (GraphQL says)."""
        self.client.get("/mentors", name="mentors")

    @task(2)
    def form(self) -> None:
        """Ask for an upload form."""
        self.client.get("/upload/url", name="upload form")

    @task(1)
    def answer(self) -> None:
        """Send an upload that was sent before: the same job, asked of GraphQL, table and S3."""
        body = {name: TARGET[name] for name in ("mentor", "question", "video")}
        self.client.post("/upload/answer", json=body | {"isVbgVideo": False}, name="answer")

    @task(1)
    def picture(self) -> None:
        """Send a small picture."""
        begun = '--load\r\nContent-Disposition: form-data; name="'
        mentor = json.dumps({"mentor": TARGET["mentor"]})
        file = 'thumbnail"; filename="a.png"\r\nContent-Type: image/png'
        head = f'{begun}body"\r\n\r\n{mentor}\r\n{begun}{file}\r\n\r\n'
        self.client.post(
            "/thumbnail",
            data=head.encode() + PICTURE + b"\r\n--load--\r\n",
            headers={"Content-Type": "multipart/form-data; boundary=load"},
            name="picture",
        )

    @task(1)
    def probe(self) -> None:
        """Ask as the kubelet does."""
        self.client.get("/livez", name="livez")
