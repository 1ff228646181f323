"""Until when the certificates of servers are valid."""

import socket
import ssl
import struct
from datetime import datetime

from cryptography import x509

CONNECT_SECONDS = 5.0
_POSTGRES_SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # asks for TLS in PostgreSQL's protocol


def good_until(host: str, port: int, *, is_postgres: bool = False) -> datetime | None:
    """When a server's certificate ends, trusted or not; None when it is a PostgreSQL without TLS.

    Raises OSError (ssl.SSLError is one) when the server can't be reached, or is no PostgreSQL and has no TLS.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = (
        ssl.CERT_NONE
    )  # only its date is asked for; connections of the program itself decide whether they trust it
    with socket.create_connection((host, port), CONNECT_SECONDS) as plain:
        if is_postgres:
            plain.sendall(_POSTGRES_SSL_REQUEST)
            if plain.recv(1) != b"S":
                return None
        with context.wrap_socket(plain, server_hostname=host) as secure:
            certificate = secure.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(certificate).not_valid_after_utc if certificate else None
