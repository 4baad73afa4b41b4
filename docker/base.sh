#!/bin/bash
# Make a stand-in for docker.io/library/python:3.11-slim-bookworm where no registry can be reached.
#
# Usage: docker/base.sh [IMAGE]
#
# Debian's own Python instead of upstream's, from the machine's Debian mirror. The root file system
# is kept as a tar in .verify/, so that only the first run downloads. Needs root, mmdebstrap, buildah.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
image=${1:-docker.io/library/python:3.11-slim-bookworm}
tar=$PWD/.verify/base.tar

if buildah inspect --type image "$image" >/dev/null 2>&1; then
    exit 0
fi
mkdir -p .verify
if [ ! -s "$tar" ]; then
    # Without a mirror named, mmdebstrap takes Debian's own with updates and security: the machine's
    # other entries have no place in the image.
    mmdebstrap --quiet --variant=apt --aptopt='APT::Install-Recommends "false"' \
        --include=ca-certificates,python3.11,python3.11-venv,python3-pip,netbase,tzdata \
        --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --format=tar bookworm "$tar.part"
    mv "$tar.part" "$tar"
fi
container=$(buildah from scratch)
trap 'buildah rm "$container" >/dev/null' EXIT
buildah add --quiet "$container" "$tar" / >/dev/null
run() { buildah run --isolation=chroot "$container" -- "$@"; }
run /bin/sh -c 'cd /usr/local/bin \
    && ln -s /usr/bin/python3.11 python && ln -s /usr/bin/python3.11 python3 \
    && ln -s /usr/bin/pip3 pip \
    && rm -f /usr/lib/python3.11/EXTERNALLY-MANAGED && : > /etc/pip.conf'
buildah config --env PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin \
    --env LANG=C.UTF-8 --cmd python3 "$container"
buildah commit --quiet --format docker "$container" "$image" >/dev/null
