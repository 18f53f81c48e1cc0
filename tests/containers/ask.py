"""One HTTP request, run by another process inside a pod's network: prints the answer as JSON."""

import json
import sys
import urllib.error
import urllib.request


def main() -> None:
    """Read METHOD URL NAME:VALUE... BODY-or-dash from the arguments."""
    method, url, fields, body, timeout = sys.argv[1:6]
    data = body.encode() if body else None
    request = urllib.request.Request(url, data, json.loads(fields), method=method)  # noqa: S310
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=float(timeout)) as response:
            status, headers, content = response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        status, headers, content = error.code, error.headers, error.read()
    except OSError as error:
        status, headers, content = 0, {}, str(error).encode()
    answer = {"status": status, "fields": dict(headers), "body": content.decode()}
    json.dump(answer, sys.stdout)


main()
