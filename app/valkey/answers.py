"""Why Valkey may be unable to answer. Whoever asks turns to PostgreSQL for each of these."""


class NoAnswer(Exception):  # noqa: N818  # read: except NoAnswer
    """What Valkey holds can't be used to answer."""


class Away(NoAnswer):
    """Valkey can't be reached, did not answer in time, or is still loading."""


class NotWhole(NoAnswer):
    """The mirror was not built, or not on this server: it is empty, half-built or restored."""


class Refused(NoAnswer):
    """Valkey answered with an error."""


class Superseded(NoAnswer):
    """A later leader has written: this one must not write any more."""


class Interrupted(NoAnswer):
    """Valkey was emptied or replaced while the mirror was being rebuilt: begin again."""
