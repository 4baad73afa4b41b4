"""The emulator's command and environment, and an emulator for tests."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self

REGION = "us-east-1"
ACCOUNT = "000000000000"
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 -- the emulator's fixed credential, worth nothing elsewhere

_LAUNCHER = Path(__file__).with_name("launcher.py")
_REPOSITORY = Path(__file__).parents[4]
_START_SECONDS = 30
_STOP_SECONDS = 10
_LOG_TAIL = 4000


class EmulatorError(Exception):
    """The emulator cannot be started, or does not answer."""


def emulator_command() -> tuple[str, ...]:
    """Return the command that runs the launcher with the emulator's own interpreter.

    The interpreter is ``MENTOR_UPLOAD_EMULATOR_PYTHON``, or else ``.venv-emulator/bin/python`` at
    the root of the repository.

    Raises
    ------
    EmulatorError
        When that interpreter is missing.
    """
    default = _REPOSITORY / ".venv-emulator" / "bin" / "python"
    python = Path(os.environ.get("MENTOR_UPLOAD_EMULATOR_PYTHON") or default)
    if not python.exists():
        raise EmulatorError(f"the emulator's Python {python} is missing: run `make setup`")
    return str(python), "-I", str(_LAUNCHER)  # -I: nothing of our environment or folder leaks in


def emulator_environment(port: int, folder: Path, *, persist: bool) -> dict[str, str]:
    """Return the whole environment of an emulator process."""
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "STATE_DIR": str(folder / "state" / "current"),
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(temporary),
        "ACTIONS_FILE": str(folder / "actions.txt"),
        "PERSIST_STATE": str(int(persist)),
        "S3_PERSIST": str(int(persist)),
        "LOG_LEVEL": "ERROR",
        # What it would otherwise open or reap beside its one port:
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{temporary}/no-docker.sock",
        "PYTHONUNBUFFERED": "1",
    }


class Emulator:
    """An emulator for tests: a free port, an empty account, nothing kept unless asked.

    With ``folder`` its state outlives the process there.

    Examples
    --------
    >>> with Emulator() as emulator:  # doctest: +SKIP
    ...     stack = provision(emulator.endpoint)
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._kept = folder
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log: Path | None = None
        self.port = 0

    @property
    def endpoint(self) -> str:
        """``http://localhost:{port}``, valid while the emulator runs."""
        return f"http://localhost:{self.port}"

    @property
    def pid(self) -> int:
        """Process id, for tests that end the process.

        Raises
        ------
        EmulatorError
            When it is not running.
        """
        if self._process is None:
            raise EmulatorError("the emulator is not running")
        return self._process.pid

    def start(self) -> None:
        """Start the process and return once it answers.

        Raises
        ------
        EmulatorError
            When its interpreter is missing or it does not answer; the message ends with its log.
        """
        command = emulator_command()
        self._temporary = tempfile.TemporaryDirectory(prefix="mentor-upload-emulator-")
        folder = self._kept or Path(self._temporary.name)
        self._log = Path(self._temporary.name) / "emulator.log"
        # The socket is opened here and inherited: no other process can take the port meanwhile,
        # and a request sent before the emulator is up simply waits in the socket's queue.
        with (
            socket.create_server(("127.0.0.1", self.port)) as listener,
            self._log.open("wb") as log,
        ):
            self.port = listener.getsockname()[1]
            environment = emulator_environment(self.port, folder, persist=self._kept is not None)
            environment["EMULATOR_LISTEN_FD"] = str(listener.fileno())
            self._process = subprocess.Popen(
                command,
                env=environment,
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C on the tests is theirs to handle
            )
        try:
            self._request("GET", "/_ministack/health")
        except EmulatorError:
            self.stop()
            raise

    def reset(self) -> None:
        """Empty the account: everything that was created is gone."""
        self._request("POST", "/_ministack/reset")

    def save_baseline(self) -> None:
        """Remember everything but the objects in buckets, for :meth:`restore_baseline`."""
        self._request("POST", "/_baseline/save")

    def restore_baseline(self) -> None:
        """Bring the account back to the saved baseline: what was created or changed since is gone.

        Without a saved baseline the account is empty.
        """
        self._request("POST", "/_baseline/restore")

    def kill(self) -> None:
        """End the process as ``kill -9`` does and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._clean_up()

    def stop(self) -> None:
        """End the process in an orderly way, which saves its state when that is kept."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._clean_up()

    def _clean_up(self) -> None:
        self._process = None
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self.stop()

    def _request(self, method: str, path: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_START_SECONDS)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            response.read()
        except OSError as error:
            raise EmulatorError(f"the emulator does not answer: {error}\n{self._tail()}") from error
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise EmulatorError(f"{method} {path} answered {response.status}\n{self._tail()}")

    def _tail(self) -> str:
        text = self._log.read_text(errors="replace") if self._log and self._log.exists() else ""
        return text[-_LOG_TAIL:]
