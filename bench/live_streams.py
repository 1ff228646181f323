"""What open streams of the dashboard cost the internal app while nothing changes.

python -m bench.live_streams [--streams 50] [--seconds 20]
"""

import argparse
import asyncio

import httpx

from bench.heavy_reports import operator_token
from bench.stage import SECRET, Stage, row, stage

STREAM = "/internal/dashboard/stream"


async def measure(on: Stage, port: int, token: str, streams: int, seconds: float) -> str:
    """The processor's share that the app and PostgreSQL use, first without any stream."""
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=streams)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=None) as client:
        events = 0

        async def watch() -> None:
            nonlocal events
            async with client.stream("GET", STREAM, headers=headers) as answer:
                if answer.is_error:
                    raise RuntimeError(await answer.aread())
                async for line in answer.aiter_lines():
                    events += line.startswith("data:")

        shares = []
        watching: list[asyncio.Task[None]] = []
        for _ in range(2):
            await asyncio.sleep(3)
            before = on.processor_seconds()
            await asyncio.sleep(seconds)
            after = on.processor_seconds()
            shares.append({name: 100 * (after[name] - before[name]) / seconds for name in before})
            if not watching:
                watching = [asyncio.create_task(watch()) for _ in range(streams)]
        for task in watching:
            if task.done():
                task.result()
            task.cancel()
    without, having = shares
    return (
        f"{having['internal'] - without['internal']:.1f} % of a core in the app,"
        f" {having['PostgreSQL'] - without['PostgreSQL']:.1f} % in PostgreSQL; events sent {events}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    with stage() as on:
        on.pairs(100)
        with on.connect() as conn:
            token = operator_token(conn)
        with on.serving("internal", "halo_cc", "INTERNAL_PORT", AUTH_JWT_SECRET=SECRET) as port:
            result = asyncio.run(measure(on, port, token, arguments.streams, arguments.seconds))
    print(row(f"{arguments.streams} streams, nothing changes", "python -m bench.live_streams", result))


if __name__ == "__main__":
    main()
