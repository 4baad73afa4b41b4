#!/bin/sh
# Copy ffmpeg, ffprobe and what the loader needs for them into a folder that goes over an image's
# root. Usage: ffmpeg-closure.sh BASE_PACKAGES TARGET
#
# Debian's ffmpeg package draws in drivers for displays, graphics and sound (an LLVM among them) that
# are opened only when somebody plays a film on a screen. What is linked is a third of it. Licences
# and versions come along. BASE_PACKAGES lists what the image has already, one package a line.
set -eu
base=$1
target=$2

package_of() {
    dpkg-query -S "$1" 2>/dev/null || dpkg-query -S "${1#/usr}" 2>/dev/null || true
}

mkdir -p "$target/usr/share/doc/ffmpeg-closure"
for binary in /usr/bin/ffmpeg /usr/bin/ffprobe; do
    echo "$binary"
    ldd "$binary" | awk '$3 ~ /^\// { print $3 }'
done | sort -u | while read -r path; do
    real=$(readlink -f "$(dirname "$path")")/$(basename "$path")
    owner=$(package_of "$(readlink -f "$path")" | head -n 1)
    package=${owner%%:*}
    if grep -qx "$package" "$base"; then continue; fi
    mkdir -p "$target$(dirname "$real")"
    cp -L "$real" "$target$real"
    echo "$package"
done | sort -u | while read -r package; do
    dpkg-query -W "$package" >> "$target/usr/share/doc/ffmpeg-closure/packages.txt"
    mkdir -p "$target/usr/share/doc/$package"
    cp -L "/usr/share/doc/$package/copyright" "$target/usr/share/doc/$package/copyright"
done
