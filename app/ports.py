"""The ports a process listens on: a taken one is said at once, with the setting that chooses another."""

import socket

from app.settings import SettingsError


def reserve(host: str, port: int, *, setting: str) -> socket.socket:
    """A socket bound to the port, not listening yet. Raises SettingsError, which names `setting`, when it can't be."""
    reserved = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        reserved.bind((host, port))
    except OSError as error:
        reserved.close()
        raise SettingsError([f"{setting}: {host}:{port} can't be used: {error.strerror}"]) from error
    return reserved
