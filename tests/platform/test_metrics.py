"""What `/metrics` shows of a process: what it counts itself, and nothing that another one keeps."""

import pytest
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.metrics import Gauge

from app.observability import metrics


def gauges(registry: CollectorRegistry) -> dict[str, Gauge]:
    return {
        name: collector for name, collector in registry._names_to_collectors.items() if isinstance(collector, Gauge)
    }


def test_no_process_shows_a_gauge_that_it_may_not_keep() -> None:
    shared = {name for name, gauge in gauges(REGISTRY).items() if not gauge._labelnames and name.startswith("halo")}
    assert not shared, "a gauge without labels says 0 wherever it is registered: give it the registry of its process"


@pytest.mark.parametrize("own", [(), (metrics.PUBLIC,), (metrics.LISTENER,)], ids=["internal", "public", "listener"])
def test_every_process_says_which_release_it_is_and_keeps_to_its_own_series(own: tuple[CollectorRegistry, ...]) -> None:
    page = metrics.page(*own)[0].decode()
    assert 'halobestie_build_info{version="' in page
    for registry in {metrics.PUBLIC, metrics.LISTENER} - set(own):
        assert not [name for name in gauges(registry) if f"# TYPE {name} " in page]
    for registry in own:
        assert [name for name in gauges(registry) if f"# TYPE {name} " in page]
