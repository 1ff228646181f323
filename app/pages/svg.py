"""Drawings that are made here, as numbers for a template: bars of shares, and the lanes of a timeline."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from app.pages.words import N_

NAME_HEIGHT = 13
"""In pixels, as all heights: the name of a lane above its bars."""
BAR_HEIGHT = 10
ROW_HEIGHT = 5
"""A bar of a lane that has several rows."""
_GAP = 2
_BELOW = 5
_MOST_ROWS = 16
AXIS_HEIGHT = 24
_LEAST_WIDTH = 0.4
"""In percent: what took no time is seen all the same."""
_BROKEN_AT = 88.0
"""In percent: where an axis is broken that is."""


class Bar(NamedTuple):
    """A part of a lane: where it begins and how wide it is, in percent of the whole; a mark has no width."""

    x: float
    width: float
    kind: str
    what: str
    who: str | None
    begins: str
    ends: str | None
    row: int = 0


class Lane(NamedTuple):
    """A part of a timeline, from `top` down; what overlaps is in rows below each other."""

    name: str
    top: int
    rows: int
    bars: list[Bar]

    @property
    def bar_height(self) -> int:
        """How high each bar is."""
        return BAR_HEIGHT if self.rows == 1 else ROW_HEIGHT

    @property
    def bottom(self) -> int:
        """Where the next lane begins."""
        return self.top + NAME_HEIGHT + self.rows * (self.bar_height + _GAP) - _GAP + _BELOW

    def y(self, bar: Bar) -> int:
        """The upper edge of a bar."""
        return self.top + NAME_HEIGHT + bar.row * (self.bar_height + _GAP)


class Tick(NamedTuple):
    """A moment on the axis."""

    x: float
    at: str


class Drawn(NamedTuple):
    """A timeline ready to be drawn."""

    lanes: list[Lane]
    ticks: list[Tick]
    broken_at: float | None = None
    """Where the axis is broken: what is right of it came much later."""

    @property
    def height(self) -> int:
        """In pixels."""
        return self.lanes[-1].bottom + AXIS_HEIGHT


class Span(NamedTuple):
    """Something that happened in a lane from a moment to another; None = it goes on, the same twice = a mark."""

    lane: str
    kind: str
    what: str
    who: str | None
    begins: datetime
    ends: datetime | None


def stacked(bars: Sequence[Bar]) -> list[Bar]:
    """Bars with rows such that none hides another: the good ones on top, and marks in the first row."""
    rows: list[list[Bar]] = [[]]
    placed = []
    for bar in sorted(bars, key=lambda bar: bar.kind != "good"):

        def is_free(row: list[Bar], bar: Bar = bar) -> bool:
            return all(other.x + other.width <= bar.x or bar.x + bar.width <= other.x for other in row)

        free = next((number for number, row in enumerate(rows) if not bar.width or is_free(row)), len(rows))
        if free == len(rows) < _MOST_ROWS:
            rows.append([])
        free = min(free, _MOST_ROWS - 1)
        rows[free].append(bar)
        placed.append(bar._replace(row=free))
    return placed


def drawn(
    spans: Sequence[Span],
    names: Iterable[str],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    mostly_until: datetime | None = None,
) -> Drawn | None:
    """Lay spans out on lanes in the order of `names`; None where there is nothing to draw.

    Marks long after `mostly_until` stand behind a break of the axis, side by side, and squeeze nothing.
    """
    if not spans:
        return None
    now = until or datetime.now(UTC)
    first = since or min(span.begins for span in spans)
    last = until or max([*(span.ends or now for span in spans), first + timedelta(seconds=1)])
    late: list[datetime] = []
    if mostly_until is not None and last - mostly_until > mostly_until - first > timedelta(0):
        late = sorted({span.begins for span in spans if span.begins > mostly_until})
        last = mostly_until
    whole, width = (last - first).total_seconds(), _BROKEN_AT - 2 if late else 100.0

    def place(moment: datetime) -> float:
        if moment in late:
            return round(_BROKEN_AT + 2 + (98 - _BROKEN_AT) * late.index(moment) / len(late), 3)
        return round(min(width, max(0, width * (moment - first).total_seconds() / whole)), 3)

    lanes: list[Lane] = []
    for name in names:
        bars = []
        for span in spans:
            if span.lane == name:
                x = place(span.begins)
                long = place(span.ends or now) - x
                if span.ends != span.begins:
                    long = max(long, _LEAST_WIDTH)
                x, ends = min(x, 100 - _LEAST_WIDTH), span.ends.isoformat() if span.ends else None
                bars.append(Bar(x, round(long, 3), span.kind, span.what, span.who, span.begins.isoformat(), ends))
        if bars:
            bars = stacked(bars)
            lanes.append(Lane(name, lanes[-1].bottom if lanes else 0, 1 + max(bar.row for bar in bars), bars))
    ticks = [Tick(width * part / 4, (first + part * (last - first) / 4).isoformat()) for part in range(5)]
    return Drawn(lanes, ticks, _BROKEN_AT if late else None)


SESSION_LANES = (
    N_("Search"),
    N_("Offers"),
    N_("Conversation"),
    N_("Messages"),
    N_("Extensions"),
    N_("Absences"),
    N_("Money"),
    N_("End"),
    N_("Rating"),
    N_("Other"),
)
_AFTERWARDS = {"Money", "Rating", "Other"}
"""The lanes of what may happen long after the session."""
_LANES_OF_MARKS = {"rated": "Rating"} | dict.fromkeys(
    ("closing began", "completed", "cancelled", "failed", "failure recorded"), "End"
)
_BEGINS = {"search began": "Search", "clock started": "Conversation", "extension asked for": "Extensions"}
_ENDS = {
    "Search": ("clock started", "cancelled", "failed", "completed"),
    "Conversation": ("closing began", "rerouted", "completed", "cancelled", "failed"),
    "Extensions": ("extension accepted", "extension rejected", "extension timeout", "extension cancelled"),
}


_LASTS = {"gone": ("Absences", "bad"), "messages": ("Messages", "calm")}
"""What says itself until when it went on."""


def session_timeline(steps: Sequence[Mapping[str, Any]]) -> Drawn | None:
    """The steps of a session's timeline as lanes: what lasted as bars, the rest as marks."""
    spans: list[Span] = []
    moments = [(datetime.fromisoformat(step["at"]), step) for step in steps]
    for position, (at, step) in enumerate(moments):
        what, who, details = step["what"], step["who"], step["details"] or {}
        later = moments[position + 1 :]
        if lane := _BEGINS.get(what):
            ends = next((end for end, after in later if after["what"] in _ENDS[lane]), None)
            spans.append(Span(lane, "good" if lane == "Conversation" else "calm", what, who, at, ends))
        elif what == "rerouted":
            ends = next((end for end, after in later if after["what"] in ("offer accepted", *_ENDS["Search"])), None)
            spans.append(Span("Search", "warning", what, who, at, ends))
            again = next((end for end, after in later if after["what"] == "offer accepted"), None)
            if again is not None:
                over = next(
                    (end for end, after in later if after["what"] in _ENDS["Conversation"] and end > again), None
                )
                spans.append(Span("Conversation", "good", "clock started", who, again, over))
        elif what == "offered":
            settled = next(
                ((end, after) for end, after in later if after["who"] == who and after["what"].startswith("offer ")),
                None,
            )
            outcome = settled[1]["what"] if settled else what
            kind = {"offer accepted": "good", "offer expired": "bad", "offer declined": "warning"}.get(outcome, "calm")
            spans.append(Span("Offers", kind, outcome, who, at, settled[0] if settled else None))
        elif what in _LASTS:
            lane, kind = _LASTS[what]
            until = details.get("until")
            spans.append(Span(lane, kind, what, who, at, datetime.fromisoformat(until) if until else None))
        elif what.startswith(("payment", "refund", "transaction")):
            spans.append(Span("Money", "calm", what, who, at, at))
        elif not what.startswith(("offer ", "extension ")):
            kind = "bad" if what in ("failed", "failure recorded") else "calm"
            spans.append(Span(_LANES_OF_MARKS.get(what, "Other"), kind, what, who, at, at))
    spans = with_pauses(spans)
    core = [span.ends for span in spans if span.lane not in _AFTERWARDS]
    mostly_until = max((end for end in core if end), default=None) if None not in core else None
    return drawn(spans, SESSION_LANES, mostly_until=mostly_until)


