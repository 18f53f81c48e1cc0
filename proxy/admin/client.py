"""Ask a running proxy on its admin listener.

Nothing heavy is imported: probes and scripts ask often.
"""

import http.client
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from proxy.addresses import ListenAddress
from proxy.admin import secret as admin_secret
from proxy.errors import SettingsError
from proxy.settings.single import setting

DEFAULT = admin_secret.DEFAULT
_NAME = "BREB_ADMIN_LISTEN"
_SIZE = 1 << 20


class Unreached(Exception):
    """No proxy answers at the admin listener; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the admin listener answered, and the secret that it was asked with."""

    status: int
    body: bytes
    secret: str = field(default="", repr=False)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    @property
    def document(self) -> dict[str, Any]:
        """The body as a JSON object; empty if it is none."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}


def address(
    flag: str | None,
    env_file: str | None,
    secrets_dir: str | None,
    environment: Mapping[str, str] = os.environ,
) -> ListenAddress:
    """Find the admin listener's address as ``serve`` does; raise SettingsError if it is none."""
    value = setting(_NAME, flag, env_file, secrets_dir, environment) or DEFAULT
    try:
        return ListenAddress.parse(value).connectable
    except ValueError as error:
        raise SettingsError([f"{_NAME}: {error}"]) from None


def ask_as_user(
    listener: ListenAddress, method: str, target: str, timeout: float, body: object = None
) -> Reply:
    """Send what our user alone may send, with the secret that the proxy left for it; as `ask`."""
    for secret in admin_secret.found(listener):
        reply = ask(listener, method, target, timeout, secret, body)
        if reply.status != 401:  # of an earlier start, which did not end well
            return reply
    return ask(listener, method, target, timeout, "", body)


def ask(
    listener: ListenAddress,
    method: str,
    target: str,
    timeout: float,
    secret: str = "",
    body: object = None,
) -> Reply:
    """Send one request, with a JSON ``body`` if there is one; raise Unreached, for a person.

    ``timeout`` (seconds) is for each step: connecting, sending, each read.
    """
    connection = _Connection(listener, timeout)
    try:
        fields = {"Authorization": f"Bearer {secret}"} if secret else {}
        content = None if body is None else json.dumps(body)
        connection.request(method, target, content, fields)
        response = connection.getresponse()
        return Reply(response.status, response.read(_SIZE), secret)
    except TimeoutError:
        raise Unreached(f"no response from {listener} within {timeout:.3g} s") from None
    except (ConnectionRefusedError, FileNotFoundError):
        raise Unreached(
            f"nothing listens on {listener}: is breb-proxy running? its admin address is"
            f" {_NAME} or --admin-listen"
        ) from None
    except OSError as error:
        raise Unreached(f"cannot reach {listener}: {error.strerror or error}") from None
    except http.client.HTTPException:
        raise not_ours(listener, "it does not answer in HTTP") from None
    finally:
        connection.close()


def not_ours(listener: ListenAddress, why: str) -> Unreached:
    """Word the error that something else answers there, perhaps our own listener for callers."""
    return Unreached(
        f"the program that listens on {listener} is not breb-proxy's admin listener: {why}"
    )


class _Connection(http.client.HTTPConnection):
    """HTTP to an address of ours, which may be a Unix socket."""

    def __init__(self, listener: ListenAddress, timeout: float) -> None:
        super().__init__(listener.host or "localhost", listener.port or 80, timeout)
        self._path = listener.path
        self._limit = timeout

    def connect(self) -> None:
        """Connect; the rest is http.client's."""
        if not self._path:
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._limit)
        self.sock.connect(self._path)
