"""Pages of a list: newest first, by cursor, forward with `first` and backward with `last`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from optrace.sandbox.errors import resource

_DEFAULT_SIZE = 20


class Listed(Protocol):
    """What a list holds."""

    id: str
    client: str | None


def check(query: Mapping[str, Any]) -> None:
    """The rules that the schema doesn't know. Here and below the query's numbers are numbers."""
    if query.get("last"):
        if query.get("first"):
            raise resource(400, "first and last are mutually exclusive", {"queryParams": dict(query)})
        if not query.get("cursor"):
            raise resource(400, "last requires cursor", {"queryParams": dict(query)})


def page[T: Listed](
    items: Sequence[T], query: Mapping[str, Any], view: Callable[[T], Mapping[str, Any]]
) -> dict[str, Any]:
    """One page of `items`, which come oldest first. An unknown cursor gives an empty page."""
    newest = list(reversed(items))
    start, end = _bounds([item.id for item in newest], query)
    shown = newest[start:end]
    info: dict[str, Any] = {"hasNextPage": False, "hasPreviousPage": False}
    if shown:
        info = {
            "endCursor": shown[-1].id,
            "hasNextPage": end < len(newest),
            "hasPreviousPage": start > 0,
            "startCursor": shown[0].id,
        }
    return {"pagination": info, "result": [view(item) for item in shown]}


def _bounds(ids: list[str], query: Mapping[str, Any]) -> tuple[int, int]:
    cursor = query.get("cursor")
    if cursor and cursor not in ids:
        return 0, 0
    if query.get("last"):
        end = ids.index(cursor) if cursor else 0
        return max(0, end - query["last"]), end
    start = ids.index(cursor) + 1 if cursor else 0
    return start, min(len(ids), start + (query.get("first") or _DEFAULT_SIZE))
