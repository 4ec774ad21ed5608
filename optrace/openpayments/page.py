"""One page of a list."""

from __future__ import annotations

from optrace.core.wire import CamelWire


class PageInfo(CamelWire):
    """Where a page is in its list. An empty list has no cursors."""

    start_cursor: str | None = None
    end_cursor: str | None = None
    has_next_page: bool
    has_previous_page: bool


class Page(CamelWire):
    """One page; its rows, newest first, are its `result`."""

    pagination: PageInfo
