"""A browser's way in: our user gets a link, and the page that it opens gets a secret, once."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from proxy.admin import operator
from proxy.admin.access import Access
from proxy.admin.local_only import bearer, refused
from proxy.console.routes import HEADERS

LINK = "/console/api/link"
SESSION = "/console/api/session"


class Entrance:
    """Makes links, and takes them."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def link(self) -> Route:
        """Return the route for our user."""
        return Route(LINK, self._link, methods=["POST"])

    def session(self) -> Route:
        """Return the route for a browser with a link."""
        return Route(SESSION, self._session, methods=["POST"])

    async def _link(self, request: Request) -> Response:
        name = operator.given(request.headers.get(operator.FIELD, ""))
        return JSONResponse({"link": self._access.link(name)}, headers=HEADERS)

    async def _session(self, request: Request) -> Response:
        session = self._access.use(bearer(request))
        if session is None:
            raise refused(request)
        request.scope["holder"] = session
        return JSONResponse({"secret": session.secret}, headers=HEADERS)
