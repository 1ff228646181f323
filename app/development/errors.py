"""What `halobestie run` can fail with."""


class StartError(Exception):
    """Something could not be started; the message says what and what to do."""
