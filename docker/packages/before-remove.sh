#!/bin/sh
# deb: remove; rpm: 0. An upgrade stops nothing.
set -e
[ "$1" = remove ] || [ "$1" = 0 ] || exit 0
[ -d /run/systemd/system ] || exit 0
# All instances, whatever they are called; those that stopped may be enabled still.
for unit in breb-proxy.service breb-proxy.socket breb-proxy-admin.socket \
  $(systemctl list-units --all --plain --no-legend 'breb-proxy@*' 'breb-proxy-admin@*' | cut -d' ' -f1) \
  $(systemctl list-unit-files --no-legend --state=enabled 'breb-proxy@*' 'breb-proxy-admin@*' | cut -d' ' -f1); do
  systemctl disable --now --quiet "$unit" 2>/dev/null || true
  # Else it would be listed as failed, and as not found, until the next boot.
  systemctl reset-failed "$unit" 2>/dev/null || true
done
