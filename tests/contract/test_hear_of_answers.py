"""The example of docs/how-to/hear-of-answers.md takes what SNS has signed, and nothing else."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Send = Callable[..., dict[str, Any]]

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "sns-message.mjs"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:mentor-upload-qa-notifier"
SNS = "https://sns.eu-central-1.amazonaws.com"
EVENT = {"id": "1", "type": "answer.ready.v1", "data": {"mentor": "5ee0000000000000000000b1"}}
NOTIFICATION = {
    "Type": "Notification",
    "MessageId": "22b80b92",
    "TopicArn": TOPIC,
    "Message": json.dumps(EVENT),
    "Timestamp": "2026-05-02T00:54:06.655Z",
}
CONFIRMATION = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "165545c9",
    "Token": "2336412f37",
    "TopicArn": TOPIC,
    "Message": "You have chosen to subscribe to the topic.",
    "SubscribeURL": f"{SNS}/?Action=ConfirmSubscription&Token=2336412f37",
    "Timestamp": "2026-04-26T20:45:04.751Z",
}
# As SNS's documentation has it: names and values by name, a line each.
SIGNED = {
    "Message",
    "MessageId",
    "SubscribeURL",
    "Subject",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
}
SCRIPT = """
const { receive } = await import(process.argv[1]);
const { bodies, topic, certificate } = JSON.parse(process.argv[2]);
const results = [];
for (const body of bodies) {
  const asked = [];
  const get = async (url) => { asked.push(url); return certificate; };
  const found = await receive(body, topic, get).then(
    (event) => ({ event }), (error) => ({ refused: error.constructor.name }));
  results.push({ ...found, asked });
}
console.log(JSON.stringify(results));
"""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the keys and certificates of two signers, ``sns`` and ``stranger``."""
    if shutil.which("openssl") is None:
        assert not os.environ.get("CI"), "CI must have openssl"
        pytest.skip("no openssl here")
    folder = tmp_path_factory.mktemp("keys")
    for name in ("sns", "stranger"):
        made = (
            f"-keyout {name}.key -out {name}.pem -subj /CN={name} -days 1 -nodes -newkey rsa:2048"
        )
        command = ["openssl", "req", "-x509", *made.split()]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def signed(keys: Path) -> Callable[..., str]:
    """Return a function that signs a message as SNS does, and returns the body."""

    def sign(message: dict[str, str], by: str = "sns", version: str = "2", **more: str) -> str:
        text = "".join(f"{name}\n{message[name]}\n" for name in sorted(SIGNED & message.keys()))
        digest = {"1": "-sha1", "2": "-sha256"}[version]
        command = ["openssl", "dgst", digest, "-sign", f"{by}.key"]
        raw = subprocess.run(
            command, cwd=keys, input=text.encode(), check=True, capture_output=True
        ).stdout
        signature = base64.b64encode(raw).decode()
        how = {
            "SignatureVersion": version,
            "Signature": signature,
            "SigningCertURL": f"{SNS}/c.pem",
        }
        return json.dumps(message | how | more)

    return sign


@pytest.fixture
def receive(keys: Path) -> Callable[..., list[dict[str, Any]]]:
    """Return a function that lets the example receive bodies."""
    node = files("playwright") / "driver" / "node"  # comes with the browser tests

    def of(*bodies: str) -> list[dict[str, Any]]:
        certificate = (keys / "sns.pem").read_text()
        given = json.dumps({"bodies": bodies, "topic": TOPIC, "certificate": certificate})
        command = [str(node), "--input-type=module", "--eval", SCRIPT, EXAMPLE.as_uri(), given]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    return of


def test_what_sns_has_signed_is_received_and_confirmed(
    signed: Callable[..., str], receive: Callable[..., list[dict[str, Any]]]
) -> None:
    with_subject = NOTIFICATION | {"Subject": "one"}
    *events, confirmed = receive(
        signed(NOTIFICATION),
        signed(NOTIFICATION, version="1"),
        signed(with_subject),
        signed(CONFIRMATION),
    )
    assert [found["event"] for found in events] == [EVENT] * 3
    assert confirmed == {"event": None, "asked": [f"{SNS}/c.pem", CONFIRMATION["SubscribeURL"]]}


def test_what_somebody_else_says_is_refused(
    signed: Callable[..., str], receive: Callable[..., list[dict[str, Any]]]
) -> None:
    genuine = json.loads(signed(NOTIFICATION))
    elsewhere = "https://sns.eu-central-1.amazonaws.com.example.org/?Token=1"
    refused = receive(
        "no JSON",
        "null",
        json.dumps(NOTIFICATION),
        json.dumps(genuine | {"Message": json.dumps(EVENT | {"id": "2"})}),
        json.dumps(genuine | {"SignatureVersion": "3"}),
        signed(NOTIFICATION, by="stranger"),
        signed(NOTIFICATION, SigningCertURL=f"{elsewhere}.pem"),
        signed(NOTIFICATION, SigningCertURL="http://sns.eu-central-1.amazonaws.com/c.pem"),
        signed(NOTIFICATION | {"TopicArn": f"{TOPIC}-of-others"}),
        signed(CONFIRMATION | {"Type": "UnsubscribeConfirmation"}),
        signed(CONFIRMATION | {"SubscribeURL": elsewhere}),
    )
    assert [found.get("refused") for found in refused] == ["NotGenuine"] * len(refused)
    assert {url for found in refused for url in found["asked"]} <= {f"{SNS}/c.pem"}
