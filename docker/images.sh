#!/bin/bash
# Build images: docker/images.sh [SERVICE …], all when none is named.
#
# REGISTRY  what stands before the name (default localhost/mentor-upload)
# TAG       default: dev
# VERSION   what the processes call themselves (default: the tag)
# BASE      base image, with its digest where images are made for others
# PLATFORMS what the images run on (linux/amd64,linux/arm64), by docker buildx; pushed to REGISTRY at
#          once, since an engine keeps one platform's. Default: this machine's, and nothing is pushed
# BUILDER   docker or buildah (default: the one that works here, docker first)
# WHISPER_MODEL, WHISPER_MODEL_MIRROR  the model in the transcriber's image (default base), and where
#          it is fetched from first; without credentials, which an image's history would show
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
registry=${REGISTRY:-localhost/mentor-upload}
tag=${TAG:-dev}
base=${BASE:-docker.io/library/python:3.11-slim-bookworm}
platforms=${PLATFORMS:-}
builder=${BUILDER:-}
if [ -z "$builder" ]; then
    if docker info >/dev/null 2>&1; then
        builder=docker # its client alone, without the engine, builds nothing
    elif command -v buildah >/dev/null; then
        builder=buildah
    fi
fi

build() {
    local arguments=(-f "docker/$1.Dockerfile" -t "$registry/$1:$tag"
        --build-arg "BASE=$base" --build-arg "VERSION=${VERSION:-$tag}"
        --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)")
    if [ "$1" = transcriber ]; then
        arguments+=(--build-arg "WHISPER_MODEL=${WHISPER_MODEL:-base}"
            --build-arg "WHISPER_MODEL_MIRROR=${WHISPER_MODEL_MIRROR:-}")
    fi
    case $builder in
        docker)
            if [ -n "$platforms" ]; then
                docker buildx build --platform "$platforms" --push "${arguments[@]}" .
            else
                docker build "${arguments[@]}" .
            fi
            ;;
        buildah)
            if [ -n "$platforms" ]; then
                echo "PLATFORMS needs docker buildx" >&2
                exit 1
            fi
            # HEALTHCHECK is of Docker's format. A machine with certificates or a pip configuration
            # of its own lends them to the build; nothing of them stays in the image.
            local lend=()
            for file in "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" /etc/pip.conf; do
                if [ -f "$file" ]; then lend+=(--volume "$file:$file:ro"); fi
            done
            buildah build --isolation=chroot --layers --format docker --pull-never "${lend[@]}" \
                "${arguments[@]}" .
            ;;
        *)
            echo "docker or buildah is needed to build images" >&2
            exit 1
            ;;
    esac
}

if [ $# -eq 0 ]; then set -- api transcoder transcriber notifier; fi
for service in "$@"; do
    if [ ! -f "docker/$service.Dockerfile" ]; then
        echo "there is no image '$service': api, transcoder, transcriber, notifier or local" >&2
        exit 1
    fi
    build "$service"
done
