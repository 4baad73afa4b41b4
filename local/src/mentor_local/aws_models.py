"""The AWS models that the services read at their start, read once for all processes forked later.

To be imported by a fork server, after the services. Nothing of an environment or a login is kept:
the session that the children inherit asks for both when a client is made.
"""

from __future__ import annotations

import asyncio
import gc

import boto3

from mentor_common.consumer import SqsQueue

_UNUSED_LOGIN = {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}

boto3.client("s3", region_name="us-east-1", **_UNUSED_LOGIN)
boto3.client("sns", region_name="us-east-1", **_UNUSED_LOGIN)
boto3.client("dynamodb", region_name="us-east-1", **_UNUSED_LOGIN)


async def _connect() -> None:
    async with SqsQueue.connect("us-east-1", "", ""):
        pass


asyncio.run(_connect())

# The memory stays shared: no child's garbage collection writes into these objects.
gc.collect()
gc.freeze()
