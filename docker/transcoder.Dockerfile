# The transcoder's image. Built from the repository's root:
#   docker build -f docker/transcoder.Dockerfile -t mentor-upload/transcoder .
# The base is pinned by digest where images are made for others: --build-arg BASE=…@sha256:…
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
COPY docker/build.lock ./
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes -r build.lock \
    && python -m venv --without-pip /opt/venv
COPY services/transcoder/requirements.lock ./
RUN /opt/build/bin/pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes \
        -r requirements.lock
COPY docker/early_sigterm.py ./
RUN cp early_sigterm.py /opt/venv/lib/python3*/site-packages/ \
    && echo 'import early_sigterm' > early_sigterm.pth \
    && cp early_sigterm.pth /opt/venv/lib/python3*/site-packages/
COPY libs/common libs/common
COPY services/transcoder services/transcoder
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation -w wheels \
        ./libs/common ./services/transcoder \
    && /opt/build/bin/pip --python /opt/venv/bin/python install --no-cache-dir --no-deps \
        --no-index wheels/*.whl
COPY docker/slim_botocore.py docker/wiring.py ./
RUN export PYTHONDONTWRITEBYTECODE=1 \
    && /opt/venv/bin/python slim_botocore.py mentor_common mentor_transcoder \
    && /opt/venv/bin/python wiring.py transcoder

FROM ${BASE} AS ffmpeg
COPY docker/ffmpeg-closure.sh /
# The package's version is the Debian release's, security updates included. dpkg does not know the
# copies, nor does a scanner of images: `make audit` holds them against the security suite.
# hadolint ignore=DL3008
RUN dpkg-query -f '${Package}\n' -W > /base-packages \
    && apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/* \
    && sh /ffmpeg-closure.sh /base-packages /ffmpeg

FROM ${BASE}
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="mentor-upload transcoder" \
    org.opencontainers.image.description="Renditions and thumbnail of an uploaded answer" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
COPY --from=ffmpeg /ffmpeg/ /
RUN ldconfig
COPY --from=build /opt/venv /opt/venv
COPY docker/healthcheck.py /opt/healthcheck.py
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MENTOR_UPLOAD_VERSION=${VERSION}
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-I", "/opt/healthcheck.py"]
ENTRYPOINT ["python", "-m", "mentor_transcoder"]
