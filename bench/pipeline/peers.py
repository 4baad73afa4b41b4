"""Others that consume from SQS, each as its documentation starts it; run in ``.venv-pipeline``.

``peers.py NAME fill`` sends the messages of a peer, ``peers.py NAME consume`` consumes them, ten at
once, with a visibility timeout of 60 s.
"""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
import celery
import dramatiq
from dramatiq_sqs import SQSBroker
from stopwatch import MESSAGES, QUEUE, SLOTS, WARM_UP, Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable

_SENDERS = 8
_VISIBILITY_SECONDS = 60
_watch = Stopwatch()
_counting = threading.Lock()
_done = threading.Event()


def handled() -> None:
    """Count a message, in whichever thread."""
    with _counting:
        if _watch.handled():
            _done.set()


def run_dramatiq(step: str) -> None:
    """Fill or consume with dramatiq_sqs: one process of ten threads."""
    broker = SQSBroker(visibility_timeout=_VISIBILITY_SECONDS)
    dramatiq.set_broker(broker)
    nothing = dramatiq.actor(handled, queue_name=QUEUE, actor_name="nothing")
    if step == "fill":
        fill(nothing.send)
        return
    worker = dramatiq.Worker(broker, worker_threads=SLOTS)
    worker.start()
    _done.wait()
    worker.stop()


def run_celery(step: str) -> None:
    """Fill or consume with celery[sqs]: ten threads, acknowledged when the work is done."""
    host = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    app = celery.Celery("bench", broker=f"sqs://test:test@{host}")
    app.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_acks_late=True,
        worker_enable_remote_control=False,
        broker_transport_options={
            "region": os.environ["AWS_DEFAULT_REGION"],
            "visibility_timeout": _VISIBILITY_SECONDS,
            "wait_time_seconds": 1,
            "is_secure": False,
        },
    )
    nothing = app.task(handled, name="nothing")
    if step == "fill":
        fill(nothing.delay)
        return

    def leave() -> None:
        _done.wait()
        os._exit(0)

    threading.Thread(target=leave, daemon=True).start()
    alone = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=ERROR")
    app.worker_main(["worker", "--pool=threads", f"--concurrency={SLOTS}", *alone])


def run_bare(step: str) -> None:
    """Fill or consume with boto3 alone: ten are received and deleted by one call each."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
    if step == "fill":
        fill(lambda: sqs.send_message(QueueUrl=url, MessageBody="nothing"))
        return
    while not _done.is_set():
        messages = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=SLOTS,
            WaitTimeSeconds=1,
            VisibilityTimeout=_VISIBILITY_SECONDS,
        ).get("Messages", [])
        for _ in messages:
            handled()
        if messages:
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ]
            sqs.delete_message_batch(QueueUrl=url, Entries=entries)


def fill(send: Callable[[], Any]) -> None:
    """Send all messages; the first one makes the queue."""
    send()
    with ThreadPoolExecutor(_SENDERS) as pool:
        list(pool.map(lambda _: send(), range(MESSAGES + WARM_UP - 1)))


PEERS = {"bare boto3 loop": run_bare, "dramatiq_sqs": run_dramatiq, "celery": run_celery}

if __name__ == "__main__":
    PEERS[sys.argv[1]](sys.argv[2])
