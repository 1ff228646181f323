"""The doctor reads until when a server's certificate is good, and points out a way without any."""

import asyncio
import ssl
from pathlib import Path

import pytest

from app.cli.doctor import Mark, _certificate, postgres_way, valkey_way
from app.development.processes import free_port
from tests.support.certificates import certificate

POSTGRES_ASKS_FOR_TLS = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


@pytest.mark.parametrize(
    ("days", "mark", "words"),
    [(400, Mark.WELL, "is good until"), (10, Mark.NOTE, "renew it"), (-1, Mark.WRONG, "renew it")],
)
async def test_a_certificate_that_ends_soon_is_pointed_out_and_one_that_ended_is_wrong(
    tmp_path: Path, days: int, mark: Mark, words: str
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate(tmp_path, days=days))
    async with await asyncio.start_server(
        lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context
    ) as server:
        port = server.sockets[0].getsockname()[1]
        [finding] = await asyncio.to_thread(lambda: list(_certificate("certificate of Xendit", "127.0.0.1", port)))
    assert finding.mark == mark
    assert words in finding.words


async def test_a_postgresql_without_tls_needs_no_certificate_and_nobody_there_is_wrong(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readexactly(8))
        writer.write(b"N")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        found = await asyncio.to_thread(lambda: list(_certificate("c", "127.0.0.1", port, is_postgres=True)))
    assert (found, heard) == ([], [POSTGRES_ASKS_FOR_TLS])
    [finding] = _certificate("c", "127.0.0.1", free_port())
    assert finding.mark == Mark.WRONG


@pytest.mark.parametrize(
    ("url", "is_pointed_out"),
    [
        ("postgresql://halo_app@10.0.0.5/halobestie", True),
        ("postgresql://halo_app@10.0.0.5/halobestie?sslmode=require", True),
        ("postgresql://halo_app@10.0.0.5/halobestie?sslmode=verify-full&sslrootcert=system", False),
        ("postgresql://halo_app@127.0.0.1,db.example/halobestie", True),
        ("postgresql://halo_app@127.0.0.1/halobestie", False),
        ("postgresql://halo_app@localhost/halobestie", False),
        ("postgresql://halo_app@/halobestie?host=/cloudsql/a:b:c", False),
        ("valkey://10.0.0.6", True),
        ("valkeys://10.0.0.6", False),
        ("valkeys://10.0.0.6?ssl_cert_reqs=none", True),
        ("valkey://127.0.0.1:6379/0", False),
        ("valkey+sentinel://10.0.0.6,10.0.0.7/master", True),
    ],
)
def test_a_way_on_which_others_could_read_along_is_pointed_out(url: str, is_pointed_out: bool) -> None:
    found = [*(postgres_way(url) if url.startswith("postgresql") else valkey_way(url))]
    assert [finding.mark for finding in found] == ([Mark.NOTE] if is_pointed_out else [])
