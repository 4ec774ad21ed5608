"""The redaction of a session: learn it, then change each of its events."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Iterator

from optrace.core.fields import NO_FIELDS
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.quick import replace
from optrace.diagnosis.case import Case
from optrace.redaction.digests import FIELDS as DIGESTS
from optrace.redaction.digests import Digests
from optrace.redaction.hashes import Hashes
from optrace.redaction.keys import Keys
from optrace.redaction.signatures import FIELDS as SIGNATURE
from optrace.redaction.signatures import Signatures
from optrace.redaction.stand_ins import StandIns
from optrace.redaction.texts import Texts
from optrace.session.events import Event, ExchangeSeen, KeyLearned, Noted
from optrace.session.trace import Trace

_IN_FLIGHT = 256  # requests that are kept, changed, until they come again with their answers
_KNOWN = HttpRequest(method="", url="")  # stands for a request that was learned already


class Redaction:
    """Learn every event of a session, then its trace; from then on events can be changed, one by one.

    Args:
        key: 32 random bytes, to be forgotten: they lead from a text to its stand-in, and sign what is signed again.
        hosts: whether hosts get stand-ins, too.
    """

    def __init__(self, key: bytes, *, hosts: bool = False) -> None:
        self.texts = Texts(StandIns(key), hosts=hosts)
        self.keys = Keys(self.texts)
        self._digests = Digests(self.texts)
        self._hashes = Hashes(self.texts)
        self._signatures = Signatures(self.texts, self.keys, self._digests)
        self._asked: OrderedDict[int, HttpRequest] = OrderedDict()
        self._requests: OrderedDict[int, tuple[HttpRequest, HttpRequest]] = OrderedDict()
        self._trace = Trace()

    def learn(self, event: Event) -> None:
        """Remember what an event gives away."""
        match event:
            case ExchangeSeen(exchange=exchange):
                if self._asked.pop(exchange.n, None) == exchange.request:  # the whole exchange: the rest is known
                    exchange = replace(exchange, request=_KNOWN)
                elif exchange.in_flight:
                    self._asked[exchange.n] = exchange.request
                    while len(self._asked) > _IN_FLIGHT:
                        self._asked.popitem(last=False)
                self.texts.learn(exchange)
                self.keys.learn(exchange)
                self._digests.learn(exchange)
            case KeyLearned(document=document):
                self.keys.learn_document(document)

    def understand(self, trace: Trace) -> None:
        """Learn what only the whole session says: whose wallets these are, and what was hashed.

        Args:
            trace: of all the events, with a way to look exchanges up again, and diagnosed where a signature isn't
                fine, so that the causes that were found there are those that are kept.
        """
        self._trace = trace
        for wallet in trace.memory.places.wallets.values():
            self.texts.names.learn(wallet.id)
        for n in range(1, len(trace) + 1):
            if trace.has(n) and trace.row(n).operation:
                row = trace.row(n)
                if row.operation == "wallet_address_get":
                    self.texts.names.learn(row.url.partition("?")[0])
                if row.key_owner and "://" in row.key_owner:
                    self.texts.names.learn(row.key_owner)
                if row.operation in ("interact_finish_request", "finish_redirect", "finish_push"):
                    self._hashes.learn(Case(trace, trace.exchange(n)))

    def event(self, event: Event) -> Event:
        """An event without what it gave away."""
        match event:
            case ExchangeSeen(exchange=exchange):
                return ExchangeSeen(exchange=self.exchange(exchange))
            case KeyLearned(wallet_address=owner, document=document, error=error):
                text = (
                    None
                    if document is None
                    else self.texts.body(document.decode("utf-8", "surrogateescape"), NO_FIELDS)
                )
                return dataclasses.replace(
                    event,
                    wallet_address=self.texts.url(owner),
                    document=None if text is None else text.encode("utf-8", "surrogateescape"),
                    error=None if error is None else self.texts.text(error),
                )
            case Noted(text=text):
                return dataclasses.replace(event, text=self.texts.text(text))

    def exchange(self, exchange: Exchange) -> Exchange:
        """An exchange without what it gave away, and with all that was computed over it computed again."""
        response = exchange.response
        return self.texts.around(
            exchange, self._request(exchange), None if response is None else self._response(response)
        )  # fmt: skip

    def _response(self, old: HttpResponse) -> HttpResponse:
        new = self._digests.message(old, self.texts.message(old, _computed(old)), None)
        new, reason = self._signatures.response(old, new), self.texts.word(old.reason)
        return new if reason == new.reason else replace(new, reason=reason)

    def _request(self, exchange: Exchange) -> HttpRequest:
        old = exchange.request
        known = self._requests.get(exchange.n)
        if known is not None and known[0] == old:
            return known[1]
        new = self.texts.message(old, _computed(old))
        authority = old.authority
        if authority is not None and self.texts.hosts is not None:
            authority = self.texts.hosts.name(authority)
        new = replace(new, url=self.texts.url(old.url), method=self.texts.word(old.method), authority=authority)
        case = Case(self._trace, exchange) if self._trace.has(exchange.n) else None
        new = self._signatures.request(old, self._digests.message(old, new, case), case)
        self._requests[exchange.n] = old, new
        while len(self._requests) > _IN_FLIGHT:
            self._requests.popitem(last=False)
        return new

    def secrets(self) -> Iterator[str]:
        """Everything that must not be found any more: what has a stand-in, and can be told from other text."""
        of = self.texts.stand_ins.of
        yield from (secret for secret in self.texts.secrets if of(secret) != secret)


def _computed(message: HttpRequest | HttpResponse) -> frozenset[str]:
    """The fields of a message whose values are made anew."""
    return SIGNATURE if message.body is None else SIGNATURE | DIGESTS