def with_pauses(spans: Sequence[Span]) -> list[Span]:
    """The same, with the pauses of the clock while more time was asked for, which cut the conversation."""
    pauses = sorted((span for span in spans if span.lane == "Extensions"), key=lambda span: span.begins)
    cut: list[Span] = []
    for span in spans:
        if span.lane != "Conversation":
            cut.append(span)
            continue
        rest: Span | None = span
        for pause in pauses:
            if rest is None or pause.begins < rest.begins or (rest.ends and pause.begins >= rest.ends):
                continue
            cut.append(rest._replace(ends=pause.begins))
            cut.append(Span("Conversation", "none", "clock paused", None, pause.begins, pause.ends))
            goes_on = pause.ends is not None and (rest.ends is None or pause.ends < rest.ends)
            rest = rest._replace(begins=pause.ends) if goes_on and pause.ends else None
        if rest is not None:
            cut.append(rest)
    return cut


MITRA_LANES = (N_("Online"), N_("Sessions"), N_("Missed offers"))


def mitra_timeline(
    activity: Sequence[Mapping[str, Any]],
    *,
    since: datetime,
    until: datetime,
    online_since: datetime | None = None,
) -> Drawn | None:
    """What a mitra did between two moments, newest first as the operation gives it, as lanes.

    `online_since` is of a mitra who is online: going online may have been long before.
    """
    spans: list[Span] = []
    is_known = False
    for step in activity:
        at, what = datetime.fromisoformat(step["at"]), step["what"]
        seconds = step["seconds"]
        if what == "session":
            ends = None if seconds is None else at + timedelta(seconds=seconds)
            spans.append(Span("Sessions", "good", what, None, at, ends))
        elif what == "missed":
            spans.append(Span("Missed offers", "bad", what, None, at, at))
        elif what == "no_first_reply":
            spans.append(Span("Sessions", "warning", what, None, at, at))
        elif what == "online":
            if not is_known:
                spans.append(Span("Online", "calm", what, step["who"], at, None))
            is_known = True
        elif what == "offline":
            begins = since if seconds is None else max(since, at - timedelta(seconds=seconds))
            spans.append(Span("Online", "calm", step["cause"] or what, step["who"], begins, at))
            is_known = True
    if online_since is not None and not is_known:
        spans.append(Span("Online", "calm", "online", None, max(since, online_since), None))
    return drawn(spans, MITRA_LANES, since=since, until=until)


class Column(NamedTuple):
    """A moment of a chart of columns: its number, and its height in percent of the highest."""

    at: str
    number: int
    height: float


def columns(numbers: Mapping[str, int], *, since: datetime, until: datetime) -> list[Column]:
    """A column for each hour between two moments; `numbers` are by the hour, as the API writes times."""
    by_hour: dict[datetime, int] = {}
    for written, number in numbers.items():
        by_hour[datetime.fromisoformat(written)] = number
    most = max([*by_hour.values(), 1])
    hour = since.replace(minute=0, second=0, microsecond=0)
    drawn_columns = []
    while hour < until:
        number = by_hour.get(hour, 0)
        drawn_columns.append(Column(hour.isoformat(), number, round(100 * number / most, 1)))
        hour += timedelta(hours=1)
    return drawn_columns
