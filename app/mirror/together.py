"""How the callers of one event-loop turn share one question."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from itertools import islice
from typing import Generic, TypeVar

import structlog

from app.observability.faults import log_fault

log = structlog.get_logger(__name__)

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class Together(Generic[Key, Answer]):
    """Collects the keys of all callers until the loop turns, or while a question is being answered, and asks once."""

    def __init__(self, ask: Callable[[Sequence[Key]], Awaitable[Sequence[Answer]]], *, most: int) -> None:
        """`ask` answers up to `most` different keys in the order of the keys, or raises for all of them."""
        self._ask = ask
        self._most = most
        self._waiting: dict[Key, list[Callable[[Answer | Exception], None]]] = {}
        self._asking: asyncio.Task[None] | None = None

    def __call__(self, key: Key) -> asyncio.Future[Answer]:
        """The answer for `key`, shared with all callers who ask for the same key at the same time."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.tell(key, partial(_settle, answer))
        return answer

    def tell(self, key: Key, caller: Callable[[Answer | Exception], None]) -> None:
        """The same for a caller that is called with the answer, or with the error: that costs less than a future."""
        callers = self._waiting.get(key)
        if callers is None:
            self._waiting[key] = [caller]
        else:
            callers.append(caller)
        if self._asking is None:
            self._ask_soon()

    def _ask_soon(self) -> None:
        self._asking = asyncio.get_running_loop().create_task(self._ask_next())

    async def _ask_next(self) -> None:
        if len(self._waiting) <= self._most:
            asked, self._waiting = self._waiting, {}
        else:
            asked = {key: self._waiting.pop(key) for key in list(islice(self._waiting, self._most))}
        answers: Sequence[Answer | Exception]
        try:
            answers = await self._ask(list(asked))
        except Exception as error:  # noqa: BLE001  # each caller gets it
            answers = [error] * len(asked)
        except asyncio.CancelledError:
            self._asking = None
            raise
        if self._waiting:  # the next question goes out first: it is under way while these callers are told
            self._ask_soon()
            await asyncio.sleep(0)
        else:
            self._asking = None
        for callers, answer in zip(asked.values(), answers, strict=True):
            for caller in callers:
                try:
                    caller(answer)
                except Exception as error:  # noqa: BLE001  # its fault takes no answer from the others
                    log_fault(log, "answer_not_taken", error)


def _settle(future: asyncio.Future[Answer], answer: Answer | Exception) -> None:
    if future.done():
        return  # its caller went away
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
