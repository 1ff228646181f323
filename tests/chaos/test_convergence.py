"""What a run measured becomes the figures that the benchmarks' page shows."""

from tests.chaos.convergence import SECONDS, outcome
from tests.chaos.history import Operation
from tests.chaos.onlooker import Onlooker, Span
from tests.chaos.run import ChaosReport, Taken


def test_each_figure_is_taken_from_its_fault_alone_and_from_the_right_moment() -> None:
    report = ChaosReport(7, Onlooker("", "", []), ends=[(50.0, 2.5)])
    report.taken = [
        Taken("leader_killed", 10, 12, 16),
        Taken("leader_killed + valkey_emptied", 20, 22, 26),
        Taken("postgres_killed", 30, 32, 36),
        Taken("way_to_clients_cut", 40, 41, 43),
        Taken("api_ended", 49, 54, 58),
        Taken("follower_killed", 60, 62, 66),
        Taken("valkey_emptied", 70, 72, 76),
    ]
    report.onlooker.lags = [(2.0, 0.02), (3.0, 0.04), (11.0, 4.0)]
    report.onlooker.overdue = [(2.0, 0.0), (5.0, 0.5), (31.0, 9.0)]
    report.onlooker.behind = [
        Span(11, 15),
        Span(21, 25),
        Span(61, 61.5),
        Span(65, 65.25),
        Span(70.5, 72),
        Span(72.5, 73, was_away=True),
        Span(74, 74.5),
    ]
    report.onlooker.late = [Span(31, 33.5)]
    report.unconnected = [Span(40.5, 41.25), Span(40.5, 41)]
    report.history.operations = [
        Operation("C", "GET", "/", None, 49.9, 50.1, status=200),
        Operation("C", "GET", "/", None, 49.9, 50.1),
        Operation("C", "GET", "/", None, 51.0, 51.1),
    ]
    found = outcome(report)
    assert {what: [sample[SECONDS] for sample in samples] for what, samples in found.samples.items()} == {
        "mirror, nothing broken": [0.02, 0.04],
        "most overdue deadline, nothing broken": [0.0, 0.5],
        "mirror, leading listener killed": [5.0],
        "mirror, other listener killed": [0.5],
        "mirror, FLUSHALL": [3.0],
        "deadlines, PostgreSQL back": [1.5],
        "sockets resumed, connections cut": [0.75],
        "exit of an app, SIGTERM": [2.5],
        "requests at SIGTERM without an answer": [1.0],
    }
    met = {target.what: target.is_met for target in found.targets}
    assert met["mirror, leading listener killed: the longest"]
    assert not met["requests at SIGTERM without an answer: the longest"]
