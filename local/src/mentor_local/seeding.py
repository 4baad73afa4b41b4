"""``python -m mentor_local seed``: fill the running stack with things to try the API on.

A video is uploaded, ready to be accepted for an answer; an organisation exists; and a file for the
shell, ``seed/env.sh`` in the stack's folder, holds the names of it all and two small helpers.
Again is harmless: it uploads another video.
"""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from mentor_common.jobs import upload_id_of
from mentor_local.config import Config, ConfigError
from mentor_local.demo import SAMPLE
from mentor_local.graphql import seed as seeded
from mentor_local.graphql.store import Store
from mentor_local.home import Home, NoStackError, write_whole
from mentor_local.provision import client
from mentor_local.ui import UploadUI

if TYPE_CHECKING:
    from collections.abc import Mapping

_HELPERS = """
# call PATH [curl's options]: ask the API with the mentor's token; fails on an error.
call() { local path=$1; shift; curl -sS --fail-with-body -H "Authorization: bearer $TOKEN" "$@" "$API$path" && echo; }

# field NAME.NAME: one value out of the JSON on standard input.
field() { %s -c '
import functools, json, sys
names = sys.argv[1].split(".")
print(functools.reduce(lambda v, n: v[int(n) if n.isdecimal() else n], names, json.load(sys.stdin)))
' "$1"; }
"""  # noqa: E501 -- one line of shell


class SeedError(Exception):
    """The stack cannot be seeded; the message says why."""


def main() -> int:
    """Seed the stack that runs; return 0 when everything is there."""
    try:
        config = Config.from_environment()
        home = Home(config.home)
        endpoints = home.read_endpoints()
        if config.foreign_graphql is None:
            _add_organization(home)
        names = _names(endpoints)
    except (ConfigError, NoStackError, SeedError) as error:
        print(f"seed: {error}", file=sys.stderr)
        return 1
    except requests.RequestException as error:
        print(f"seed: the stack does not answer: {type(error).__name__}", file=sys.stderr)
        return 1
    folder = home.folder / "seed"
    folder.mkdir(exist_ok=True)
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in names.items()]
    helpers = _HELPERS % shlex.quote(sys.executable)
    write_whole(folder / "env.sh", "".join(lines) + helpers)
    print(f"seeded; now: . {folder / 'env.sh'}")
    return 0


def _add_organization(home: Home) -> None:
    """Add the organisation to a database that was filled before there was one."""
    store = Store(home.graphql_database)
    try:
        seeded.add_organization(store)
    finally:
        store.close()


def _names(endpoints: Mapping[str, str]) -> dict[str, str]:
    ui = UploadUI(endpoints["api"], endpoints["graphql"], endpoints["token"])
    video = _video(ui)
    _put_documented_video(ui, endpoints)
    return {
        "API": endpoints["api"],
        "TOKEN": endpoints["token"],
        "ADMIN_TOKEN": endpoints["operator_token"],
        "MENTOR": endpoints["mentor"],
        "QUESTION": seeded.SEED_THIRD_QUESTION_ID,
        "ANSWERED_QUESTION": seeded.SEED_ANSWERED_QUESTION_ID,
        "ORGANIZATION": seeded.SEED_ORGANIZATION_ID,
        "VIDEO": video,
        "UPLOAD": upload_id_of(video),
    }


def _video(ui: UploadUI) -> str:
    """Upload the sample as a browser does; return its key."""
    form = ui.presign()
    status = ui.send_file(form, SAMPLE)
    if status != requests.codes.no_content:
        raise SeedError(f"S3 did not take the sample: HTTP {status}")
    return str(form["fields"]["key"])


def _put_documented_video(ui: UploadUI, endpoints: Mapping[str, str]) -> None:
    """Store the sample under the key that the API's documentation has in its examples."""
    bucket = urlsplit(ui.presign()["url"]).path.strip("/")
    s3 = client("s3", endpoints["s3"])
    s3.upload_file(str(SAMPLE), bucket, seeded.SEED_VIDEO)
