# The proxy as a sidecar: no shell needed, no pip inside, runs as uid 65532 on a read-only root.
#   docker build -t breb-proxy .                             the proxy, for production
#   docker build --target sandbox -t breb-simulator .        the same with the simulator of the API
#   docker run --rm --network host --env-file .env breb-proxy
# It listens on its own loopback, which -p does not reach: without the host's network (Docker
# Desktop), -p 127.0.0.1:8080:8080 -e BREB_LISTEN=0.0.0.0:8080 and a BREB_CALLER_KEY in .env.
# A base by digest: --build-arg BASE=python:3.13-slim@sha256:...
ARG BASE=python:3.13-slim

# hadolint ignore=DL3006
FROM ${BASE} AS build
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# hadolint ignore=DL3008
RUN apt-get update -q && apt-get install -yq --no-install-recommends binutils \
 && rm -rf /var/lib/apt/lists/*
COPY locks/build.lock requirements.lock requirements-postgres.lock ./
RUN python3 -m venv --without-pip /opt/breb-proxy \
 && python3 -m pip --python /opt/breb-proxy/bin/python install --no-compile --require-hashes \
    --only-binary :all: -r requirements.lock -r requirements-postgres.lock \
 && python3 -m pip install --target /opt/build --require-hashes \
    --only-binary :all: -r build.lock
COPY pyproject.toml README.md LICENSE ./
COPY proxy proxy
COPY simulator simulator
COPY docs docs
COPY docker/image/part.py ./
# Debug symbols out: they are 14 of uvloop's 16 MB. Bytecode is never checked against its source,
# since nothing in the image changes it.
RUN PYTHONPATH=/opt/build python3 -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && python3 -m pip --python /opt/breb-proxy/bin/python install --no-compile --no-deps /wheels/*.whl \
 && find /opt/breb-proxy/lib -name '*.so' -exec strip --strip-debug {} + \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/breb-proxy/lib \
 && python3 part.py /opt/breb-proxy /opt/simulator

# hadolint ignore=DL3006
FROM ${BASE} AS serving
COPY --from=build /opt/breb-proxy /opt/breb-proxy
# The base's pip goes. Slim bases carry no bytecode of the standard library: on a read-only root each
# start would compile it anew, half a second every time. So start once while the root is writable.
# A volume for a ledger, mounted there, then belongs to our user (BREB_LEDGER). The bill of
# materials is written last: it tells what is left.
RUN --mount=type=bind,source=docker/image,target=/image \
    python3 -B /image/without_pip.py \
 && /opt/breb-proxy/bin/python /image/warm.py \
 && install -d -o 65532 -g 65532 -m 0700 /var/lib/breb-proxy \
 && /opt/breb-proxy/bin/python -B /image/bill.py
ENV PATH=/opt/breb-proxy/bin:$PATH PYTHONUNBUFFERED=1
USER 65532:65532
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["breb-proxy", "wait", "--timeout", "2"]
ENTRYPOINT ["breb-proxy"]
CMD ["serve"]
ARG VERSION=
ARG REVISION=
ARG SOURCE=
ARG CREATED=
LABEL org.opencontainers.image.title="breb-proxy" \
      org.opencontainers.image.description="Puts a fresh OAuth 2.0 access token on every request to Passport's Bre-B API." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.created="${CREATED}"

# With the simulator: for the demo, for clusters without credentials, for tests.
FROM serving AS sandbox
COPY --from=build /opt/simulator /opt/breb-proxy
EXPOSE 9090
HEALTHCHECK NONE
CMD ["sandbox", "--host", "0.0.0.0"]

# The last one is what is built unless a target is named.
FROM serving AS production
