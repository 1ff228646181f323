"""Passwords of operators: argon2id, checked in threads, because one check takes a tenth of a second.

Tries beyond PLACES at the same time are refused, so that none waits long and holds a connection.
"""

import asyncio
import functools
import re
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

# The well-known passwords of twelve characters and more are made of these, of years and of signs.
_WORDS = (
    "admin", "demo", "dragon", "football", "halobestie", "iloveyou", "indonesia", "jakarta", "letmein", "login",
    "master", "mitra", "monkey", "operator", "password", "princess", "rahasia", "sandi", "sayang", "secret", "selamat",
    "sunshine", "superman", "welcome",
)  # fmt: skip
_KEYS_IN_A_ROW = (
    "abcdefghijklmnopqrstuvwxyz", "0123456789", "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)  # fmt: skip
_RUN = 3
_AS_LETTERS = str.maketrans("013457@$", "oieastas")

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
    elif len(set(_unforeseen(password, email))) < MINIMUM_DIFFERENT:
        fault = "This password is made of words and keys that are guessed first."
    else:
        return
    raise Problem("VALIDATION_ERROR", fault, field=field, hint="Four words that nobody connects with you are good.")


def _unforeseen(password: str, email: str) -> str:
    """What is left of a password without what everybody tries first: known words, keys in a row, one's own name."""
    rest = password.casefold()
    for row in (*_KEYS_IN_A_ROW, *(keys[::-1] for keys in _KEYS_IN_A_ROW)):
        for size in range(len(row), _RUN - 1, -1):
            for start in range(len(row) - size + 1):
                rest = rest.replace(row[start : start + size], "")
    rest = rest.translate(_AS_LETTERS)
    names = [name for name in re.split(r"[^a-z0-9]+", email.casefold()) if len(name) > _RUN]
    for word in (*_WORDS, *names):
        rest = rest.replace(word.translate(_AS_LETTERS), "")
    return rest


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
