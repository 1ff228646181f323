"""One NOTIFY hop and one round trip to Valkey: what it hears on a channel it writes to a key.

python bench/yardsticks/hop.py DSN CHANNEL VALKEY_HOST VALKEY_PORT KEY
"""

import socket
import sys

import libvalkey
import psycopg


def main(dsn: str, channel: str, host: str, port: str, key: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn, socket.create_connection((host, int(port))) as valkey:
        valkey.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        conn.execute(f"LISTEN {channel}".encode())
        for notice in conn.notifies():
            valkey.sendall(libvalkey.pack_command(("SET", key, notice.payload)))
            valkey.recv(100)


if __name__ == "__main__":
    main(*sys.argv[1:])
