#!/usr/bin/env bash
# Print the path of a PgBouncer for the tests behind a pooler; install the system's one when
# there is none and we may (Debian and its relatives, as root).
set -euo pipefail

find_pooler() {
    command -v "${ORGKIT_PGBOUNCER:-pgbouncer}" || PATH=$PATH:/usr/sbin command -v pgbouncer
}

if find_pooler; then
    exit 0
fi

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "No PgBouncer found. Install it (Debian: apt-get install pgbouncer)," >&2
    echo "or set ORGKIT_PGBOUNCER to the path of one." >&2
    exit 1
fi

echo "Installing the system's PgBouncer" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
apt-get install -y -qq --no-install-recommends pgbouncer >&2
find_pooler
