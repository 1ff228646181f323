"""The end of an instance."""

import asyncio

from tests.support.market import Person
from tests.support.sockets import Api


async def test_shutdown_closes_every_socket_with_1012(api: Api, mitra: Person, customer: Person) -> None:
    async with api.open(mitra) as one, api.open(customer) as other:
        stopping = asyncio.create_task(api.stop())
        assert await one.closed() == 1012
        assert await other.closed() == 1012
        await stopping
