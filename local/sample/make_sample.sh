#!/bin/sh
# Makes answer.mp4: answer.txt, spoken by ffmpeg's own flite voice over a moving picture with the
# waveform of the speech. Needs an ffmpeg with flite and libx264 (Debian's has both); the same
# ffmpeg writes the same bytes each time.
set -eu
cd "$(dirname "$0")"

exec "${FFMPEG_EXECUTABLE:-ffmpeg}" -nostdin -hide_banner -loglevel error -y -filter_complex_threads 1 \
  -f lavfi -i "flite=textfile=answer.txt:voice=slt" \
  -f lavfi -i "gradients=size=640x360:rate=30:c0=0x14324a:c1=0x2f6f6a:c2=0x6a4f7d:nb_colors=3:seed=7:speed=0.02" \
  -filter_complex "
    [0:a]aresample=44100,adelay=700,apad=pad_dur=0.8,asplit[speech][shown];
    [shown]showwaves=size=560x120:rate=30:mode=cline:colors=0xf4f1e8[wave];
    [1:v][wave]overlay=x=40:y='120+24*sin(2*PI*t/4)':shortest=1,format=yuv420p[picture]" \
  -map "[picture]" -map "[speech]" \
  -c:v libx264 -preset slow -crf 30 -threads 1 -c:a aac -b:a 64k -ac 1 \
  -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -map_metadata -1 \
  -movflags +faststart answer.mp4
