"""Ask a running proxy on its admin listener.

It imports nothing heavy, because probes and scripts ask often.
"""

import http.client
import json
import os
import sys
from dataclasses import dataclass

from proxy.addresses import ListenAddress
from proxy.admin import operator
from proxy.admin import secret as admin_secret
from proxy.admin.connection import AdminConnection, Unreached, not_ours
from proxy.errors import BadValue, SettingsError
from proxy.settings.sources import Sources
from proxy.words import of_locale, phrase

DEFAULT = admin_secret.DEFAULT
_NAME = "BREB_ADMIN_LISTEN"
_SIZE = 1 << 20  # bytes


JsonObject = dict[str, object]
"""An answer, before it is known whose it is."""


@dataclass(frozen=True, slots=True)
class AdminReply:
    """The admin listener's answer, and the address at which it was reached."""

    status: int
    body: bytes
    at: ListenAddress

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    @property
    def document(self) -> JsonObject:
        """The body as a JSON object; empty if it is none."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}


def address(flag: str | None, sources: Sources) -> ListenAddress:
    """Find the admin listener's address as ``serve`` does; raise SettingsError for a wrong one."""
    value = flag or sources.get(_NAME) or DEFAULT
    try:
        return ListenAddress.parse(value).connectable
    except BadValue as error:
        raise SettingsError([error.of(_NAME)]) from None


def ask(
    listener: ListenAddress, method: str, target: str, timeout: float, body: object = None
) -> AdminReply:
    """Send a request with our user's secret, to a listener that proves to be this user's proxy.

    ``body`` goes as JSON, if there is one; ``timeout`` (seconds) is for each step: connecting,
    proving, sending, each read. Raises Unreached.
    """
    connection, where = AdminConnection(listener, timeout), str(listener)
    try:
        connection.connect()
        fields = connection.introduce() | {"Accept-Language": of_locale(os.environ)}
        content = None if body is None else json.dumps(body)
        if method != "GET":  # who only asks is not named, and no user database is asked
            fields |= operator.field()
        connection.request(method, target, content, fields)
        response = connection.getresponse()
        return AdminReply(response.status, response.read(_SIZE), connection.at)
    except TimeoutError:
        limit = float(f"{timeout:.3g}")
        raise Unreached(phrase("reach.silent", where=where, seconds=limit)) from None
    except (ConnectionRefusedError, FileNotFoundError):
        raise Unreached(phrase("reach.nobody", where=where)) from None
    except OSError as error:
        raise Unreached(phrase("reach.failed", where=where, why=_words(error))) from None
    except http.client.HTTPException:
        raise not_ours(listener, phrase("reach.no-http")) from None
    finally:
        connection.close()


def _words(error: OSError) -> str:
    if sys.platform == "win32":
        from proxy.windows import winsock

        return winsock.words(error)
    return error.strerror or str(error)
