#!/bin/sh
# package.sh FOLDER: writes both charts into FOLDER, as they are published.
set -eu
for chart in breb-proxy breb-proxy-sidecar; do
  helm package "$(dirname "$0")/$chart" --destination "$1" >/dev/null
done
