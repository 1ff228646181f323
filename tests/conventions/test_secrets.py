"""No file of this repository holds a secret; keys that are planted here are found.

A pattern for each kind of key that this system or its hosts use, and one for a random word that is called a secret.
"""

import base64
import math
import re
import secrets
import subprocess
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.sources import DB

ROOT = DB.parent

KINDS = {
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/=\\n]{60}",
    "Xendit": r"\bxnd_(?:public_)?(?:production|development)_[A-Za-z0-9]{24,}",
    "Google": r"\bAIza[A-Za-z0-9_-]{35}\b",
    "Google OAuth": r"\bGOCSPX-[A-Za-z0-9_-]{28}\b",
    "AWS": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "GitHub": r"\b(?:gh[oprsu]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b",
    "PyPI": r"\bpypi-[A-Za-z0-9_-]{50,}",
    "npm": r"\bnpm_[A-Za-z0-9]{36}\b",
    "Slack": r"\bxox[abposr]-[A-Za-z0-9-]{20,}",
    "token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{30,}",
}
_KINDS = {kind: re.compile(pattern) for kind, pattern in KINDS.items()}
_CALLED_SECRET = re.compile(
    r"""(?i)\b\w*(?:secret|token|password|passwd|credential|api_?key)\w*["']?\s*[:=]\s*["']?([A-Za-z0-9+/_=-]{20,})"""
)
_IN_URL = re.compile(r"\b\w+://[^\s:/@'\"{}<>$]+:([^\s:/@'\"{}<>$]{16,})@")
# A random word of 20 letters and digits has some 4 bits a letter, of 32 hexadecimal digits 3.5; a sentence has less.
BITS = 3.9
HEX_BITS = 3.3
_HEX = re.compile(r"[0-9a-fA-F]{32,}")
_SHOWN = re.compile(r"012345|only-tests-know")
"""In what stands for a secret in documents and tests, so that everybody sees that it is none."""


def entropy(word: str) -> float:
    """Bits a letter, by how often each letter is in the word."""
    return -sum(n / len(word) * math.log2(n / len(word)) for n in Counter(word).values())


def keys_in(text: str) -> Iterator[str]:
    """What looks like a secret, by its kind."""
    for kind, pattern in _KINDS.items():
        yield from (f"{kind}: {found[0][:16]}…" for found in pattern.finditer(text))
    for found in [*_CALLED_SECRET.finditer(text), *_IN_URL.finditer(text)]:
        word = found[1]
        bits = HEX_BITS if _HEX.fullmatch(word) else BITS
        is_mixed = re.search(r"\d", word) and re.search(r"[A-Za-z]", word)
        if is_mixed and entropy(word) > bits and not _SHOWN.search(word):
            yield f"called a secret: {word[:8]}…"


def files() -> Iterator[tuple[str, str]]:
    """Every file that git knows, and its text."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in names.split("\0"):
        path = ROOT / name
        if name and path.is_file():
            yield name, path.read_text(errors="replace")


def test_no_file_holds_a_secret() -> None:
    found = {name: keys for name, text in files() if (keys := [*keys_in(text)])}
    assert found == {}


def random_word(size: int) -> str:
    """With letters and digits, as nearly every random word has."""
    return "a1" + secrets.token_urlsafe(size).replace("-", "x").replace("_", "y")[: size - 2]


PLANTED = {
    "private key": "-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(secrets.token_bytes(60)).decode(),
    "Xendit": "xnd_" + "production_" + random_word(48),
    "Google": "AIza" + random_word(35),
    "AWS": "AKIA" + secrets.token_hex(8).upper(),
    "GitHub": "ghp_" + random_word(36),
    "Slack": "xoxb-" + random_word(40),
    "a setting": f"AUTH_JWT_SECRET={random_word(43)}",
    "JSON": f'"password": "{random_word(32)}"',
    "hexadecimal": f"api_key = '{secrets.token_hex(32)}'",
    "an address": f"DATABASE_URL=postgresql://halo_app:{random_word(32)}@10.0.0.5/halobestie",
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_key_is_found(kind: str) -> None:
    assert [*keys_in(f"before\n{PLANTED[kind]}\nafter")]


def test_a_token_of_ours_is_found() -> None:
    parts = (base64.urlsafe_b64encode(secrets.token_bytes(40)).decode() for _ in range(3))
    header, claims, signature = (part.rstrip("=") for part in parts)
    assert [*keys_in(f"eyJ{header}.eyJ{claims}.{signature}")]
