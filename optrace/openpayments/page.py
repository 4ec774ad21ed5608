"""One page of a list."""

from __future__ import annotations

from optrace.core.wire import CamelWire, Seq


class PageInfo(CamelWire):
    """Where a page is in its list. An empty list has no cursors."""

    start_cursor: str | None = None
    end_cursor: str | None = None
    has_next_page: bool
    has_previous_page: bool


class Page[Row](CamelWire):
    """The rows of one page, newest first."""

    pagination: PageInfo
    result: Seq[Row]
