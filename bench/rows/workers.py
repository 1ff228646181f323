"""One port, served by 1, 2 and 4 workers."""

from functools import partial

from bench.http_load import HttpLoad, http_load
from bench.row import Outcome, Run, Sample, in_turn, ratio
from bench.stage import Stage, stage

WHAT = "workers on one port"
WORKLOAD = "`GET /healthz` over 64 keep-alive connections; nothing is pinned, workers and load have the same cores."

COUNTS = (1, 2, 4)


def measure(run: Run) -> Outcome:
    with stage() as on, http_load(run, on) as load:
        samples = in_turn(run, {_name(count): partial(_sample, on, load, count) for count in COUNTS})
    return Outcome(
        [ratio("rate of 2 workers ÷ of one", samples[_name(2)], samples[_name(1)], at_least=1.0)],
        samples,
        notes=["On two cores the load needs half of one, so a rate can't double here; one worker has a core alone."],
    )


def _name(count: int) -> str:
    return f"API_WORKERS={count}"


def _sample(on: Stage, load: HttpLoad, count: int) -> Sample:
    with on.api(API_WORKERS=str(count)) as port:
        load.warm(port, "/healthz")
        return load.sample("api", port, "/healthz")
