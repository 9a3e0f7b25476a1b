#!/usr/bin/env bash
# Print the folder of what checks pages in the browser tests: axe-core for the
# accessibility, and the Nu HTML checker for the validity. Fetches them by npm when
# they are not there, and installs npm and Java when those are missing and we may
# (Debian and its relatives, as root). Nothing of it is shipped.
set -euo pipefail
cd "$(dirname "$0")/.."

# name, version, and the SHA-512 of its archive
checkers=(
    "axe-core 4.14.1 1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5"
    "vnu-jar 26.9.27 4e441de4315f39a582f5e6edbe8cd3b2b1f655aa1dde3620faface791133217c417b12f3f7ead2d8336d8e7efe44f5226618258b44a0860057e9125135e6b428"
)
folder=$PWD/.checkers

need() {
    local command=$1 package=$2
    if command -v "$command" >/dev/null; then
        return
    fi
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "No $command found. Install it (Debian: apt-get install $package)." >&2
        exit 1
    fi
    echo "Installing $package" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2
    apt-get install -y -qq --no-install-recommends "$package" >&2
}

need java default-jre-headless
for checker in "${checkers[@]}"; do
    read -r name version digest <<<"$checker"
    if [ "$(cat "$folder/$name/.digest" 2>/dev/null)" = "$digest" ]; then
        continue
    fi
    need npm npm
    echo "Fetching $name $version" >&2
    rm -rf "${folder:?}/$name"
    mkdir -p "$folder/$name"
    (cd "$folder" && npm pack --silent "$name@$version") >&2
    archive=$folder/$name-$version.tgz
    echo "$digest  $archive" | sha512sum --check --quiet >&2
    tar -xzf "$archive" -C "$folder/$name" --strip-components 1
    rm "$archive"
    echo "$digest" >"$folder/$name/.digest"
done
echo "$folder"
