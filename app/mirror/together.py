"""How the callers of one event-loop turn share one question."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

import structlog

from app.observability.faults import log_fault

log = structlog.get_logger(__name__)

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")
Asker = TypeVar("Asker")


class Together(Generic[Key, Answer]):
    """Collects the keys of all callers until the loop turns, or while a question is being answered, and asks once."""

    def __init__(self, ask: Callable[[Sequence[Key]], Awaitable[Sequence[Answer]]], *, most: int) -> None:
        """`ask` answers up to `most` different keys in the order of the keys, or raises for all of them."""
        self._ask = ask
        self._most = most
        self._waiting: list[tuple[Key, Callable[[Any, Answer | Exception], None], Any]] = []
        self._asking: asyncio.Task[None] | None = None

    def __call__(self, key: Key) -> asyncio.Future[Answer]:
        """The answer for `key`, shared with all callers who ask for the same key at the same time."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.tell(key, _settle, answer)
        return answer

    def tell(self, key: Key, caller: Callable[[Asker, Answer | Exception], None], asker: Asker) -> None:
        """The same without a future: `caller` is called with the asker, and with the answer or the error."""
        self._waiting.append((key, caller, asker))
        if self._asking is None:
            self._ask_soon()

    def _ask_soon(self) -> None:
        self._asking = asyncio.get_running_loop().create_task(self._ask_next())

    async def _ask_next(self) -> None:
        asking, self._waiting = self._waiting, []
        keys = _different(asking)
        if len(keys) > self._most:
            asking, self._waiting = asking[: self._most], asking[self._most :]
            keys = _different(asking)
        answers: Sequence[Answer | Exception]
        try:
            answers = await self._ask(keys)
        except Exception as error:  # noqa: BLE001  # each caller gets it
            answers = [error] * len(keys)
        except asyncio.CancelledError:
            self._asking = None
            raise
        if self._waiting:  # the next question goes out first: it is under way while these callers are told
            self._ask_soon()
            await asyncio.sleep(0)
        else:
            self._asking = None
        answer_of = dict(zip(keys, answers, strict=True))
        for key, caller, asker in asking:
            try:
                caller(asker, answer_of[key])
            except Exception as error:  # noqa: BLE001  # its fault takes no answer from the others
                log_fault(log, "answer_not_taken", error)


def _different(asking: Sequence[tuple[Key, Any, Any]]) -> list[Key]:
    return list(dict.fromkeys([key for key, _, _ in asking]))


def _settle(future: asyncio.Future[Answer], answer: Answer | Exception) -> None:
    if future.done():
        return  # its caller went away
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
