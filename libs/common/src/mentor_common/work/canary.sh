#!/bin/sh
# Makes canary.webm: two seconds of speech (ffmpeg's flite) over a moving picture, as browsers record
# (VP8 and Opus). Needs an ffmpeg with flite, as Debian's is.
set -eu
cd "$(dirname "$0")"

exec "${FFMPEG_EXECUTABLE:-ffmpeg}" -nostdin -hide_banner -loglevel error -y \
  -f lavfi -i "flite=text='Good morning. I am a mentor.':voice=slt" \
  -f lavfi -i "gradients=size=320x180:rate=15:nb_colors=3:seed=7:speed=0.02" \
  -filter_complex "[0:a]aresample=48000,adelay=200,apad=pad_dur=0.2[speech]" \
  -pix_fmt yuv420p -map 1:v -map "[speech]" -shortest -map_metadata -1 \
  -c:v libvpx -b:v 60k -deadline good -threads 1 -c:a libopus -b:a 24k -ac 1 \
  -fflags +bitexact -flags:v +bitexact -flags:a +bitexact canary.webm
