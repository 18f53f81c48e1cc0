# The proxy as a sidecar: no shell needed, no pip inside, runs as uid 65532 on a read-only root.
#   docker build -t breb-proxy .
#   docker run --rm --network host --env-file .env breb-proxy
# It listens on its own loopback, which -p does not reach: without the host's network (Docker
# Desktop), -p 127.0.0.1:8080:8080 -e BREB_LISTEN=0.0.0.0:8080 and a BREB_CALLER_KEY in .env.
ARG BASE=python:3.13-slim

# hadolint ignore=DL3006
FROM ${BASE} AS build
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# hadolint ignore=DL3008
RUN apt-get update -q && apt-get install -yq --no-install-recommends binutils \
 && rm -rf /var/lib/apt/lists/*
COPY docker/build.lock requirements.lock ./
RUN python3 -m venv --without-pip /opt/breb-proxy \
 && python3 -m pip --python /opt/breb-proxy/bin/python install --no-compile --require-hashes \
    -r requirements.lock \
 && python3 -m pip install --target /opt/build --require-hashes -r build.lock
COPY pyproject.toml README.md LICENSE ./
COPY proxy proxy
# Debug symbols out: they are 14 of uvloop's 16 MB. Bytecode is never checked against its source,
# since nothing in the image changes it.
RUN PYTHONPATH=/opt/build python3 -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && python3 -m pip --python /opt/breb-proxy/bin/python install --no-compile --no-deps /wheels/*.whl \
 && find /opt/breb-proxy/lib -name '*.so' -exec strip --strip-debug {} + \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/breb-proxy/lib

# hadolint ignore=DL3006
FROM ${BASE}
LABEL org.opencontainers.image.title="breb-proxy" \
      org.opencontainers.image.description="Puts a fresh OAuth 2.0 access token on every request to Passport's Bre-B API." \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/breb-proxy /opt/breb-proxy
ENV PATH=/opt/breb-proxy/bin:$PATH PYTHONUNBUFFERED=1
# Slim bases carry no bytecode of the standard library. On a read-only root each start would
# compile it anew, half a second every time: so start once, as root, while the root is writable.
# A volume for a ledger, mounted there, then belongs to our user (BREB_LEDGER).
RUN --mount=type=bind,source=docker/warm.py,target=/warm.py python /warm.py \
 && install -d -o 65532 -g 65532 -m 0700 /var/lib/breb-proxy
USER 65532:65532
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["breb-proxy", "wait", "--timeout", "2"]
ENTRYPOINT ["breb-proxy"]
CMD ["serve"]
