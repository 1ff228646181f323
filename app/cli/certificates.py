"""Until when the certificates of the servers that settings name are good."""

import socket
import ssl
import struct
from datetime import datetime

from cryptography import x509

CONNECT_SECONDS = 5.0
_POSTGRES_SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # as its protocol asks for TLS


def good_until(host: str, port: int, *, is_postgres: bool = False) -> datetime | None:
    """The end of a server's certificate, whoever signed it; None where a PostgreSQL speaks no TLS.

    Raises OSError, which ssl.SSLError is, when the server can't be reached or speaks no TLS.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # its date is asked for; whether it is trusted, the connection itself decides
    with socket.create_connection((host, port), CONNECT_SECONDS) as plain:
        if is_postgres:
            plain.sendall(_POSTGRES_SSL_REQUEST)
            if plain.recv(1) != b"S":
                return None
        with context.wrap_socket(plain, server_hostname=host) as secure:
            certificate = secure.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(certificate).not_valid_after_utc if certificate else None
