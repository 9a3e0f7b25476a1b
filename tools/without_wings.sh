#!/usr/bin/env bash
# Run the suite in a copy of the repository from which optional apps are deleted: the
# core without any of them, then each of them without the others.
#
# The demo is a project that uses them and the documentation speaks of them, so their tests
# stay out; so do those of attacks, which look at the core as it is and would only take their
# time again.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/legs.sh

python=$PWD/${VENV:-.venv}/bin/python
workers=${WORKERS:-2}
shopt -s nullglob
wings=()
for readme in src/organizations/*/README.md; do
    wings+=("$(basename "$(dirname "$readme")")")
done
[ ${#wings[@]} -gt 0 ] || { echo "without_wings.sh: there are no optional apps" >&2 && exit 2; }

root=$PWD
copy=$(mktemp -d)
trap 'rm -rf "$copy" "${_outermost:+$LEGS_TABLE}"' EXIT

# Usage: without "WING..." [pytest arguments]
without() (
    rm -rf "$copy/repository" && mkdir "$copy/repository" && cd "$root" || exit 1
    git ls-files -z --cached --others --exclude-standard |
        xargs -0 cp --parents -t "$copy/repository" || exit 1
    cd "$copy/repository" || exit 1
    git init --quiet # a rule of the house lists the files of the repository
    for wing in $1; do
        rm -rf "src/organizations/$wing" "tests/$wing"
    done
    shift
    PYTHONPATH=$PWD/src ORGKIT_DB=sqlite "$python" -m pytest -n "$workers" \
        --ignore tests/demo --ignore tests/docs --ignore tests/security \
        --ignore tests/house/test_wheel.py "$@"
)

leg "core without ${wings[*]}" without "${wings[*]}"
for wing in "${wings[@]}"; do
    others=("${wings[@]/$wing/}")
    settings=()
    [ ! -f "tests/$wing/settings.py" ] || settings=(--ds "tests.$wing.settings")
    leg "$wing without the others" without "${others[*]}" "${settings[@]}" "tests/$wing"
done

summary
