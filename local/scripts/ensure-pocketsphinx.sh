#!/bin/sh
# Install pocketsphinx, which aligns texts with sound: ensure-pocketsphinx.sh PYTHON
# Where it has no wheel for this Python and there is no C compiler, all else works without it.
set -eu
cd "$(dirname "$0")/../.."
python=$1
stamp=$(dirname "$(dirname "$python")")/.alignment

install() {
    "$python" -m pip install --disable-pip-version-check --quiet --require-hashes "$@" \
        -r services/transcriber/alignment.lock
}

if ! install --only-binary=:all: 2>/dev/null; then
    echo "pocketsphinx has no wheel for this Python; trying to build it" >&2
    if ! "${CC:-cc}" --version >/dev/null 2>&1 || ! install; then
        echo "No pocketsphinx: it needs a C compiler here. A text that a person edits is not aligned" >&2
        echo "with the sound; all else works. To have it, install a compiler and run 'make setup'." >&2
        exit 0
    fi
fi
touch "$stamp"
