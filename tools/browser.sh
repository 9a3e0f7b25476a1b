#!/usr/bin/env bash
# Print the path of a Chromium for the browser tests; install the system's one
# when there is none and we may (Debian and its relatives, as root).
#
# The tests drive the system's browser, because the browser that the test tool
# would download for itself is not to be had behind a closed network.
set -euo pipefail

find_browser() {
    local name
    for name in "${ORGKIT_CHROMIUM:-}" chromium chromium-browser google-chrome-stable google-chrome; do
        if [ -n "$name" ] && command -v "$name"; then
            return 0
        fi
    done
    return 1
}

if find_browser; then
    exit 0
fi

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "No Chromium found. Install it (Debian: apt-get install chromium)," >&2
    echo "or set ORGKIT_CHROMIUM to the path of one." >&2
    exit 1
fi

echo "Installing the system's Chromium" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
apt-get install -y -qq --no-install-recommends chromium \
    fonts-dejavu-core fonts-noto-cjk fonts-noto-color-emoji >&2
find_browser
