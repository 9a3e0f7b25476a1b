#!/usr/bin/env bash
# Print the folder of what the browser tests need beside a browser: axe-core, which
# checks the accessibility, the Nu HTML checker, and htmx in both versions that the
# pages answer to. Fetches them by npm when they are not there, and installs npm and
# Java when those are missing and we may (Debian and its relatives, as root). Nothing
# of it is shipped.
set -euo pipefail
cd "$(dirname "$0")/.."

# folder, package, version, and the SHA-512 of its archive
checkers=(
    "axe-core axe-core 4.14.1 1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5"
    "vnu-jar vnu-jar 26.9.27 4e441de4315f39a582f5e6edbe8cd3b2b1f655aa1dde3620faface791133217c417b12f3f7ead2d8336d8e7efe44f5226618258b44a0860057e9125135e6b428"
    "htmx-2 htmx.org 2.0.11 4e1c7f5ada5e390a92aea042c3f0357301891a0e14ad56b7fac5b41a6accde9e202603bcf5e707e2ab5b9f2cc30d616f053aa39c83028042d336deb7e9db5a98"
    "htmx-4 htmx.org 4.0.1 a05ec98178435bd5170b2fe4d59605510833bbfae6d7d39158f48f34bf75bcf96e0763c1f7e315e79b7241d1ffc3ba361006d36141b94835b547ad2676476a1a"
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
    read -r into name version digest <<<"$checker"
    if [ "$(cat "$folder/$into/.digest" 2>/dev/null)" = "$digest" ]; then
        continue
    fi
    need npm npm
    echo "Fetching $name $version" >&2
    rm -rf "${folder:?}/$into"
    mkdir -p "$folder/$into"
    (cd "$folder" && npm pack --silent "$name@$version") >&2
    archive=$folder/$name-$version.tgz
    echo "$digest  $archive" | sha512sum --check --quiet >&2
    tar -xzf "$archive" -C "$folder/$into" --strip-components 1
    rm "$archive"
    echo "$digest" >"$folder/$into/.digest"
done
echo "$folder"
