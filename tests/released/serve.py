"""One release's services, step by step, on a cloud that is handed over before each step.

Run with the code of a release on ``PYTHONPATH``. Reads a JSON line for each step, and answers it:

``{"service", "cloud", "request"}``
    A request to the api's web process: ``method``, ``path``, ``body`` and ``token``. Answers
    ``status`` and ``body``.
``{"service", "cloud", "message", "broken"}``
    A message for a worker: ``body`` and ``attributes``. Answers whether it was ``deleted``, and the
    attributes of each ``dead`` letter. ``broken`` takes the worker's tools away.
``{"service", "cloud"}``
    Its sweeps, once each.

``cloud`` has ``now``, ``items`` and ``objects``; the answer has it as the step has left it, and
what the step ``published``. GraphQL is real HTTP, and outside.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

from mentor_api import bootstrap as api
from mentor_api.settings import IngestSettings, WebSettings
from mentor_notifier.bootstrap import build as build_notifier
from mentor_notifier.settings import NotifierSettings
from mentor_transcoder.bootstrap import build as build_transcoder
from mentor_transcoder.settings import TranscoderSettings
from mentor_transcriber.bootstrap import build as build_transcriber
from mentor_transcriber.settings import TranscriberSettings
from released.outside import Cloud, OneMessage, handle, quiet, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

try:
    from mentor_api.ingest import build as build_ingest
except ImportError:  # until release 0.4
    build_ingest = api.ingest  # type: ignore[attr-defined]

_BUILDS: dict[str, tuple[Any, Any]] = {
    "api": (IngestSettings, build_ingest),
    "transcoder": (TranscoderSettings, build_transcoder),
    "transcriber": (TranscriberSettings, build_transcriber),
    "notifier": (NotifierSettings, build_notifier),
}


class Settlement(OneMessage):
    """The queue of the message in hand, which keeps the attributes of dead letters."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[dict[str, str]] = []

    async def dead_letter(self, message: Any, reasons: Mapping[str, str]) -> None:
        """Take note."""
        self.letters.append({**message.attributes, **reasons})


class Services:
    """This release's services, each wired once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cloud = Cloud()
        self.cloud.serve()
        self.queue = Settlement()
        self.wirings: dict[tuple[str, bool], Any] = {}
        settings_of("api")
        web: Any = api.web(WebSettings())
        if not isinstance(web, Flask):  # until release 0.4
            from mentor_api.app import create_app  # type: ignore[import-not-found]  # noqa: PLC0415

            web = create_app(web)
        self.client = web.test_client()

    def step(self, given: dict[str, Any]) -> dict[str, Any]:
        """Do a step; return what is answered."""
        self._enter(given["cloud"])
        service = given["service"]
        if "request" in given:
            done = self._request(given["request"])
        elif "message" in given:
            done = self._message(service, given["message"], broken=given["broken"])
        else:
            done = {}
            for sweep in self._wiring(service).sweeps:
                sweep()
        state = {"now": self.cloud.now, "items": self.cloud.items(), "objects": self.cloud.texts()}
        return done | {"cloud": state, "published": list(self.cloud.published)}

    def _enter(self, state: dict[str, Any]) -> None:
        table, objects = self.cloud.table, self.cloud.objects
        for content in (table.items, table.index, objects.content, self.cloud.published):
            content.clear()
        self.cloud.now = state["now"]
        self.cloud.put_items(state["items"])
        self.cloud.put_texts(state["objects"])

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = self.client.open(
            request["path"],
            method=request["method"],
            json=request.get("body"),
            headers={"Authorization": f"bearer {request['token']}"},
        )
        return {"status": answer.status_code, "body": answer.get_json()}

    def _message(self, service: str, message: dict[str, Any], *, broken: bool) -> dict[str, Any]:
        handlers = self._wiring(service, broken=broken).handlers
        self.queue.deleted, self.queue.letters = 0, []
        handle(handlers, self.queue, message["body"], message["attributes"])
        return {"deleted": bool(self.queue.deleted), "dead": self.queue.letters}

    def _wiring(self, service: str, *, broken: bool = False) -> Any:
        if (service, broken) not in self.wirings:
            settings_of(service)
            os.environ["FFPROBE_EXECUTABLE"] = "/nowhere/ffprobe" if broken else "ffprobe"
            settings, build = _BUILDS[service]
            self.wirings[service, broken] = build(settings(), self.queue, self.folder)
        return self.wirings[service, broken]


if __name__ == "__main__":
    quiet()
    answers, sys.stdout = sys.stdout, sys.stderr
    with tempfile.TemporaryDirectory() as scratch:
        services = Services(Path(scratch))
        for line in sys.stdin:
            answers.write(json.dumps(services.step(json.loads(line))) + "\n")
            answers.flush()
