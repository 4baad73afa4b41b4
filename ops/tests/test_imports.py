"""The tool starts quickly: a command imports what it needs, and no other command's libraries."""

from __future__ import annotations

import subprocess
import sys

LISTING = """
import sys
from mentor_ops.app import main
assert main(["--aws", "--region", "us-east-1", "jobs", "list", "--help"]) == 0
print(*sys.modules, file=sys.stderr)
"""
UNNEEDED = {"sentry_sdk", "requests", "yaml", "aiobotocore"}


def test_listing_uploads_imports_nothing_that_it_does_not_need() -> None:
    run = [sys.executable, "-c", LISTING]
    modules = subprocess.run(run, capture_output=True, text=True, check=True).stderr.split()
    assert {"mentor_ops.listing", "boto3.session"} <= set(modules)
    assert {name.partition(".")[0] for name in modules} & UNNEEDED == set()
    assert not {"opentelemetry.sdk.trace", "rich.progress"} & set(modules)
    ours = {name for name in modules if name.startswith("mentor_ops.")}
    assert not {name for name in ours if name.startswith(("mentor_ops.d", "mentor_ops.log"))}
