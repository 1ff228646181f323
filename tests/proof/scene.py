"""A scene in a real database and the same scene in the model, shown in one shape, so that they can be compared."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from tests.proof.model import Model
from tests.proof.rules.everything import FINAL
from tests.proof.things import SECOND

AS_SERVED = "as served"
GRID = 30  # seconds. All times of a scene are multiples of it, but for what the test itself takes.

# What is compared, by the model's words; of a session also what means something in its status.
_FIELDS = {
    "mitra": ("is_active", "is_online", "capacity", "missed_offers", "is_available", "owed", "paid_out"),
    "session": (
        *("customer", "status", "mitra", "round", "minutes", "shown_status", "seconds_left"),
        *("share", "earned", "split"),
    ),
    "payment": (
        *("customer", "session", "status", "amount", "minutes", "is_extension", "is_discount"),
        *("expires_at", "confirmed_at", "cause", "has_link", "due", "refunded", "refund_status", "credited", "ways"),
    ),
    "refund": ("payment", "amount", "way", "status"),
    "offer": ("status", "expires_at"),
    "extension": ("session", "payment", "status", "expires_at"),
    "report": ("session", "mitra", "by", "had_started", "status"),
    "payout": ("mitra", "amount", "status", "actor", "payer"),
}
_FIELDS_OF_STATUS = {
    "searching": ("pairing_deadline_at",),
    "pending_acceptance": ("pairing_deadline_at",),
    "pending_payment": (),
    "active": ("expires_at",),
    "extending": ("expires_at", "paused_at", "pending_extension"),
    "closing": ("expires_at", "closing_ends_at", "cause", "unused"),
    "completed": ("cause", "unused"),
    "cancelled": ("cause", "unused"),
    "failed": ("cause", "unused"),
}

Facts = dict[str, Any]


def empty(conn: psycopg.Connection) -> None:
    """Nothing of the business is left, not even the traces of what was rolled back; the rules are as they come."""
    with conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(
            "TRUNCATE core.customers, core.mitras, core.price_packages, core.webhook_receipts, core.audit_log,"
            " core.events, core.event_streams, core.event_positions, core.event_queue, core.deadline_runs,"
            " core.figure_changes, core.figures, core.awaited_replies CASCADE"
        )
        conn.execute(
            "UPDATE core.app_config AS config SET value = known.default_value FROM core.config_keys() AS known"
            " WHERE known.key = config.key AND config.value <> known.default_value"
        )


def make_helpers(conn: psycopg.Connection) -> None:
    """What a scene needs of its connection."""
    for helper in (Path(__file__).parent / "scene.sql").read_text().split("\n\n"):
        conn.execute(helper.encode())


class Scene:
    """The database's side: three mitras, three customers, three packages, in a transaction that is never committed."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self._conn = conn
        self._text = psycopg.ClientCursor(conn)
        self._names: dict[str, str] = {}
        self.ids: dict[str, UUID] = {}
        self.served: dict[str, dict[str, int]] = {}
        """How many seconds each mitra served in each session."""
        self.late = 0.0
        """How many seconds of its own the test has taken since the scene began."""
        self._passed = 0
        conn.execute("BEGIN")
        for kind, id_ in conn.execute("SELECT kind, id FROM pg_temp.begin_scene()").fetchall():
            self._name(kind, str(id_))
        row = conn.execute("SELECT pg_temp.scene('{}')").fetchone()
        assert row is not None
        self._began: float = row[0]["now"]
        self._seen: dict[str, int] = row[0]["streams"]

    def end(self) -> None:
        """Nothing of the scene stays."""
        self._conn.execute("ROLLBACK")

    def violations(self) -> list[Any]:
        """What is not as it always must be."""
        return self._conn.execute("SELECT invariant, details FROM ops.invariant_violations").fetchall()

    def time_passes(self, seconds: int) -> None:
        self._conn.execute("SELECT pg_temp.time_passes(%s)", [seconds])
        self._passed += seconds

    def play(self, query: str, *params: object) -> tuple[object, Facts]:
        """Do one thing: the answer, or the code it is refused with, and the scene after it."""
        text = self._text.mogrify(query, params)
        row = self._conn.execute("SELECT * FROM pg_temp.play(%s, %s)", [text, Jsonb(self._seen)]).fetchone()
        assert row is not None
        answer, refusal, scene = row
        return refusal or answer, self._facts(scene)

    def _name(self, kind: str, id_: str) -> str:
        if id_ not in self._names:
            name = f"{kind} {sum(known.startswith(kind) for known in self.ids) + 1}"
            self._names[id_], self.ids[name] = name, UUID(id_)
        return self._names[id_]

    def _facts(self, scene: dict[str, Any]) -> Facts:
        self.late = scene["now"] - self._began
        for kind in ("session", "payment", "refund", "extension", "report", "payout"):
            for row in scene[f"{kind}s"] or []:
                self._name(kind, row["id"])
        told = [f"{self._names[who.partition(':')[2]]}: {what}" for who, what in scene["told"] or []]
        facts: Facts = {"told": sorted(told)}
        self.served = {
            self._names[row["id"]]: {self._names[each["mitra"]]: each["seconds"] for each in row["served"] or []}
            for row in scene["sessions"] or []
        }
        for row in scene["sessions"] or []:
            row["split"] = _split(row["earned"], row["served"] or [])
        for kind in _FIELDS:
            for row in scene[f"{kind}s"] or []:
                if kind != "offer":
                    name = self._names[row["id"]]
                else:
                    name = _offer_name(self._names[row["session"]], self._names[row["mitra"]], row["round"])
                    self.ids[name] = UUID(row["id"])
                facts[name] = {key: self._shown(key, row[key]) for key in _fields(kind, row.get("status"))}
        facts["failures"] = sorted(f"{cause} {self._names.get(session)}" for cause, session in scene["failures"] or [])
        facts["transactions"] = sorted(
            f"{what} {self._names.get(payment)} {amount}" for what, payment, amount in scene["transactions"] or []
        )
        facts["unoffered"] = [
            [self._names[session], sorted(self._names[mitra] for mitra in barred)]
            for session, barred in scene["unoffered"] or []
        ]
        facts["balances"] = {
            self._names[customer]: held for customer, held in (scene["balances"] or {}).items() if held
        }
        facts["blocks"] = sorted(
            f"{self._names[customer]} {self._names[mitra]} {by}" for customer, mitra, by in scene["blocks"] or []
        )
        facts["next_deadline"] = self._shown("next_deadline_at", scene["next_deadline"])
        self._seen = scene["streams"] or {}
        return facts

    def _shown(self, key: str, value: Any) -> Any:
        """Times are of the scene; what the test itself has taken is forgiven, no more."""
        if value is None:
            return None
        if key.endswith("_at"):
            return _on_grid(value - self._began + self._passed, self.late)
        if key in ("seconds_left", "unused"):
            return _on_grid(value, self.late + 1)
        return self._names.get(value, value) if isinstance(value, str) else value


