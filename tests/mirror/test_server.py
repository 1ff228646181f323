"""The one link to Valkey: pipelined, replaced when it breaks."""

import asyncio
import signal

import pytest

from app.development.valkey import EmbeddedValkey
from app.mirror.server import Server
from app.settings import ValkeySettings
from app.valkey.answers import Away, RefusedByValkey
from app.valkey.link import Link
from tests.support.mirror import Mirror, Truth
from tests.support.valkey_client import client_of
from tests.support.waiting import PATIENCE_SECONDS, eventually


async def test_concurrent_requests_share_the_link_and_get_their_own_answers(server: Server) -> None:
    answers = await asyncio.gather(*(server.command("ECHO", f"{number}" * 50) for number in range(1000)))
    assert answers == [f"{number}".encode() * 50 for number in range(1000)]
    clients = (await server.command("CLIENT", "LIST")).decode()
    assert clients.count("name=test") == 1


async def test_a_large_answer_is_read_whole(server: Server) -> None:
    await server.command("SET", "large", b"x" * 3_000_000)
    assert await server.command("GET", "large") == b"x" * 3_000_000


async def test_a_caller_that_goes_away_does_not_shift_the_answers_of_others(server: Server) -> None:
    leaving = asyncio.create_task(server.command("ECHO", "leaving"))
    staying = asyncio.create_task(server.command("ECHO", "staying"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == b"staying"
    assert await server.command("ECHO", "next") == b"next"


async def test_an_error_is_its_callers_alone(server: Server) -> None:
    outcomes = await asyncio.gather(
        server.command("ECHO", "before"), server.command("INCR", "not", "so"), server.command("ECHO", "after"),
        return_exceptions=True,
    )  # fmt: skip
    assert [outcomes[0], outcomes[2]] == [b"before", b"after"]
    assert isinstance(outcomes[1], RefusedByValkey)


async def test_a_cut_link_is_replaced(server: Server) -> None:
    identity = await server.command("CLIENT", "ID")
    with pytest.raises(Away):
        await server.command("CLIENT", "KILL", "ID", identity, "SKIPME", "no")
        await server.command("PING")

    async def replaced() -> bool:
        return server.is_up and await server.command("CLIENT", "ID") != identity

    await eventually(replaced, "there is another link")


async def test_scripts_that_the_server_forgot_are_sent_again(mirror: Mirror) -> None:
    truths = [Truth() for _ in range(5)]
    await mirror.seed(*truths)
    await mirror.server.command("SCRIPT", "FLUSH")
    answers = await asyncio.gather(
        *(mirror.server.run(mirror.server.scripts.beat, str(truth.mitra_id)) for truth in truths)
    )
    assert answers == [1] * 5


@pytest.mark.not_on("cluster", "a node of a cluster is made a replica by the cluster")
async def test_a_primary_that_became_a_replica_is_left(own_valkey: EmbeddedValkey) -> None:
    settings = ValkeySettings(valkey_url=own_valkey.url)
    server = await Server.open(settings, name="test", timeout=5)
    mirror = Mirror(server, settings)
    with client_of(own_valkey.url) as admin:
        await mirror.seed(Truth())
        admin.replicaof("127.0.0.1", "1")
        with pytest.raises(Away):
            await mirror.write(Truth())
        assert not server.is_up
        admin.replicaof("NO", "ONE")

        async def is_up() -> bool:
            return server.is_up

        await eventually(is_up, "the link is back")
        await mirror.write(Truth())
    await server.close()


async def test_an_idle_link_to_a_hanging_server_is_noticed(
    own_valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.mirror.server.PROOF_SECONDS", 0.05)
    monkeypatch.setattr("app.mirror.server.PROOF_TIMEOUT_SECONDS", 0.1)
    server = await Server.open(ValkeySettings(valkey_url=own_valkey.url), name="test", timeout=5)
    own_valkey.child.send_signal(signal.SIGSTOP)

    async def is_down() -> bool:
        return not server.is_up

    await eventually(is_down, "the silence was noticed")
    own_valkey.child.send_signal(signal.SIGCONT)

    async def is_up() -> bool:
        return server.is_up

    await eventually(is_up, "the link is back")
    await server.close()


async def test_whoever_waits_for_connections_is_told_of_each(own_valkey: EmbeddedValkey) -> None:
    server = await Server.open(ValkeySettings(valkey_url=own_valkey.url), name="test", timeout=5)
    told = asyncio.Event()
    server.on_up.append(told.set)
    own_valkey.kill()
    own_valkey.start()
    await asyncio.wait_for(told.wait(), PATIENCE_SECONDS)
    await server.close()


async def test_whatever_goes_wrong_with_connecting_the_next_attempt_comes(
    valkey_settings: ValkeySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, failures = Server._connect, iter([UnicodeError("no such host can be"), StopIteration()])

    async def fail_first(server: Server) -> Link:
        if (error := next(failures, None)) is not None:
            raise error
        return await connect(server)

    monkeypatch.setattr(Server, "_connect", fail_first)
    async with asyncio.timeout(PATIENCE_SECONDS):
        server = await Server.open(valkey_settings, name="test", timeout=5)

        async def is_up() -> bool:
            return server.is_up

        await eventually(is_up, "connected")
    await server.close()
