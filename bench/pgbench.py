"""pgbench: one script, run by many connections."""

import subprocess
import tempfile

from bench.stage import PGBENCH, Stage


def rate(on: Stage, script: str, *, clients: int, each: int | None = None, seconds: float | None = None) -> float:
    """Transactions a second: `each` of every client, or what `seconds` allow. Raises when one fails."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [str(PGBENCH), "--no-vacuum", "--protocol=prepared", f"--file={file.name}", "--define=n=0"]
        command += [f"--client={clients}", "--jobs=2"]
        command += [f"--transactions={each}"] if each else [f"--time={seconds:.0f}"]
        done = subprocess.run([*command, on.dsn], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout.partition("tps = ")[2].split()[0])
