"""How the callers of one event-loop turn share one question."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from itertools import islice
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class Together(Generic[Key, Answer]):
    """Collects the keys of all callers until the loop turns, or while a question is being answered, and asks once."""

    def __init__(self, ask: Callable[[Sequence[Key]], Awaitable[Sequence[Answer]]], *, most: int) -> None:
        """`ask` answers up to `most` different keys in the order of the keys, or raises for all of them."""
        self._ask = ask
        self._most = most
        self._waiting: dict[Key, list[asyncio.Future[Answer]]] = {}
        self._asking: asyncio.Task[None] | None = None

    def __call__(self, key: Key) -> asyncio.Future[Answer]:
        """The answer for `key`, shared with all callers who ask for the same key at the same time."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.setdefault(key, []).append(answer)
        if self._asking is None:
            self._asking = loop.create_task(self._ask_all())
        return answer

    async def _ask_all(self) -> None:
        try:
            while self._waiting:
                keys = list(islice(self._waiting, self._most))
                callers = [self._waiting.pop(key) for key in keys]
                try:
                    answers = await self._ask(keys)
                except Exception as error:  # noqa: BLE001  # each caller gets it
                    for futures in callers:
                        _tell(futures, error)
                else:
                    for futures, answer in zip(callers, answers, strict=True):
                        _tell(futures, answer)
        finally:
            self._asking = None


def _tell(futures: list[asyncio.Future[Answer]], outcome: Answer | Exception) -> None:
    for future in futures:
        if future.done():
            continue  # its caller went away
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