def _split(earned: int, served: list[dict[str, Any]]) -> str:
    """Whether the mitras have what they earned by the seconds that each served; the last one takes the rounding."""
    seconds = sum(each["seconds"] for each in served)
    due = {each["mitra"]: earned * each["seconds"] // seconds if seconds else 0 for each in served}
    for each in served:
        due[each["mitra"]] += earned - sum(due.values()) if each["is_last"] else 0
    wrong = [each for each in served if each["amount"] != due[each["mitra"]]]
    return AS_SERVED if not wrong else f"{wrong}, due {due}"


def _on_grid(seconds: float, late: float) -> float:
    nearest = GRID * round(seconds / GRID)
    return nearest if abs(seconds - nearest) <= late else round(seconds, 3)


def _fields(kind: str, status: str | None) -> tuple[str, ...]:
    return _FIELDS[kind] + (_FIELDS_OF_STATUS[str(status)] if kind == "session" else ())


def _offer_name(session: str, mitra: str, round_: int) -> str:
    return f"offer of {session} to {mitra}, round {round_}"


def facts_of(model: Model) -> Facts:
    """The model's side."""
    names = {
        id(thing): f"{kind} {nth}"
        for kind in ("mitra", "session", "payment", "refund", "extension", "report", "payout")
        for nth, thing in enumerate(getattr(model, f"{kind}s"), 1)
    }
    derived: dict[str, Callable[[Any], Any]] = {
        "capacity": model.capacity,
        "is_available": model.is_available,
        "shown_status": model.shown_status,
        "seconds_left": lambda session: None if session.status in FINAL else model.time_left(session),
        "pending_extension": model.pending_extension,
        "ways": model.ways,
        "earned": model.earned,
        "owed": model.owed,
        "paid_out": model.paid_out,
        "split": lambda _: AS_SERVED,
    }

    def shown(key: str, thing: Any) -> Any:
        value = derived[key](thing) if key in derived else getattr(thing, key)
        if value is not None and (key.endswith("_at") or key in ("seconds_left", "unused")):
            return GRID * round(value / SECOND / GRID)
        return names.get(id(value), value)

    facts: Facts = {
        "told": sorted(f"{who}: {what}" for (who, what), times in model.told.items() for _ in range(times)),
        "failures": sorted(f"{cause} {names.get(id(session))}" for cause, session in model.failures),
        "transactions": sorted(
            f"{what} {names.get(id(payment))} {amount}" for what, payment, amount in model.transactions
        ),
        "unoffered": [
            [names[id(session)], sorted(mitra.name for mitra in barred)]
            for session, barred in model.unoffered_sessions()
        ],
        "balances": {customer: held for customer, held in model.balances.items() if held},
        "blocks": sorted(f"{customer} {mitra.name} {by}" for customer, mitra, by in model.blocks),
        "next_deadline": shown("next_deadline_at", model),
    }
    for kind in _FIELDS:
        for thing in getattr(model, f"{kind}s"):
            name = (
                _offer_name(names[id(thing.session)], thing.mitra.name, thing.round)
                if kind == "offer"
                else names[id(thing)]
            )
            facts[name] = {key: shown(key, thing) for key in _fields(kind, getattr(thing, "status", None))}
    return facts
