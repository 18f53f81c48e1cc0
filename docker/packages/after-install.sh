#!/bin/sh
# deb: configure [version before]; rpm: 1 at an installation, 2 at an upgrade. Nothing is started that
# did not run: credentials come first.
set -e
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload || true
if [ "$1" = 2 ] || { [ "$1" = configure ] && [ -n "${2-}" ]; }; then
  # What is held by sockets refuses no connection meanwhile.
  systemctl try-restart breb-proxy.service 'breb-proxy@*.service' || true
fi
