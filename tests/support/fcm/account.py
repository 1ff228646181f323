"""The service account of a project that only these tests know, with a key that is thrown away."""

import json
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PROJECT = "halobestie-test"
EMAIL = f"pusher@{PROJECT}.iam.gserviceaccount.com"


@cache
def key() -> rsa.RSAPrivateKey:
    """The account's key; making one takes a while, so there is one for all."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def write_credentials(path: Path, *, token_uri: str) -> Path:
    """What Firebase's console would have given out for this account."""
    pem = key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "of-this-test",
        "private_key": pem.decode(),
        "client_email": EMAIL,
        "token_uri": token_uri,
    }
    path.write_text(json.dumps(account))
    return path
