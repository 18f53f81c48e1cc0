#!/bin/sh
# push.sh IMAGES VERSION ARCHITECTURE: puts what make image has built into the registry, each image under
# its version and architecture, and its bill of materials into this folder.
set -eu
images=$1 version=$2 architecture=$3
engine=$(command -v docker || command -v podman) || { echo "docker or podman is needed" >&2; exit 1; }
for name in breb-proxy breb-simulator; do
  made=$("$engine" create "$name:$version")
  "$engine" cp "$made:/usr/share/doc/breb-proxy/sbom.cdx.json" "$name-$version-$architecture.cdx.json"
  "$engine" rm "$made" >/dev/null
  "$engine" tag "$name:$version" "$images/$name:$version-$architecture"
  "$engine" push "$images/$name:$version-$architecture"
done
