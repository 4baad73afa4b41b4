# The api's image. Built from the repository's root:
#   docker build -f docker/api.Dockerfile -t mentor-upload/api .
# The base is pinned by digest where images are made for others: --build-arg BASE=…@sha256:…
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
COPY docker/build.lock ./
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes -r build.lock \
    && python -m venv --without-pip /opt/venv
COPY services/api/requirements.lock ./
RUN /opt/build/bin/pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes \
        -r requirements.lock
COPY docker/early_sigterm.py ./
RUN cp early_sigterm.py /opt/venv/lib/python3*/site-packages/ \
    && echo 'import early_sigterm' > early_sigterm.pth \
    && cp early_sigterm.pth /opt/venv/lib/python3*/site-packages/
COPY libs/common libs/common
COPY services/api services/api
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation -w wheels \
        ./libs/common ./services/api \
    && /opt/build/bin/pip --python /opt/venv/bin/python install --no-cache-dir --no-deps \
        --no-index wheels/*.whl
COPY docker/slim_botocore.py docker/wiring.py ./
RUN export PYTHONDONTWRITEBYTECODE=1 \
    && /opt/venv/bin/python slim_botocore.py mentor_common mentor_api \
    && /opt/venv/bin/python wiring.py api

FROM ${BASE}
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="mentor-upload api" \
    org.opencontainers.image.description="HTTP edge of mentor-upload and its ingest worker" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/venv /opt/venv
COPY docker/healthcheck.py /opt/healthcheck.py
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MENTOR_UPLOAD_VERSION=${VERSION}
USER 10001:10001
EXPOSE 8000 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-I", "/opt/healthcheck.py"]
ENTRYPOINT ["python", "-m", "mentor_api"]
CMD ["web"]
