"""Passwords of operators: argon2id, checked in threads, because one check takes a tenth of a second.

Tries beyond PLACES at the same time are refused, so that none waits long and holds a connection.
"""

import asyncio
import functools
import secrets
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.problems import Problem

# A check takes 64 MiB and a processor; more at once would slow down all other requests.
CHECKS_AT_ONCE = 2
# The last in the queue waits less than a second on a machine that is not busy.
PLACES = 10
RETRY_AFTER_SECONDS = 2

MINIMUM_LENGTH = 12
MINIMUM_DIFFERENT = 5

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Hash a password for `control_center_users.password_hash`."""
    return _hasher.hash(password)


def require_good(password: str, *, field: str, email: str) -> None:
    """Refuse with VALIDATION_ERROR a new password that is guessed first."""
    if len(password) < MINIMUM_LENGTH:
        fault = f"A password has at least {MINIMUM_LENGTH} characters."
    elif len(set(password)) < MINIMUM_DIFFERENT:
        fault = f"A password has at least {MINIMUM_DIFFERENT} different characters."
    elif password.casefold() == email.casefold():
        fault = "The e-mail address is no password."
    else:
        return
    raise Problem("VALIDATION_ERROR", fault, field=field, hint="Four words that nobody connects with you are good.")


@functools.cache
def _hash_of_nobody() -> str:
    return _hasher.hash(secrets.token_hex())


class PasswordCheck:
    """Hashes passwords and compares them with hashes, a few at a time, in threads of its own."""

    def __init__(self) -> None:
        self._taken = 0
        self._threads = ThreadPoolExecutor(CHECKS_AT_ONCE, thread_name_prefix="passwords")

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Take a place in the queue; refuses with `RATE_LIMITED` when there is none."""
        if self._taken >= PLACES:
            raise Problem("RATE_LIMITED", headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def is_right(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is right. Without a hash (an unknown user) the answer is no, and takes as long."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _matches, password, password_hash)

    async def hashed(self, password: str) -> str:
        """Hash a new password."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, hash_password, password)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _matches(password: str, password_hash: str | None) -> bool:
    try:
        _hasher.verify(password_hash or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None
