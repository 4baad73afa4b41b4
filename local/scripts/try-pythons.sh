#!/bin/sh
# Set up from nothing without a C compiler, and run the quick tests: try-pythons.sh [PYTHON ...]
# Without arguments each of the README's Pythons that is found here. Ends with 1 if one fails.
set -eu
cd "$(dirname "$0")/../.."

if [ $# -eq 0 ]; then
    for version in 3.11 3.12 3.13 3.14; do
        if "python$version" -c '' 2>/dev/null; then
            set -- "$@" "python$version"
        else
            echo "skipped python$version: not found here; name one: PYTHONS=/path/to/python$version"
        fi
    done
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0
for python in "$@"; do
    copy="$folder/$(basename "$python")"
    mkdir "$copy"
    git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from=- | tar -x -C "$copy"
    if (
        cd "$copy"
        export CC=false CXX=false # whatever has no wheel for this Python fails
        make setup PYTHON="$python" && .venv/bin/python -m pytest -q -m quick libs services
    ) >"$copy.log" 2>&1; then
        echo "ok $("$python" --version): $(tail -1 "$copy.log")"
    else
        echo "FAIL $("$python" --version)"
        tail -40 "$copy.log"
        failed=1
    fi
    grep '^No pocketsphinx' "$copy.log" || true
    rm -rf "$copy"
done
exit "$failed"
