#!/usr/bin/env bash
# Run most of the suite under the other supported pairs of Python and Django.
#
# The pairs of Python and Django are those of constraints.txt. The version of .venv
# is left out, since `make test` has run it; a version with no interpreter here is
# named in the closing table.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/legs.sh

# Each pair with what it runs: the suite on a database, or the core without the optional
# apps and then each of them alone. All of it with each pair would take hours, and what
# differs between versions of Django seldom differs by database or by apps as well.
pairs=("3.11 5.2 suite sqlite" "3.12 6.0 core" "3.13 6.1 suite sqlite")
main=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true)

# Usage: one_pair PYTHON PART [DATABASES]
one_pair() {
    tools/venv.sh ".venv-$1" dev "$1" || return
    case $2 in
    core) VENV=".venv-$1" tools/without_wings.sh ;;
    suite) VENV=".venv-$1" DATABASES=$3 tools/test.sh pair ;;
    esac
}

for pair in "${pairs[@]}"; do
    read -r python django part databases <<<"$pair"
    name="Python $python with Django $django"
    if [ "$python" = "$main" ]; then
        continue
    elif tools/find_python.sh "$python" >/dev/null 2>&1; then
        leg "$name" one_pair "$python" "$part" "$databases"
    else
        no_leg "$name" "no working Python $python with venv on this machine"
    fi
done

summary
