"""Bare Flask handlers in the api's own gunicorn: one consistent read of a partition, as JSON.

No token, no rate limit, no metrics, no trace, no log line, no model, no ETag. One reads by boto3's
client, whose answer it passes on as DynamoDB has it; the other by boto3's ``Table``, which gives
plain values. The server, its worker class, processes and settings are those of the api.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

from gevent import monkey

from mentor_api.http import multiprocess_metrics

if TYPE_CHECKING:
    from flask import Flask

    from mentor_api.settings import WebSettings


def build(settings: WebSettings) -> Flask:
    """Return the application."""
    import boto3  # noqa: PLC0415 -- gevent patches first
    from flask import Flask, Response, jsonify  # noqa: PLC0415

    from mentor_api.http.app import STREAMS  # noqa: PLC0415

    client = boto3.client("dynamodb", region_name=settings.aws_region)
    resource = boto3.resource("dynamodb", region_name=settings.aws_region)
    table = resource.Table(settings.jobs_table_name)
    app = Flask("bare")
    app.extensions[STREAMS] = SimpleNamespace()  # the server tells streams of its end

    @app.get("/upload/status/<upload_id>")
    def by_client(upload_id: str) -> Response:
        found = client.query(
            TableName=settings.jobs_table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"UPLOAD#{upload_id}"}},
            ConsistentRead=True,
        )
        return jsonify(found["Items"])

    @app.get("/by-table/upload/status/<upload_id>")
    def by_table(upload_id: str) -> Response:
        found = table.query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": f"UPLOAD#{upload_id}"},
            ConsistentRead=True,
        )
        return Response(json.dumps(found["Items"], default=float), mimetype="application/json")

    @app.get("/livez")
    def livez() -> str:
        return "ok"

    return app


if __name__ == "__main__":
    monkey.patch_all()
    multiprocess_metrics.enable()
    from mentor_api.http.server import Server
    from mentor_api.settings import WebSettings
    from mentor_common.settings import load

    Server(load(WebSettings), build).run()
