#!/usr/bin/env bash
# The database on PostgreSQL 15, the oldest that is supported: migrations, functions and every test of them, with
# plpgsql_check over all functions. It compiles just in time, as Debian's servers do. Starts a server of its own in a
# temporary directory, without a port, and stops it.
#
#   tests/postgresql15.sh [what to give pytest]      PYTEST and POSTGRESQL_BIN name other programs than the usual ones
set -euo pipefail
cd "$(dirname "$0")/.."

pytest=${PYTEST:-.venv/bin/python -m pytest}
bin=${POSTGRESQL_BIN:-/usr/lib/postgresql/15/bin}
if [ ! -x "$bin/postgres" ]; then
    echo "There is no PostgreSQL 15 in $bin (Debian: apt-get install postgresql-15 postgresql-15-plpgsql-check)." >&2
    exit 1
fi

directory=$(mktemp -d)
as_server=()
if [ "$(id -u)" = 0 ]; then
    chown postgres: "$directory"
    chmod 755 "$directory"
    as_server=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi

stop() {
    (cd / && "${as_server[@]}" "$bin/pg_ctl" stop -s -w -m immediate -D "$directory/data") || true
    rm -rf "$directory"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cd /
"${as_server[@]}" "$bin/initdb" -D "$directory/data" -U postgres --auth=trust --encoding=UTF8 --no-locale --no-sync >/dev/null
"${as_server[@]}" "$bin/pg_ctl" start -s -w -t 180 -D "$directory/data" -l "$directory/log" -o \
    "-c listen_addresses= -c unix_socket_directories='$directory' -c max_connections=200 -c fsync=off -c full_page_writes=off -c autovacuum=off"
cd - >/dev/null

if [ $# = 0 ]; then
    set -- tests/sql tests/conventions tests/functions tests/platform/test_upgrade.py tests/platform/test_upgrade_under_load.py
fi
TEST_DATABASE_URL="postgresql://postgres@/postgres?host=$directory" $pytest "$@"
