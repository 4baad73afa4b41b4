# What stands in for AWS and for the mentor's GraphQL API on a developer's machine. Never deployed.
#   docker build -f docker/local.Dockerfile -t mentor-upload/local .
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
COPY docker/build.lock local/requirements.lock ./
COPY local/emulator/requirements.lock emulator.lock
RUN python -m venv /opt/build \
    && python -m venv --without-pip /opt/venv \
    && python -m venv --without-pip /opt/emulator \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes -r build.lock \
    && /opt/build/bin/pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes \
        -r requirements.lock \
    && /opt/build/bin/pip --python /opt/emulator/bin/python install --no-cache-dir \
        --require-hashes -r emulator.lock

FROM ${BASE}
# checkov:skip=CKV_DOCKER_2: docker/compose.yaml has a check for each of its uses
LABEL org.opencontainers.image.title="mentor-upload local" \
    org.opencontainers.image.description="AWS emulator and local GraphQL server of mentor-upload"
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/emulator /opt/emulator
COPY infra/stage /app/infra/stage
COPY libs/common/src /app/libs/common/src
COPY local/src /app/local/src
RUN mkdir /data && chown 10001:10001 /data
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app/local/src:/app/libs/common/src \
    MENTOR_UPLOAD_EMULATOR_PYTHON=/opt/emulator/bin/python \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
VOLUME /data
ENTRYPOINT ["python", "-m", "mentor_local"]
CMD ["emulator", "8001"]
