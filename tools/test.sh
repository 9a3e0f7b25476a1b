#!/usr/bin/env bash
# Run parts of the tests: `test.sh PART...` with the parts lint, house, normal,
# pair, slow, pooler and browser.
#
# VENV names the virtual environment (.venv unless told), WORKERS the number of
# processes. The parts normal, pair, slow and browser run on SQLite and on PostgreSQL
# unless DATABASES names one of sqlite and postgres, and a failure on one does not keep
# the other from being run.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/legs.sh

python=${VENV:-.venv}/bin/python
workers=${WORKERS:-2}

suite() {
    local title=$1 database
    local -A names=([sqlite]=SQLite [postgres]=PostgreSQL)
    shift
    for database in ${DATABASES:-sqlite postgres}; do
        leg "$title on ${names[$database]}" env ORGKIT_DB="$database" "$python" -m pytest "$@"
    done
}

for part in "$@"; do
    case $part in
    lint)
        leg "ruff check" "$python" -m ruff check .
        leg "ruff format --check" "$python" -m ruff format --check .
        leg "mypy" "$python" -m mypy
        leg "no migration is missing" "$python" -m django makemigrations \
            --check --dry-run --settings tests.tenancy.settings
        ;;
    house)
        # Rules about the text and the built wheel: the database makes no difference.
        leg "house rules" "$python" -m pytest tests/house
        ;;
    normal)
        suite "suite" -n "$workers" --ignore tests/house
        suite "scopes" -n "$workers" --ds tests.tenancy.settings tests/tenancy
        ;;
    pair)
        # What another version of Python or Django can break. Pages of documentation and
        # the demo are about ours; tests of attacks and tables repeat doors and verbs by the
        # thousand; the doors run with the pair that has no optional apps.
        suite "suite without doors, security, documentation and demo" -n "$workers" \
            -m "not slow and not browser and not table" \
            --ignore tests/house --ignore tests/docs --ignore tests/demo --ignore tests/security \
            --ignore tests/doors
        # And what is PostgreSQL's own: locks, triggers, plans, races, policies.
        leg "what needs PostgreSQL" env ORGKIT_DB=postgres "$python" -m pytest -n "$workers" \
            -m "postgres and not slow and not browser and not pooler and not table" \
            --ignore tests/docs --ignore tests/demo
        # Scopes are of Django alone, policies of PostgreSQL.
        suite "scopes" -n "$workers" --ds tests.tenancy.settings tests/tenancy
        leg "policies on PostgreSQL" env ORGKIT_DB=postgres "$python" -m pytest -n "$workers" \
            --ds tests.tenancy.settings tests/tenancy/test_rls.py
        ;;
    slow)
        suite "slow tests" -n "$workers" -m slow
        ;;
    pooler)
        leg "scopes behind PgBouncer" env ORGKIT_DB=postgres "$python" -m pytest -m pooler \
            --ds tests.tenancy.settings tests/tenancy/test_pooler.py
        ;;
    browser)
        # By test: the gallery, half of the time, has a process for each direction.
        suite "browser tests" -m browser -n "$workers" --dist load tests/browser
        ;;
    *)
        echo "test.sh: unknown part '$part'" >&2
        exit 2
        ;;
    esac
done

summary
