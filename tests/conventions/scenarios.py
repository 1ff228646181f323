"""What happens in SQL alone: the scripts of `tests/sql`, and one for the turns that none of them makes."""

from pathlib import Path

HERE = Path(__file__).parent
SCENARIOS = [*sorted((HERE.parent / "sql").glob("*.sql")), HERE / "state_machines.sql"]
