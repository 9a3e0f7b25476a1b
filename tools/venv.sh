#!/usr/bin/env bash
# Make or refresh a virtual environment: `venv.sh FOLDER EXTRA [VERSION]`.
#
# With VERSION ("3.12") the interpreter must be exactly that one, else the first
# that works is taken. A stamp file holds the checksum of what the installation
# depends on, so a second run with nothing changed costs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1 extra=$2 version=${3:-}

stamp="$folder/.installed-$extra"
sum=$(cat pyproject.toml constraints.txt | cksum)
if "$folder/bin/python" -c "" 2>/dev/null && [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then
    exit 0
fi

# An environment whose interpreter has gone since is made anew.
if ! "$folder/bin/python" -c "import pip" 2>/dev/null; then
    python=$(tools/find_python.sh "$version")
    echo "Making $folder with $("$python" --version)"
    "$python" -m venv --clear "$folder"
fi

echo "Installing the package with its extra [$extra] into $folder"
"$folder/bin/python" -m pip install -qq --disable-pip-version-check \
    --constraint constraints.txt --editable ".[$extra]"
echo "$sum" >"$stamp"
if [ "$extra" = dev ]; then
    echo "$sum" >"$folder/.installed-demo" # [dev] contains it
fi
