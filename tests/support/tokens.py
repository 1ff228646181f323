"""The secret that signs access tokens in tests, and how a request carries a token."""

import hashlib

TEST_JWT_SECRET = "a-secret-that-only-tests-know-0123456789"


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def sha256(text: str) -> bytes:
    """A refresh token's hash."""
    return hashlib.sha256(text.encode()).digest()
