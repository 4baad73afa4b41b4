"""``python -m mentor_api.openapi [--check]``: write the committed document, or compare with it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from mentor_api import bootstrap
from mentor_api.openapi.document import build
from mentor_api.settings import WebSettings

if TYPE_CHECKING:
    from flask import Flask

COMMITTED = Path(__file__).parents[3] / "openapi.json"


def offline_settings(**changes: Any) -> WebSettings:
    """Return settings of a process without network; the rest by default or as given."""
    nowhere = "http://localhost:1"
    needed: dict[str, Any] = {
        "aws_region": "us-east-1",
        "jobs_table_name": "jobs",
        "topic_arn": "arn:aws:sns:us-east-1:000000000000:api",
        "signed_upload_bucket": "uploads",
        "s3_static_arn": "arn:aws:s3:::static",
        "static_url_base": f"{nowhere}/",
        "graphql_endpoint": nowhere,
        "api_secret": SecretStr("none"),
        "jwt_secret": SecretStr("none"),
    }
    return WebSettings(**(needed | changes))


def offline_app() -> Flask:
    """Return the application with all its routes, under no prefix, that connects to nothing."""
    return bootstrap.web(offline_settings(console_enabled=True))


def generate() -> str:
    """Return the document as it is committed."""
    return json.dumps(build(offline_app()), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Return the exit code: 1 when the committed document is out of date."""
    parser = argparse.ArgumentParser(prog="mentor_api.openapi")
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    document = generate()
    if not check:
        COMMITTED.write_text(document)
        return 0
    if COMMITTED.is_file() and COMMITTED.read_text() == document:
        return 0
    print(f"{COMMITTED.name} is out of date: run python -m mentor_api.openapi", file=sys.stderr)  # noqa: T201 -- the tool's one line
    return 1


if __name__ == "__main__":
    sys.exit(main())
