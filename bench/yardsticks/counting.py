"""Whether anybody is available, counted anew from every mitra's own keys: the way without an index."""

import os
from datetime import UTC, datetime, timedelta

import msgspec
import valkey.asyncio

from bench.yardsticks.bare import Receive, Scope, Send

MAXIMUM = 3
STALE = timedelta(hours=1)
MITRAS_AT_ONCE = 1000

_client = valkey.asyncio.Valkey.from_url(os.environ.get("VALKEY_URL", "valkey://127.0.0.1"))


async def counted(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    """Answer everything with the number of mitras that are available."""
    mitras = list(await _client.sdiff(["mitras:online", "mitras:deactivated"]))
    since = (datetime.now(UTC) - STALE).isoformat().encode()
    available = 0
    for first in range(0, len(mitras), MITRAS_AT_ONCE):
        pipeline = _client.pipeline(transaction=False)
        for mitra in mitras[first : first + MITRAS_AT_ONCE]:
            pipeline.get(b"mitra:capacity:" + mitra)
            pipeline.get(b"mitra:heartbeat:" + mitra)
        answers = await pipeline.execute()
        for capacity, heartbeat in zip(answers[::2], answers[1::2], strict=True):
            available += int(capacity or 0) < MAXIMUM and (heartbeat or b"") >= since
    body = msgspec.json.encode({"available": available > 0, "available_mitras": available})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
