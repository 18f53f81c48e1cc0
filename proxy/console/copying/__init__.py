"""A recorded request as something to paste: for a shell, for a program, for Postman.

For any request, the text does nothing but send it: every word is quoted as its language wants it,
and the text has only printable characters and line ends, since a terminal acts on others while
they are pasted. Secrets are not in the journal, hence not here: a caller key is written as a
variable.
"""

from collections.abc import Callable

from proxy.console.caller_url import CallerUrl
from proxy.console.copying.common import NotCopied
from proxy.console.copying.csharp import csharp
from proxy.console.copying.curl import curl
from proxy.console.copying.httpie import httpie
from proxy.console.copying.java import java
from proxy.console.copying.javascript import javascript
from proxy.console.copying.php import php
from proxy.console.copying.portable import portable
from proxy.console.copying.postman import postman
from proxy.console.copying.powershell import powershell
from proxy.console.copying.python import python
from proxy.console.sendable import Sendable

__all__ = ["FORMS", "NotCopied", "copied"]

FORMS: dict[str, Callable[[Sendable, CallerUrl], str]] = {
    "curl": curl,
    "powershell": powershell,
    "httpie": httpie,
    "python": python,
    "javascript": javascript,
    "java": java,
    "csharp": csharp,
    "php": php,
    "postman": postman,
}


def copied(form: str, request: Sendable, door: CallerUrl) -> str:
    """Word ``request`` in one of the `FORMS`, for a client other than its sender.

    Raises NotCopied if that client would change the request, or its destination.
    """
    return FORMS[form](portable(request), door)
