"""Every Prometheus series of this program, and the page that shows them.

Names are `halobestie_<what>_<unit>` in base units (seconds, bytes, a total for counters). Labels have few values: a
route is its template, never an id.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import version

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    generate_latest,
)
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from app.observability.latencies import Latencies

# Wide enough for a cached answer (tens of microseconds) and for a time-out (seconds).
LATENCY_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


PUBLIC = CollectorRegistry()
"""What the public app alone counts."""

INTERNAL = CollectorRegistry()
"""What the internal app alone counts."""

LISTENER = CollectorRegistry()
"""What the listener alone counts. In another process these series would say 0, which would be wrong."""


def page(*own: CollectorRegistry) -> tuple[bytes, str]:
    """The body and the content type of `/metrics`: what every process counts, and the `own` registries of this one."""
    return b"".join(generate_latest(registry) for registry in (REGISTRY, *own)), CONTENT_TYPE_LATEST


class _Together(Collector):
    def __init__(self, pages: Mapping[str, str]) -> None:
        self._pages = pages

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for worker, page in self._pages.items():
            for family in text_string_to_metric_families(page):
                known = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                known.samples += [
                    sample._replace(labels={"worker": worker, **sample.labels}) for sample in family.samples
                ]
        return families.values()


def together(pages: Mapping[str, str]) -> bytes:
    """The body of one `/metrics` for several workers, from the page of each; each series is told apart by `worker`."""
    return generate_latest(_Together(pages))


# -- every process -----------------------------------------------------------------------------------------------------

build = Info("halobestie_build", "The release this process runs.")
build.info({"version": version("halobestie")})

# -- database ----------------------------------------------------------------------------------------------------------

database_calls = Histogram(
    "halobestie_database_call_seconds",
    "Time of a call of a database function, or of an operation's whole transaction; waiting for a connection included.",
    ["function"],
    buckets=LATENCY_SECONDS,
)
database_restarts = Counter(
    "halobestie_database_restarts_total",
    "Transactions started again after a deadlock or a serialization failure.",
    ["function"],
)
database_connections = Gauge(
    "halobestie_database_connections",
    "Connections of this process's pool.",
    ["pool", "state"],
)

# -- clock -------------------------------------------------------------------------------------------------------------

clock_ahead = Gauge(
    "halobestie_clock_ahead_seconds",
    "By how much this process's clock was ahead of the database's when it last looked; below 0: behind.",
    ["against"],
)

# -- settling ----------------------------------------------------------------------------------------------------------

settled = Counter(
    "halobestie_settled_total",
    "Overdue rows settled at start-up, before the ports opened.",
    ["kind"],
)

# -- http --------------------------------------------------------------------------------------------------------------

http_requests = Latencies(
    "halobestie_http_request_seconds",
    "Time from a request's first byte to its answer; the count is the number of requests.",
    ["app", "method", "route", "status"],
    bounds=LATENCY_SECONDS,
)

http_rejected = Counter(
    "halobestie_http_rejected_total",
    "Requests that were refused, or given up waiting for, before the app had the whole of them.",
    ["status"],
)

# -- payments ----------------------------------------------------------------------------------------------------------

provider_calls = Histogram(
    "halobestie_provider_call_seconds",
    "Time of one call of the payment provider, retries included; answered, refused, unanswered or cancelled.",
    ["operation", "outcome"],
    buckets=LATENCY_SECONDS,
)
webhooks = Counter("halobestie_webhooks_total", "Webhooks received, by what came of them.", ["outcome"])
payments_swept = Counter(
    "halobestie_payments_swept_total", "Payment requests that the sweep expired, failed or reconciled.", ["outcome"]
)
provider_checks = Counter(
    "halobestie_provider_checks_total",
    "Webhooks, links and refunds about which the listener asked the payment provider, by what came of it.",
    ["subject", "outcome"],
)

# -- mirror ------------------------------------------------------------------------------------------------------------

valkey_up = Gauge("halobestie_valkey_up", "Whether a link to the Valkey server of the mirror is open.", ["link"])
mirror_answers = Counter(
    "halobestie_mirror_answers_total",
    "Questions about availability by who answered them, valkey or postgres.",
    ["question", "source"],
)

# -- sockets -----------------------------------------------------------------------------------------------------------

sockets = Gauge("halobestie_sockets", "Sockets this instance holds.", ["user_type"], registry=PUBLIC)
socket_closes = Counter(
    "halobestie_socket_closes_total", "Sockets the server ended, by close code.", ["code"], registry=PUBLIC
)
socket_gaps = Counter(
    "halobestie_socket_gaps_total", "Gaps in a live stream that were read from PostgreSQL.", registry=PUBLIC
)
socket_resumes = Latencies(
    "halobestie_socket_resume_seconds",
    "Time from a socket's `resume` until `resumed`: what was missed has been read and queued.",
    [],
    bounds=LATENCY_SECONDS,
    registry=PUBLIC,
)
leases_unrenewed = Gauge(
    "halobestie_leases_unrenewed_seconds",
    "For how long this instance has been unable to renew the leases of its sockets; 0 while it is.",
    registry=PUBLIC,
)
subscription_alive = Gauge(
    "halobestie_subscription_alive", "Whether events arrive through Valkey; otherwise polled.", registry=PUBLIC
)

# -- control centre ----------------------------------------------------------------------------------------------------

live_streams = Gauge("halobestie_live_streams", "Streams of the dashboard that are open.", registry=INTERNAL)
live_changes = Counter(
    "halobestie_live_changes_total", "Looks at the dashboard that found something changed.", registry=INTERNAL
)

# -- listener ----------------------------------------------------------------------------------------------------------

listener_leading = Gauge("halobestie_listener_leading", "Whether this listener leads the others.", registry=LISTENER)
listener_listening = Gauge(
    "halobestie_listener_listening", "Whether this listener hears PostgreSQL's notifications.", registry=LISTENER
)
listener_notifications = Counter(
    "halobestie_listener_notifications_total",
    "Notifications heard, by channel.",
    ["channel"],
    registry=LISTENER,
)
listener_failures = Counter(
    "halobestie_listener_failures_total",
    "Rounds of work that failed, by concern.",
    ["concern"],
    registry=LISTENER,
)
mirror_lag = Histogram(
    "halobestie_mirror_lag_seconds",
    "Time from a mitra's change in PostgreSQL (its version) until it could be read in Valkey.",
    buckets=LATENCY_SECONDS,
    registry=LISTENER,
)
mirror_queue = Gauge(
    "halobestie_mirror_queue_mitras", "Mitras whose change was heard of but is not in Valkey yet.", registry=LISTENER
)
mirror_applied = Counter("halobestie_mirror_applied_total", "States of mitras written to Valkey.", registry=LISTENER)
mirror_refused = Counter(
    "halobestie_mirror_refused_total", "States of mitras refused because Valkey held newer ones.", registry=LISTENER
)
mass_silence = Gauge(
    "halobestie_mass_silence",
    "Whether so many mitras are silent that nobody is set offline for it: the outage is ours.",
    registry=LISTENER,
)
mirror_planted_epochs = Counter(
    "halobestie_mirror_planted_epochs_total",
    "Leadership epochs in Valkey that PostgreSQL did not know, and that were overwritten.",
    registry=LISTENER,
)
mirror_reseeds = Counter("halobestie_mirror_reseeds_total", "Reseeds by outcome.", ["outcome"], registry=LISTENER)
mirror_reseed_seconds = Gauge(
    "halobestie_mirror_reseed_seconds", "Time the last complete reseed took.", registry=LISTENER
)
mirror_differences = Gauge(
    "halobestie_mirror_differences",
    "Differences between the mirror and PostgreSQL that the last check found.",
    registry=LISTENER,
)
mirror_available = Gauge("halobestie_mirror_available_mitras", "Available mitras by the mirror.", registry=LISTENER)
event_lag = Histogram(
    "halobestie_event_lag_seconds",
    "Time from an event's creation until it was published.",
    buckets=LATENCY_SECONDS,
    registry=LISTENER,
)
events_published = Counter("halobestie_events_published_total", "Events handed to Valkey.", registry=LISTENER)
deadline_lateness = Histogram(
    "halobestie_deadline_lateness_seconds",
    "How late a deadline fired, those settled at start-up included.",
    ["kind"],
    buckets=(*LATENCY_SECONDS, 60.0, 600.0),
    registry=LISTENER,
)
failed_deadlines = Gauge(
    "halobestie_failed_deadlines",
    "Due rows whose settlement failed, and which are left out until they are tried again.",
    ["kind"],
    registry=LISTENER,
)
unoffered_sessions = Gauge(
    "halobestie_unoffered_sessions",
    "Searches without a live offer, as the last round of pairing found them.",
    registry=LISTENER,
)
offers_made = Counter("halobestie_offers_made_total", "Offers made by this listener.", registry=LISTENER)
presence_news = Counter(
    "halobestie_presence_news_total",
    "Times a party was told how the other is, by that party and its state.",
    ["party", "state"],
    registry=LISTENER,
)
pushes = Counter(
    "halobestie_pushes_total",
    "Pushes worked off, by type and by what became of them.",
    ["type", "status"],
    registry=LISTENER,
)
push_queue_age = Gauge(
    "halobestie_push_queue_age_seconds", "How long the oldest push that is not settled has waited.", registry=LISTENER
)
push_lag = Histogram(
    "halobestie_push_lag_seconds",
    "Time from what is announced until the push was sent, or found needless.",
    buckets=LATENCY_SECONDS,
    registry=LISTENER,
)
sweep_last_run = Gauge(
    "halobestie_sweep_last_run_timestamp_seconds", "When a sweep last ended.", ["sweep"], registry=LISTENER
)
sweep_duration = Gauge(
    "halobestie_sweep_duration_seconds", "Time a sweep's last run took.", ["sweep"], registry=LISTENER
)
sweep_runs = Counter(
    "halobestie_sweep_runs_total", "Runs of a sweep by outcome.", ["sweep", "outcome"], registry=LISTENER
)
horizon_held = Gauge(
    "halobestie_horizon_seconds",
    "For how long dead rows could not be vacuumed: age of what holds them.",
    registry=LISTENER,
)
dead_rows = Gauge("halobestie_dead_rows", "Dead rows of our tables that are not vacuumed yet.", registry=LISTENER)
figures_folded = Counter(
    "halobestie_figures_folded_total", "Changes of figures that this listener added to them.", registry=LISTENER
)
oldest_event = Gauge(
    "halobestie_oldest_undispatched_event_seconds",
    "Age of the oldest event that is not dispatched yet.",
    registry=LISTENER,
)
most_overdue = Gauge(
    "halobestie_most_overdue_deadline_seconds",
    "How long the deadline that is longest overdue has been due.",
    registry=LISTENER,
)
oldest_search = Gauge(
    "halobestie_oldest_unserved_search_seconds",
    "How long a search has had no offer although a mitra is available for it.",
    registry=LISTENER,
)
nobody_leads = Gauge(
    "halobestie_nobody_leads_seconds", "How long no listener has held the lease of the leader.", registry=LISTENER
)
oldest_transaction = Gauge(
    "halobestie_oldest_transaction_seconds", "Age of the oldest open transaction.", registry=LISTENER
)
writable = Gauge(
    "halobestie_postgres_writable", "Whether this process reaches a PostgreSQL that takes writes.", registry=LISTENER
)
degraded = Gauge(
    "halobestie_degraded",
    "Whether a trouble that all processes share is there, as /readyz tells it.",
    ["reason"],
    registry=LISTENER,
)
money_unaccounted = Gauge(
    "halobestie_money_unaccounted_rupiah",
    "Confirmed money that is neither held, kept, due for refund, refunded nor credit, by the totals; always 0.",
    registry=LISTENER,
)
refunds_waiting = Gauge(
    "halobestie_refunds_waiting", "Payments of which money is owed back and not paid back yet.", registry=LISTENER
)
oldest_refund = Gauge(
    "halobestie_oldest_refund_seconds", "How long the refund that waits longest has been owed.", registry=LISTENER
)
mirror_written = Gauge(
    "halobestie_mirror_last_write_timestamp_seconds",
    "When this listener's writes last reached the mirror; 0 when it never led.",
    registry=LISTENER,
)
notification_queue = Gauge(
    "halobestie_notification_queue_usage_ratio",
    "Fraction of PostgreSQL's notification queue in use.",
    registry=LISTENER,
)
reports_open = Gauge("halobestie_reports_open", "Reports that nobody has decided.", registry=LISTENER)
oldest_report = Gauge(
    "halobestie_oldest_report_seconds", "How long the oldest report that nobody has decided is open.", registry=LISTENER
)
durable = Gauge(
    "halobestie_postgres_durable",
    "Whether a commit that PostgreSQL acknowledges outlives its crash, by its settings.",
    registry=LISTENER,
)
invariant_violations = Gauge(
    "halobestie_invariant_violations",
    "Rows of ops.invariant_violations at the last check; always 0.",
    registry=LISTENER,
)
invariants_checked = Gauge(
    "halobestie_invariants_checked_timestamp_seconds",
    "When this listener last checked the invariants; 0 when it never did.",
    registry=LISTENER,
)
