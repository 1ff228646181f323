"""Whether a concern that the mirror depends on works as it should."""

import contextlib
import time
from collections.abc import Iterator

STUCK_SECONDS = 3.0


class Vitals:
    """Well unless the last round failed, or a round has been under way for longer than STUCK_SECONDS."""

    def __init__(self) -> None:
        self._failed = False
        self._began: float | None = None

    @property
    def is_well(self) -> bool:
        """Whether the last round succeeded and no round is stuck."""
        return not self._failed and (self._began is None or time.monotonic() - self._began < STUCK_SECONDS)

    @contextlib.contextmanager
    def round(self) -> Iterator[None]:
        """Note how one round of work goes."""
        self._began = time.monotonic()
        try:
            yield
        except BaseException:
            self._failed = True
            raise
        else:
            self._failed = False
        finally:
            self._began = None
