"""A histogram for what is measured at every request."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import REGISTRY, CollectorRegistry, Metric
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Latency:
    """The seconds that one kind of request took."""

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(self._bounds, seconds)] += 1
        self.total += seconds


class Latencies(Collector):
    """A histogram as prometheus_client's, for the thread of the event loop alone.

    The library's takes two locks for each value, which is a tenth of what a heartbeat costs.
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str],
        *,
        bounds: Sequence[float],
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._name = name
        self._documentation = documentation
        self._labels = labels
        self._bounds = bounds
        self._kinds: dict[tuple[str | int, ...], Latency] = {}
        registry.register(self)

    def labels(self, *values: str | int) -> Latency:
        """The requests that have these values as labels."""
        kind = self._kinds.get(values)
        if kind is None:
            kind = self._kinds[values] = Latency(self._bounds)
        return kind

    def describe(self) -> Iterator[Metric]:
        """The name, which no other metric of the registry may have."""
        yield HistogramMetricFamily(self._name, self._documentation, labels=self._labels)

    def collect(self) -> Iterator[Metric]:
        """All that was counted."""
        family = HistogramMetricFamily(self._name, self._documentation, labels=self._labels)
        names = [floatToGoString(bound) for bound in (*self._bounds, float("inf"))]  # type: ignore[no-untyped-call]
        for values, kind in self._kinds.items():
            buckets = list(zip(names, accumulate(kind.counts), strict=True))
            family.add_metric([str(value) for value in values], buckets, kind.total)
        yield family
