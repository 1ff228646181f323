"""Passwords of control centre users: argon2id, checked in a thread, because one check takes a tenth of a second."""

import asyncio
import functools
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# A check takes 64 MiB and a core; more at once would starve the requests beside them.
CHECKS_AT_ONCE = 2

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Hash a password for `control_center_users.password_hash`."""
    return _hasher.hash(password)


@functools.cache
def _hash_of_nobody() -> str:
    return _hasher.hash(secrets.token_hex())


class PasswordCheck:
    """Compares passwords with hashes, a few at a time."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(CHECKS_AT_ONCE)

    async def is_right(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is the one; without a hash it takes as long and is not."""
        async with self._places:
            return await asyncio.to_thread(_matches, password, password_hash)


def _matches(password: str, password_hash: str | None) -> bool:
    try:
        _hasher.verify(password_hash or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None
