#!/bin/sh
# deb: remove, then purge; rpm: 0. A purge takes settings and credentials away.
set -e
if [ "$1" = remove ] || [ "$1" = 0 ]; then
  if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
fi
[ "$1" = purge ] || exit 0
rm -rf /etc/breb-proxy
# What may have been paid is nobody's to delete but a person's.
for state in /var/lib/private/breb-proxy*; do
  [ -d "$state" ] || continue
  rmdir "$state" 2>/dev/null || echo "breb-proxy: kept $state, which holds a ledger" >&2
done
for link in /var/lib/breb-proxy*; do
  if [ -L "$link" ] && [ ! -e "$link" ]; then rm -f "$link"; fi
done
