#!/bin/sh
# See to Prometheus with promtool: what is in PATH, or Debian's package unpacked into .venv-observe.
# Nothing is installed system-wide and no daemon starts; root is not needed while apt has its lists.
# Where none can be had, the tests of rules and dashboards are skipped; CI stops instead.
set -eu

cd "$(dirname "$0")/../.."
HERE=.venv-observe

found() {
    if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
        return 0
    fi
    [ -x "$HERE/bin/prometheus" ] && "$HERE/bin/promtool" --version >/dev/null 2>&1
}

give_up() {
    echo "Prometheus is missing and $1. Install it (with promtool) yourself; until then" >&2
    echo "\`make observe\` has no metrics, and the tests of rules and dashboards are skipped." >&2
    [ -z "${CI:-}" ] && exit 0
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        echo "apt knows no package prometheus; fetching its lists needs your password: sudo $*" >&2
        sudo "$@"
    else
        return 1
    fi
}

# Downloads into the folder we stand in; apt's own user may write there.
download() {
    apt-get download -qq prometheus
}

unpack_debian() {
    rm -rf "$HERE/download" "$HERE/unpacked"
    mkdir -p "$HERE/download"
    [ "$(id -u)" -ne 0 ] || chmod 777 "$HERE/download"
    (
        cd "$HERE/download"
        download 2>/dev/null || { as_root apt-get update -qq && download; }
    ) || give_up "apt-get could not download it"
    dpkg -x "$HERE"/download/prometheus_*.deb "$HERE/unpacked" || give_up "dpkg could not unpack it"
    mkdir -p "$HERE/bin"
    mv "$HERE/unpacked/usr/bin/prometheus" "$HERE/unpacked/usr/bin/promtool" "$HERE/bin/"
    rm -rf "$HERE/unpacked" "$HERE/download"
}

if found; then
    exit 0
fi
echo "Prometheus is missing; fetching it with the system's package manager"
if command -v brew >/dev/null; then
    brew install prometheus || give_up "brew could not install it"
elif command -v apt-get >/dev/null && command -v dpkg >/dev/null; then
    unpack_debian
elif command -v dnf >/dev/null; then
    give_up "dnf's distributions differ in its package (golang-github-prometheus)"
else
    give_up "this system has none of brew and apt-get"
fi
found || give_up "its package did not bring prometheus and promtool"
