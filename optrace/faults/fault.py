"""What a fault is: a name, a sentence, and up to two functions that may do something to a message on its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optrace.core.messages import HttpRequest, HttpResponse
from optrace.exchanges.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A message on its way: a request to the server, or (with `response`) the answer to the client."""

    view: View
    operation: str  # an id of optrace.exchanges.KINDS
    due: bool  # the order still has times left
    targeted: bool  # it is due, and this is one of its operations
    operations: tuple[str, ...]  # of the order
    number: float  # the order's argument
    memory: dict[Any, Any]  # of the order, from its first message to its last
    now: datetime  # UTC

    @property
    def request(self) -> HttpRequest:
        """The request, as it is by now."""
        return self.view.request

    @property
    def response(self) -> HttpResponse:
        """The answer, as it is by now; only where there is one."""
        assert self.view.response is not None
        return self.view.response


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a fault does to a message. With nothing set the message goes on as it is, in spite of `said`."""

    said: str  # in the past tense, without a full stop
    request: HttpRequest | None = None  # goes on instead
    response: HttpResponse | None = None  # goes to the client, even before the server has been asked
    delay: float = 0.0  # seconds before it goes on
    hang_up: bool = False  # the connection ends before the answer is complete
    counts: bool = True  # False: it only prepares what counts later


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """The number that may stand behind a fault's name."""

    name: str  # SECONDS, PERCENT
    default: float
    meaning: str


Act = Callable[[Seen], Deed | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A named fault. `operations` is where it acts unless the order says otherwise, `times` how often (None: always).

    `diagnosed` are the codes of the rules that name it in a recording; where a server has no other choice than to be
    silent about the cause, that is the rule which says so.
    """

    name: str
    sentence: str
    operations: tuple[str, ...]
    diagnosed: tuple[str, ...]
    times: int | None = None
    argument: Argument | None = None
    on_request: Act | None = None
    on_response: Act | None = None
    tampers: bool = False  # shows whether the other side verifies
    in_proxy: bool = True  # False: only a server can do it to itself
