#!/bin/sh
# push.sh CHART REGISTRY: puts a packed chart into a registry, and prints digest=sha256:...
set -eu
said=$(helm push "$1" "oci://$2" 2>&1) || { echo "$said" >&2; exit 1; }
digest=$(echo "$said" | sed -n 's/^Digest: \(sha256:[0-9a-f]\{64\}\)$/\1/p')
[ -n "$digest" ] || { echo "helm push named no digest: $said" >&2; exit 1; }
echo "digest=$digest"
