"""Filter, order and cut a list into pages."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel

from simulator.models.lists import PageQuery, PaginationInfo
from simulator.models.shapes import Money, Sum, centavos, timestamp
from simulator.refusal import Refusal
from simulator.world import World

ItemT = TypeVar("ItemT", bound=BaseModel)


def page(
    world: World, query: PageQuery, items: Iterable[ItemT], *, documented: int
) -> tuple[list[ItemT], PaginationInfo]:
    """Pick the page that a query asks for.

    ``documented`` is the status that this list's page names for an empty result.
    """
    since, filters = _since(query), _filters(query)
    chosen = [item for item in items if _asked_for(world, item, since, filters)]
    if not chosen:
        _refuse_empty(world, documented)
    if query.order_key is not None:
        key = query.order_key.removesuffix(".value")
        chosen.sort(key=lambda item: _rank(_look(world, item, key)))
    if query.order_direction == "DESC":
        chosen.reverse()
    size = min(query.page_size or world.config.default_page_size, world.config.max_page_size)
    number = query.page_number or 1
    info = PaginationInfo(
        first_request_timestamp=_written(since) if since else timestamp(world.now()),
        current_page=number,
        total_pages=-(-len(chosen) // size),
        total_elements=len(chosen),
    )
    return chosen[(number - 1) * size : number * size], info


def _since(query: PageQuery) -> datetime | None:
    if query.since_seconds is None:
        return None
    nanos = query.since_nanos or 0
    return datetime.fromtimestamp(query.since_seconds, UTC) + timedelta(microseconds=nanos // 1000)


def _written(since: datetime) -> str:
    return since.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".") + "Z"


def _filters(query: PageQuery) -> list[tuple[str, object]]:
    """Pair each filter's member of an element with the wanted value."""
    names = query.model_fields_set - PageQuery.model_fields.keys()
    pairs = [(query.sources.get(name, name), getattr(query, name)) for name in names]
    return [(source, wanted) for source, wanted in pairs if source]


def _asked_for(
    world: World, item: BaseModel, since: datetime | None, filters: list[tuple[str, object]]
) -> bool:
    if since and datetime.fromisoformat(str(_look(world, item, "created_at"))) > since:
        return False
    for source, wanted in filters:
        found = _look(world, item, source)
        if wanted != found and not (isinstance(found, list) and wanted in found):
            return False
    return True


def _rank(found: object) -> tuple[bool, int, str]:
    """Order money and numbers by value, all else by its letters."""
    if isinstance(found, Money | Sum):
        return True, centavos(found.value), ""
    if isinstance(found, int):
        return True, found, ""
    # the fewer fraction digits, the earlier: a Z would come behind any digit
    return found is not None, 0, str(found).removesuffix("Z")


def _look(world: World, item: BaseModel, source: str) -> object:
    found: object = item
    for part in source.split("."):
        if part == "customer_id" and part not in type(item).model_fields:
            account = world.accounts.get(str(getattr(item, "account_id", "")))
            return account.customer_id if account else None
        if not isinstance(found, BaseModel) or part not in type(found).model_fields:
            return None
        found = getattr(found, part)
    return found


def _refuse_empty(world: World, documented: int) -> None:
    chosen = world.config.empty_list
    if (documented if chosen == "documented" else chosen) == 404:
        raise Refusal(404, "none exist for the entity")
