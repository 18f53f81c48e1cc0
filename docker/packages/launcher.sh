#!/bin/sh
# Starts the proxy on the Python, the libraries and the C library that lie beside it.
set -eu
self=$(readlink -f -- "$0")
root=${self%/bin/*}
# The OpenSSL inside knows where its builder kept the authorities; this machine's are meant.
if [ -z "${SSL_CERT_FILE-}${SSL_CERT_DIR-}" ]; then
  for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt \
    /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
    if [ -r "$bundle" ]; then
      export SSL_CERT_FILE="$bundle"
      break
    fi
  done
fi
# The first is the loader, started by name and called like the program for process lists.
exec "$root/lib/breb-proxy" --argv0 "$root/bin/python3" --library-path "$root/lib" \
  "$root/bin/python3" -I -S "$root/lib/app" "$@"
