#!/bin/sh
# make image: builds breb-proxy and breb-simulator with docker, or else podman. A release (the commit
# that its tag names) stands on a base by digest, since a tag may be another image tomorrow.
set -eu
engine=$(command -v docker || command -v podman) || { echo "docker or podman is needed" >&2; exit 1; }
BASE=${BASE:-$(sed -n 's/^ARG BASE=//p' Dockerfile)}
case $BASE in
*@sha256:*) ;;
*)
  if git tag --points-at HEAD 2>/dev/null | grep -qx "v$VERSION"; then
    echo "not built: this is the release $VERSION, and its base $BASE is a tag, which may be another" \
      "image tomorrow: python -m tools.base writes its digest into the Dockerfile; commit that" >&2
    exit 1
  fi
  echo "not for a release: the base $BASE is a tag; python -m tools.base writes its digest" >&2
  ;;
esac
build() {
  BUILDAH_FORMAT=docker "$engine" build "$@" --build-arg "BASE=$BASE" --build-arg "VERSION=$VERSION" \
    --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null)" --build-arg "SOURCE=${SOURCE:-}" \
    --build-arg "CREATED=$(git log -1 --format=%cI 2>/dev/null)" .
}
build -t breb-proxy -t "breb-proxy:$VERSION"
build --target sandbox -t "breb-simulator:$VERSION"
