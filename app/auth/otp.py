"""One-time codes: made and hashed here, judged by the database, delivered by a code provider.

The database keeps a hash that is keyed with a secret which it does not know. So nobody with a copy of the database can
find a code by trying all six-digit numbers.
"""

import hashlib
import hmac
import secrets
import sys
from collections.abc import Sequence
from typing import Protocol

import httpx
import stamina
import structlog

from app.settings import ApiSettings

log = structlog.get_logger(__name__)

DELIVERY_TIMEOUT_SECONDS = 5.0
DELIVERY_ATTEMPTS = 3


class CodeProvider(Protocol):
    """Makes codes, and delivers them to phones."""

    def code(self) -> str:
        """Make a code of six digits."""

    async def deliver(self, phone: str, code: str) -> None:
        """Bring the code to the phone. Called after the request was answered, so that its time tells nothing."""

    async def close(self) -> None:
        """Close its connections."""


def random_code() -> str:
    """Make six digits that can't be guessed."""
    return f"{secrets.randbelow(1_000_000):06d}"


class ConsoleProvider:
    """Development: codes are printed where the API runs."""

    def code(self) -> str:
        """Make a code of six digits."""
        return random_code()

    async def deliver(self, phone: str, code: str) -> None:
        """Print the code."""
        sys.stdout.write(f"The code for {phone} is {code}\n")
        sys.stdout.flush()

    async def close(self) -> None:
        """Do nothing: there are no connections."""


class FixedProvider:
    """Development: every code is OTP_FIXED_CODE, and none is delivered."""

    def __init__(self, code: str) -> None:
        self._code = code

    def code(self) -> str:
        """Give the fixed code."""
        return self._code

    async def deliver(self, phone: str, code: str) -> None:
        """Do nothing: the code is known."""

    async def close(self) -> None:
        """Do nothing: there are no connections."""


class HttpProvider:
    """Production: POSTs `{"phone", "code"}` to a gateway; again when the gateway is busy or away."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(timeout=DELIVERY_TIMEOUT_SECONDS)

    def code(self) -> str:
        """Make a code of six digits."""
        return random_code()

    async def deliver(self, phone: str, code: str) -> None:
        """POST the code to the gateway. When the last attempt fails it is logged; the user asks for another code."""
        headers = {}
        traceparent = structlog.contextvars.get_contextvars().get("traceparent")
        if traceparent is not None:
            headers["traceparent"] = traceparent
        try:
            async for attempt in stamina.retry_context(on=_is_passing, attempts=DELIVERY_ATTEMPTS, wait_initial=0.2):
                with attempt:
                    reply = await self._client.post(self._url, json={"phone": phone, "code": code}, headers=headers)
                    reply.raise_for_status()
        except httpx.HTTPError as error:
            status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else None
            log.warning("code_not_delivered", error=type(error).__name__, status=status)

    async def close(self) -> None:
        """Close the connections to the gateway."""
        await self._client.aclose()


def _is_passing(error: Exception) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= 500 or error.response.status_code == 429
    return isinstance(error, httpx.TransportError)


def code_provider(settings: ApiSettings) -> CodeProvider:
    """The code provider that OTP_PROVIDER names."""
    match settings.otp_provider:
        case "console":
            return ConsoleProvider()
        case "fixed":
            return FixedProvider(settings.otp_fixed_code)
        case "http":
            assert settings.otp_http_url is not None, "validated with the settings"
            return HttpProvider(settings.otp_http_url)


class CodeHasher:
    """Hashes codes with keys derived from AUTH_JWT_SECRET and the old secrets, bound to phone and user type."""

    def __init__(self, secret: str, old_secrets: Sequence[str] = ()) -> None:
        self._keys = [
            hmac.digest(key.encode(), b"halobestie one-time codes", "sha256") for key in (secret, *old_secrets)
        ]

    def hashes(self, user_type: str, phone: str, code: str) -> list[bytes]:
        """Hash a code: as `otp_challenges` keeps it, then as it was kept before the secret changed."""
        said = f"{user_type}|{phone}|{code}".encode()
        return [hmac.digest(key, said, hashlib.sha256) for key in self._keys]
