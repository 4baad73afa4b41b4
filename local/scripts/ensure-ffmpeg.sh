#!/bin/sh
# Install ffmpeg and ffprobe through the system's package manager when they are missing.
set -eu

if command -v "${FFMPEG_EXECUTABLE:-ffmpeg}" >/dev/null && command -v ffprobe >/dev/null; then
    exit 0
fi

fail() {
    echo "ffmpeg is missing and $1. Install ffmpeg (with ffprobe) yourself, then try again." >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        echo "ffmpeg is missing; installing it needs your password: sudo $*" >&2
        sudo "$@"
    else
        fail "installing it needs root (there is no sudo here)"
    fi
}

echo "ffmpeg is missing; installing it with the system's package manager"
if command -v brew >/dev/null; then
    brew install ffmpeg || fail "brew could not install it"
elif command -v apt-get >/dev/null; then
    as_root apt-get update -qq || fail "apt-get update failed"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ffmpeg \
        || fail "apt-get could not install it"
elif command -v dnf >/dev/null; then
    as_root dnf install -y -q ffmpeg-free || as_root dnf install -y -q ffmpeg \
        || fail "dnf could not install it"
else
    fail "this system has none of brew, apt-get, dnf"
fi

command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null \
    || fail "its package did not bring ffmpeg and ffprobe"
