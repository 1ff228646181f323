"""Access tokens (JWT, HS256) and refresh tokens (opaque).

An access token is believed until it expires, and the database is not asked. A refresh token is 256 bits; the database
keeps only its SHA-256. The first refresh token of a login is random. Each later one is derived from the one before it,
so that every instance gives the same answer to a token that comes twice.
"""

import base64
import hashlib
import hmac
import secrets
import time
import uuid
from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import jwt
import msgspec

from app.problems import Problem

UserType = Literal["customer", "mitra", "cc"]

ALGORITHM = "HS256"
ISSUER = "halobestie"
AUDIENCE = "halobestie-api"
ACCESS_TTL_SECONDS = 15 * 60
IAT_LEEWAY_SECONDS = 10
"""How far ahead the clock of the instance that issued a token may be."""

CACHED_TOKENS = 50_000
LONGEST_TOKEN = 2_048


class Claims(msgspec.Struct, frozen=True):
    """What an access token says: the user (`sub`, `typ`), the login (`sid`), since when (`iat`) and until when (`exp`).

    Times are seconds since 1970.
    """

    sub: UUID
    typ: UserType
    sid: UUID
    exp: int
    iat: int
    jti: str

    @property
    def user(self) -> str:
        """The user as streams, leases and idempotency keys name them: `<type>:<id>`."""
        return f"{self.typ}:{self.sub}"


def key_id(secret: str) -> str:
    """A name for a signing key, which does not reveal the key."""
    return hashlib.sha256(b"halobestie key id " + secret.encode()).hexdigest()[:16]


class Tokens:
    """Issues access tokens with the present secret, and reads tokens that are signed with it or with an old secret."""

    def __init__(self, secret: str, old_secrets: Sequence[str] = ()) -> None:
        self._kid = key_id(secret)
        self._secret = secret
        self._keys = {key_id(key): key for key in (*old_secrets, secret)}
        # The present secret first: an old secret is tried only when the database has another successor.
        self._refresh_keys = [
            hmac.digest(key.encode(), b"halobestie refresh tokens", "sha256") for key in (secret, *old_secrets)
        ]
        self._read: dict[str, Claims] = {}

    def issue(self, user_type: UserType, user_id: UUID, auth_session_id: UUID) -> str:
        """Sign an access token that lives for `ACCESS_TTL_SECONDS`."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "typ": user_type,
            "sid": str(auth_session_id),
            "iat": now,
            "exp": now + ACCESS_TTL_SECONDS,
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM, headers={"kid": self._kid})

    def read(self, token: str) -> Claims:
        """The claims of a token; refuses with `UNAUTHENTICATED` a token that is wrong or has expired.

        Checking a signature takes some 80 µs, so a checked token is remembered; its expiry is checked each time.
        """
        claims = self._read.get(token)
        if claims is None:
            claims = self._verify(token)
            if len(self._read) >= CACHED_TOKENS:
                del self._read[next(iter(self._read))]  # the oldest, which expires first
            self._read[token] = claims
        if claims.exp <= time.time():
            self._read.pop(token, None)
            raise Problem("UNAUTHENTICATED", "The access token has expired.", hint="Refresh it.")
        return claims

    def recall(self, token: str) -> Claims | None:
        """The claims of a token that was read before and has not expired; None for any other."""
        claims = self._read.get(token)
        return None if claims is None or claims.exp <= time.time() else claims

    def _verify(self, token: str) -> Claims:
        if len(token) > LONGEST_TOKEN:
            raise Problem("UNAUTHENTICATED")
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            secret = self._keys.get(kid) if isinstance(kid, str) else None
            if secret is None:
                raise Problem("UNAUTHENTICATED")
            claims = jwt.decode(
                token,
                secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                # PyJWT has one leeway for all times. `exp` gets none, so `iat` is checked below.
                options={
                    "require": ["sub", "typ", "sid", "exp", "iat", "jti"],
                    "strict_aud": True,
                    "verify_iat": False,
                },
            )
            believed = msgspec.convert(claims, Claims)
        except jwt.ExpiredSignatureError:
            raise Problem("UNAUTHENTICATED", "The access token has expired.", hint="Refresh it.") from None
        except (jwt.InvalidTokenError, msgspec.ValidationError, ValueError):
            # ValueError: a hostile header can hold what the readers of JSON and base64 don't expect.
            raise Problem("UNAUTHENTICATED") from None
        if believed.iat > time.time() + IAT_LEEWAY_SECONDS:
            raise Problem("UNAUTHENTICATED", "The access token was issued in the future.")
        return believed

    def successor(self, refresh_token: str, generation: int) -> str:
        """The refresh token that follows this one, in this generation, made with the present secret."""
        return _derive(self._refresh_keys[0], refresh_token, generation)

    def known_successor(self, refresh_token: str, generation: int, successor_hash: bytes) -> str | None:
        """The successor that has this hash, made with the present or an old secret; None when no secret makes it."""
        derived = (_derive(key, refresh_token, generation) for key in self._refresh_keys)
        return next((token for token in derived if hmac.compare_digest(refresh_hash(token), successor_hash)), None)


def _derive(key: bytes, refresh_token: str, generation: int) -> str:
    derived = hmac.digest(key, f"{refresh_token}|{generation}".encode(), "sha256")
    return base64.urlsafe_b64encode(derived).rstrip(b"=").decode()


def new_refresh_token() -> tuple[str, bytes]:
    """Make the first refresh token of a login. Returns the token, for the client, and its hash, for the database."""
    token = secrets.token_urlsafe(32)
    return token, refresh_hash(token)


def refresh_hash(token: str) -> bytes:
    """The hash of a refresh token that the database keeps; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).digest()
