#!/bin/sh
# Print the path of a working Python: `find_python.sh` for the first one that is
# 3.11 or newer, `find_python.sh 3.12` for exactly that version.
#
# A name on PATH proves nothing: version managers put stand-ins there that fail
# when called, and some systems split venv into a package of its own. So each
# candidate is asked for its version and for the two modules that make a
# virtual environment.
set -eu

wanted=${1:-}

works() {
    "$1" - "$wanted" >/dev/null 2>&1 <<'PYTHON'
import ensurepip, sys, venv
wanted = sys.argv[1]
ok = sys.version_info >= (3, 11) if not wanted else "%d.%d" % sys.version_info[:2] == wanted
sys.exit(not ok)
PYTHON
}

candidates() {
    # An explicit choice is the only candidate, so that a bad one is noticed.
    if [ -z "$wanted" ] && [ -n "${PYTHON:-}" ]; then
        echo "$PYTHON"
        return
    fi
    if [ -n "$wanted" ]; then
        echo "python$wanted"
    fi
    printf '%s\n' python3 python python3.14 python3.13 python3.12 python3.11
    if root=$(pyenv root 2>/dev/null); then
        for path in "$root"/versions/"${wanted:-3.1}"*/bin/python; do
            echo "$path"
        done
    fi
}

for candidate in $(candidates); do
    if works "$candidate"; then
        # The path behind any stand-in, so that the choice holds from every folder.
        "$candidate" -c 'import sys; print(sys.executable)'
        exit 0
    fi
done

if [ -z "$wanted" ] && [ -n "${PYTHON:-}" ]; then
    echo "PYTHON=$PYTHON is not a working Python 3.11 or newer with venv." >&2
else
    echo "no working Python ${wanted:-3.11 or newer} with venv" >&2
fi
exit 1
