"""Wire a service with every switch on: ``python wiring.py SERVICE``, where it is installed.

Whatever a setting switches on must be there: a model of botocore, a module that is imported late, a
library of an extra. The settings come from the settings classes: each switch is on, each setting
that may be left out is given, and of those with a choice each is taken once. Beside that every
module is imported, also those that a child process runs. Nothing is sent.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import pkgutil
import runpy
import sys
import tempfile
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import boto3
from botocore.exceptions import EndpointConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

PROCESSES: dict[str, dict[str, tuple[str, ...]]] = {
    "api": {"WebSettings": ("web",), "IngestSettings": ("ingest",)},
    "transcoder": {"TranscoderSettings": ()},
    "transcriber": {"TranscriberSettings": ()},
    "notifier": {"NotifierSettings": ()},
}
"""By service: the settings of its processes, and the arguments that start each."""
NOWHERE = "http://127.0.0.1:9"
SCRATCH = Path(tempfile.gettempdir()) / "mentor-upload-wiring"
SAMPLES = {
    "aws_region": "us-east-1",
    "console_sign_in_as": "a" * 24,
    "graphql_endpoint": f"{NOWHERE}/graphql",
    "jwt_secret": "a" * 32,
    "otel_exporter_otlp_endpoint": NOWHERE,
    "s3_public_endpoint_url": NOWHERE,
    "s3_static_arn": "arn:aws:s3:::static",
    "sentry_dsn_mentor_upload": "http://key@127.0.0.1:9/1",
    "sign_in_renewal_url": f"{NOWHERE}/graphql",
    "sign_in_token_url": f"{NOWHERE}/token",
    "sign_in_url": f"{NOWHERE}/sign-in",
    "static_url_base": f"{NOWHERE}/",
    "studio_sign_in_as": f"{'a' * 24}/{'b' * 24}",
    "topic_arn": "arn:aws:sns:us-east-1:1:topic",
    "trace_url_template": f"{NOWHERE}/{{trace_id}}",
    "transcribe_languages": "en",
    "whisper_model_dir": f"{SCRATCH}/model",
    "whisper_model_mirror": f"{NOWHERE}/models",
}
"""Values of settings that take not just any text."""
CHOICES = {
    "rate_limit_storage": ("memory://", "redis://127.0.0.1:9/0"),
    "transcribe_english_captions": ("true", "true", "false", "false"),  # as the engines go
    "whisper_compute_type": ("int8", "float16"),  # as the devices go: a processor, a GPU
}
"""Values of settings that are text with a meaning, or go together with another's."""
KEYS = {"AWS_ACCESS_KEY_ID": "wiring", "AWS_SECRET_ACCESS_KEY": "wiring"}
KEPT = ("HOME", "LANG", "PATH", "PYTHONPATH")
"""Variables of the caller's environment that the processes get."""


class WiringError(Exception):
    """A process cannot be wired; the message says with which settings."""


def choices(name: str, annotation: Any) -> tuple[str, ...]:
    """Return what a setting can be switched to; nothing when it is no switch."""
    if name in CHOICES:
        return CHOICES[name]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(str(member.value) for member in annotation)
    if get_origin(annotation) is Literal and name != "log_level":  # which switches nothing on
        return tuple(map(str, get_args(annotation)))
    return ()


def environments(settings: type[BaseModel]) -> Iterator[dict[str, str]]:
    """Yield environments in which each switch is on and each choice is taken once."""
    given: dict[str, str] = {}
    chosen: dict[str, tuple[str, ...]] = {}
    for name, field in settings.model_fields.items():
        kinds = set(get_args(field.annotation)) or {field.annotation}
        if values := choices(name, field.annotation):
            chosen[name] = values
        elif bool in kinds:
            given[name] = "true"
        elif field.is_required() or NoneType in kinds:
            given[name] = SAMPLES.get(name, "1" if kinds & {int, float} else "x")
    for turn in range(max((len(values) for values in chosen.values()), default=1)):
        taken = {name: values[turn % len(values)] for name, values in chosen.items()}
        yield {name.upper(): value for name, value in (given | taken).items()}


def wire(service: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> None:
    """Start a process that only wires.

    Raises
    ------
    WiringError
        It ends with another status than 0.
    """
    os.environ |= environment
    sys.argv = [f"mentor_{service}", *arguments, "--check-wiring"]
    try:
        runpy.run_module(f"mentor_{service}", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code:
            given = " ".join(f"{name}={value}" for name, value in sorted(environment.items()))
            raise WiringError(f"{' '.join(sys.argv)} ends with {ended.code}: {given}") from None


def import_all(package: str) -> int:
    """Import every module of a package, those that only a child process runs too; return how many.

    Raises
    ------
    ImportError
        One of them, or what it imports, is not there.
    """
    folder = importlib.import_module(package).__path__
    found = [module.name for module in pkgutil.walk_packages(folder, f"{package}.")]
    modules = [name for name in found if not name.endswith(".__main__")]
    for name in modules:
        importlib.import_module(name)
    return len(modules)


def put_model(folder: Path) -> None:
    """Write what is read of a speech model before it is loaded, which wiring never does."""
    folder.mkdir(parents=True, exist_ok=True)
    # Of a model that knows several languages, which can translate.
    tokenizer = {
        "model": {"vocab": {str(number): number for number in range(50_258)}},
        "added_tokens": [{"content": "<|en|>"}, {"content": "<|es|>"}],
    }
    for name, content in {"model.bin": {}, "config.json": {}, "tokenizer.json": tokenizer}.items():
        (folder / name).write_text(json.dumps(content))


def take_on_a_role() -> None:
    """Ask STS for a role as a pod does, up to the connection, which there is not."""
    with tempfile.NamedTemporaryFile("w") as token:
        token.write("token")
        token.flush()
        os.environ |= {
            "AWS_ROLE_ARN": "arn:aws:iam::1:role/wiring",
            "AWS_WEB_IDENTITY_TOKEN_FILE": token.name,
            "AWS_ENDPOINT_URL": NOWHERE,
            "AWS_MAX_ATTEMPTS": "1",
        }
        logging.getLogger("botocore.credentials").disabled = True  # it tells at length of it
        try:
            boto3.Session(region_name="us-east-1").get_credentials().get_frozen_credentials()
        except EndpointConnectionError:
            return
    raise WiringError("no role was asked for")


def main() -> None:
    """Wire the service that the command line names."""
    (service,) = sys.argv[1:]
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    put_model(Path(SAMPLES["whisper_model_dir"]))
    module = importlib.import_module(f"mentor_{service}.settings")
    for name, arguments in PROCESSES[service].items():
        wired = list(environments(getattr(module, name)))
        for environment in wired:
            os.environ.clear()
            os.environ |= kept | KEYS | {"WORK_DIR": str(SCRATCH)}
            wire(service, arguments, environment)
        print(f"{name}: wired with {len(wired)} sets of settings")
    os.environ.clear()
    os.environ |= kept
    modules = import_all("mentor_common") + import_all(f"mentor_{service}")
    print(f"{modules} modules imported")
    take_on_a_role()
    print("a role was asked for")


if __name__ == "__main__":
    main()
