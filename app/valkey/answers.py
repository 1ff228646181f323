"""The reasons why Valkey may give no answer. After each of them the caller asks PostgreSQL."""


class NoAnswer(Exception):  # noqa: N818  # read: except NoAnswer
    """Valkey gave no answer that can be used."""


class Away(NoAnswer):
    """Valkey can't be reached, did not answer in time, or is still loading."""


class NotWhole(NoAnswer):
    """The mirror was not built on this server: it is empty, half built, or restored from old data."""


class RefusedByValkey(NoAnswer):
    """Valkey answered with an error."""


class Superseded(NoAnswer):
    """A later leader has written: the leader that asked must not write any more."""


class Interrupted(NoAnswer):
    """Valkey was emptied or replaced while the mirror was being rebuilt: begin again."""
