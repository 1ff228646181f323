"""How many outcomes of recorded searches come out again: fleets are recorded, then replayed under their own rules.

python -m bench.replay [easy] [contended] [--seconds 420] [--keep DIRECTORY]
python -m bench.replay hour

Without a name, all fleets that take minutes. `hour` is a small fleet that lives for an hour and needs part of a core.
--keep records nothing where the directory has that fleet's data already. The second row of a fleet withholds from each
search even how mitras refused it: so it tells what a mitra whose answer nobody knows is worth.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from app.development.data_directory import addresses_of_run
from app.development.postgres import EmbeddedPostgres
from app.development.processes import Family, free_port
from app.postgres.migrations import migrate
from bench.stage import DATABASE, row

FUNCTIONS = Path(__file__).parents[1] / "db" / "functions" / "replay"
KNOWN = "own.status IN ('declined', 'expired')"
"""What `core.replay_answers` reads of a search's own offers."""
READY_SECONDS = 120.0
PORTS = ("PUBLIC_PORT", "INTERNAL_PORT", "LISTENER_PORT")


class Fleet(NamedTuple):
    """Who meets, and under which rules."""

    mitras: int
    customers: int
    rules: dict[str, int]
    seconds: float = 420.0


# Contended: customers wait for slots, and most failures are races lost. Starved: many get no offer. Silent: offers are
# so short that a third of the answers come too late.
FLEETS = {
    "easy": Fleet(20, 40, {}),
    "contended": Fleet(8, 30, {"mitra_max_sessions": 1, "pairing_timeout_seconds": 15}),
    "starved": Fleet(3, 20, {"mitra_max_sessions": 1, "pairing_timeout_seconds": 5}),
    "silent": Fleet(
        6,
        20,
        {"blast_size": 1, "offer_timeout_seconds": 1, "pairing_timeout_seconds": 4, "missed_offers_before_offline": 6},
    ),
    "hour": Fleet(4, 12, {"mitra_max_sessions": 1, "pairing_timeout_seconds": 15}, 3600.0),
}


def record(directory: Path, fleet: Fleet, seconds: float) -> None:
    """Run a fleet against everything of ours, on data in this directory."""
    ports = {name: str(free_port()) for name in PORTS}
    environment = {**os.environ, **ports, "DATA_DIR": str(directory), "SIMULATE": "0", "METRICS_PORT": "0"}
    everything = subprocess.Popen([sys.executable, "-m", "app", "run"], env=environment, stdout=subprocess.DEVNULL)
    try:
        ready_at = time.monotonic() + READY_SECONDS
        while (addresses := addresses_of_run(directory)) is None:
            if everything.poll() is not None or time.monotonic() > ready_at:
                raise RuntimeError(f"Nothing runs on {directory}: its logs say why.")
            time.sleep(0.2)
        with psycopg.connect(addresses["database_url"], autocommit=True) as conn:
            for rule, value in fleet.rules.items():
                conn.execute("UPDATE core.app_config SET value = %s WHERE key = %s", [json.dumps(value), rule])
        command = f"simulate --seconds {seconds} --mitras {fleet.mitras} --customers {fleet.customers}"
        subprocess.run([sys.executable, "-m", "app", *command.split()], env=environment, check=True)
    finally:
        everything.send_signal(signal.SIGINT)
        everything.wait(60)


@contextmanager
def recorded(directory: Path, family: Family) -> Iterator[psycopg.Connection]:
    """The data of a fleet, with the functions that this checkout has."""
    server = EmbeddedPostgres(directory / "postgres", family=family, log=directory / "replay.log", on_loopback=False)
    server.start()
    migrate(server.url(DATABASE))
    with psycopg.connect(server.url(DATABASE), autocommit=True) as conn:
        yield conn


def withheld(conn: psycopg.Connection) -> dict[str, Any]:
    """The same without what a search's own mitras refused."""
    text = (FUNCTIONS / "replay_answers.sql").read_text()
    assert text.count(KNOWN) == 1
    conn.execute(text.replace(KNOWN, "false").encode())
    return replayed(conn)


def replayed(conn: psycopg.Connection) -> dict[str, Any]:
    """Replay all there is, under the rules of that time."""
    began = time.monotonic()
    found = conn.execute(
        "SELECT ops.replay(min(created_at), max(created_at) + interval '1 second', '{}') FROM core.chat_sessions"
    ).fetchone()
    assert found is not None
    return {**found[0], "seconds": time.monotonic() - began}


def told(answer: dict[str, Any]) -> str:
    if answer["answer"] != "replayed":
        return f"{answer['answer']}: {answer['searches']}"
    known = answer["calibration"]
    return (
        f"{known['paired_percent']} % of {known['paired']} paired, {known['failed_percent']} % of {known['failed']}"
        f" failed, {known['percent']} % of all, the commoner outcome {known['commoner_percent']} %;"
        f" {answer['seconds']:.1f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("fleets", nargs="*", metavar="fleet", help=f"of {', '.join(FLEETS)}; without any, all but hour")
    parser.add_argument("--seconds", type=float, help="how long a fleet lives; else 420, and hour an hour")
    parser.add_argument("--keep", type=Path, help="where the data of the fleets stay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="halobestie-replay-") as own:
        for name in arguments.fleets or [name for name in FLEETS if name != "hour"]:
            directory, fleet = (arguments.keep or Path(own)).resolve() / name, FLEETS[name]
            if not (directory / "postgres").exists():
                directory.mkdir(parents=True, exist_ok=True)
                record(directory, fleet, arguments.seconds or fleet.seconds)
            with Family() as family, recorded(directory, family) as conn:
                who = f"{name}: {fleet.mitras} mitras, {fleet.customers} customers, {fleet.rules or 'usual rules'}"
                command = f"python -m bench.replay {name}"
                print(row(f"replay of a fleet, {who}", command, told(replayed(conn))), flush=True)
                print(row("… what its mitras refused withheld", command, told(withheld(conn))), flush=True)


if __name__ == "__main__":
    main()
