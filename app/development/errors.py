"""The error of `halobestie run`."""


class StartError(Exception):
    """Something could not be started; the message says what and what to do."""
