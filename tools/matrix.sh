#!/usr/bin/env bash
# Run most of the suite under the other supported pairs of Python and Django.
#
# The pairs of Python and Django are those of constraints.txt. The version of .venv
# is left out, since `make test` has run it; a version with no interpreter here is
# named in the closing table.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/legs.sh

# Each pair with the databases it runs on: all of them together would take an hour, and
# what differs between versions of Django seldom differs by database as well.
pairs=("3.11 5.2 sqlite postgres" "3.12 6.0 sqlite" "3.13 6.1 postgres")
main=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true)

one_pair() {
    tools/venv.sh ".venv-$1" dev "$1" && VENV=".venv-$1" DATABASES=$2 tools/test.sh pair
}

for pair in "${pairs[@]}"; do
    read -r python django databases <<<"$pair"
    name="Python $python with Django $django"
    if [ "$python" = "$main" ]; then
        continue
    elif tools/find_python.sh "$python" >/dev/null 2>&1; then
        leg "$name" one_pair "$python" "$databases"
    else
        no_leg "$name" "no working Python $python with venv on this machine"
    fi
done

summary
