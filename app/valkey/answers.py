"""The reasons why Valkey may give no answer. A reader then asks PostgreSQL; a writer stops, or begins again."""


class NoAnswer(Exception):  # noqa: N818  # read: except NoAnswer
    """Valkey gave no answer that can be used."""


class Away(NoAnswer):
    """Valkey can't be reached, did not answer in time, or is still loading."""


class NotWhole(NoAnswer):
    """The mirror is no answer: it is empty, half built, restored from old data, damaged, or not kept.

    For a sweep of stale mitras it has also not been whole for long enough.
    """


class RefusedByValkey(NoAnswer):
    """Valkey answered with an error."""


class Superseded(NoAnswer):
    """A later leader has written: the leader that asked must not write any more."""


class Interrupted(NoAnswer):
    """Valkey was emptied or replaced while the mirror was being rebuilt: begin again."""
