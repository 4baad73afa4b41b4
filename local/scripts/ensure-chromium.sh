#!/bin/sh
# Install Chromium through the system's package manager when no Chromium or Chrome is there. Where
# none can be had, the tests of the pages are skipped; CI stops instead.
set -eu

MAC_CHROME="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
MAC_CHROMIUM="/Applications/Chromium.app/Contents/MacOS/Chromium"

found() {
    for name in "${CHROMIUM_EXECUTABLE:-}" chromium chromium-browser google-chrome \
        google-chrome-stable "$MAC_CHROME" "$MAC_CHROMIUM"; do
        if [ -n "$name" ] && command -v "$name" >/dev/null; then
            return 0
        fi
    done
    return 1
}

give_up() {
    echo "Chromium is missing and $1. Install Chromium or Chrome yourself, or set" >&2
    echo "CHROMIUM_EXECUTABLE; until then the tests of the pages are skipped." >&2
    [ -z "${CI:-}" ] && exit 0
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        echo "Chromium is missing; installing it needs your password: sudo $*" >&2
        sudo "$@"
    else
        give_up "installing it needs root (there is no sudo here)"
    fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"
}

if found; then
    exit 0
fi
echo "Chromium is missing; installing it with the system's package manager"
if command -v brew >/dev/null; then
    brew install --cask chromium || give_up "brew could not install it"
elif command -v apt-get >/dev/null; then
    as_root apt-get update -qq || give_up "apt-get update failed"
    # Ubuntu's name for it is chromium-browser.
    apt_install chromium || apt_install chromium-browser || give_up "apt-get could not install it"
elif command -v dnf >/dev/null; then
    as_root dnf install -y -q chromium || give_up "dnf could not install it"
else
    give_up "this system has none of brew, apt-get, dnf"
fi
found || give_up "its package did not bring it"
