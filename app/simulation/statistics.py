"""Counts and times of what happens in a simulation."""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.client import Frame

REMEMBERED_LAGS = 100_000


@dataclass
class Search:
    """One paid search, in seconds since 1970 by the clocks of one machine."""

    confirmed_at: float | None = None
    offered_at: float | None = None
    started_at: float | None = None


class Statistics:
    """Counts and times of the whole fleet. A lag compares two processes of one machine, so one clock measures both."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.lags: deque[float] = deque(maxlen=REMEMBERED_LAGS)
        """Seconds from an event's commit to its arrival through a socket."""
        self.message_lags: deque[float] = deque(maxlen=REMEMBERED_LAGS)
        """Seconds from a message's commit to its arrival at the other party's socket."""
        self.heard: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        """The numbers of the messages that a user received, in their order, by user and session."""
        self._searches: dict[str, Search] = {}

    def count(self, what: str) -> None:
        """Count something that happened."""
        self.counts[what] += 1

    def arrived(self, frame: Frame) -> None:
        """An event came through a socket."""
        self.lags.append(time.time() - moment(frame["ts"]))

    def message(self, user_id: str, frame: Frame) -> None:
        """A user received a message."""
        self.heard[user_id, frame["session_id"]].append(frame["seq"])
        if frame["sender_id"] != user_id:
            self.count("messages heard")
            self.message_lags.append(time.time() - moment(frame["created_at"]))

    def confirmed(self, session_id: str, at: float) -> None:
        """The payment of a search was confirmed."""
        search = self._search(session_id)
        search.confirmed_at = search.confirmed_at or at

    def paid_sessions(self) -> set[str]:
        """The sessions that this fleet's own customers paid for."""
        return {session_id for session_id, search in self._searches.items() if search.confirmed_at is not None}

    def offered(self, session_id: str) -> None:
        """An offer of a search reached a mitra."""
        search = self._search(session_id)
        search.offered_at = search.offered_at or time.time()

    def started(self, session_id: str) -> None:
        """A session's start reached its customer."""
        search = self._search(session_id)
        search.started_at = search.started_at or time.time()

    def times_to_offer(self) -> list[float]:
        """Seconds from confirmation to a mitra's first offer; customers pay only while a mitra is available."""
        return [
            search.offered_at - search.confirmed_at
            for search in self._searches.values()
            if search.confirmed_at is not None and search.offered_at is not None
        ]

    def times_to_pair(self) -> list[float]:
        """Seconds from confirmation to the session's start on the customer's socket."""
        return [
            search.started_at - search.confirmed_at
            for search in self._searches.values()
            if search.confirmed_at is not None and search.started_at is not None
        ]

    def _search(self, session_id: str) -> Search:
        return self._searches.setdefault(session_id, Search())


def moment(timestamp: str) -> float:
    """An RFC 3339 time in seconds since 1970."""
    return datetime.fromisoformat(timestamp).timestamp()


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies. `values` must not be empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
