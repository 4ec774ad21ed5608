"""What is proven of each exchange: the signature and digest by the keys that are known by then, and interaction hashes.

A verdict that lacks its keys waits for them, and is settled when they come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache

from optrace.core.findings import Judgements, Verdict
from optrace.core.messages import HttpRequest
from optrace.core.urls import canonical, parse
from optrace.exchanges.interaction import finish_query
from optrace.exchanges.view import View
from optrace.gnap.interaction import judge_hash
from optrace.session.grants import Grant
from optrace.session.lessons.common import key_owner, signed_by
from optrace.session.memory import Memory
from optrace.session.rows import NO_REASONS, NO_VERDICTS, Row
from optrace.session.shelves import Rows
from optrace.session.steps import ALL_PASS, ByProfile, Verdicts
from optrace.signatures.keys import KeySet, KeyState
from optrace.signatures.verify import Verification, verify_request

Passes = Callable[[HttpRequest, KeySet, datetime], bool]


class Judge:
    """Judges the exchanges of one session.

    Args:
        memory: what the session has taught; its `new_owners` are wallet addresses whose keys came.
        rows: the fold's records, by number.
        passes: whether it is known already that a request `passes` with these keys at this time (`Verification`).
    """

    def __init__(self, memory: Memory, rows: Rows, passes: Passes | None) -> None:
        self._memory = memory
        self._rows = rows
        self._passes = passes or _unknown
        # of recent exchanges, as they were judged last; if they pass, with which keys they do
        self._verified: dict[int, Verification | KeySet] = {}
        self._unsettled: dict[str, set[int]] = defaultdict(set)  # canonical owner or kid -> exchanges without a pass

    def judge(self, row: Row, view: View, *, remember: bool) -> None:
        """Put the verdicts on the row.

        Args:
            remember: keep how they came about, until `forget` is told.
        """
        fields = view.request.fields
        signed = "signature-input" in fields or "signature" in fields
        digest = "content-digest" in fields
        verdicts = NO_VERDICTS
        reasons: dict[str, str] = {}
        keys = self.keys_of(row) if signed or digest else None
        if keys is not None and self._passes(view.request, keys, view.exchange.started):
            verdicts = _verdicts(ALL_PASS, ALL_PASS if digest else verdicts.digest, verdicts.hash)
            if remember:
                self._verified[row.n] = keys
        elif keys is not None:
            verification = verify_request(view.request, keys, now=view.exchange.started)
            verdicts = _verdicts(
                ByProfile.of(verification.judgements), ByProfile.of(verification.digest), verdicts.hash
            )
            _reasons("signature", verification.judgements, reasons)
            _reasons("digest", verification.digest, reasons)
            self._remember_unsettled(row, verification)
            if remember:
                self._verified[row.n] = verification
        if (judgements := self.hash(row, view)) is not None:
            verdicts = _verdicts(verdicts.signature, verdicts.digest, ByProfile.of(judgements))
            _reasons("hash", judgements, reasons)
        row.verdicts, row.reasons = verdicts, reasons or NO_REASONS

    def forget(self, n: int) -> None:
        """How the verdicts of an exchange came about needn't be kept any more."""
        self._verified.pop(n, None)

    def keys_of(self, row: Row) -> KeySet:
        """The keys that should verify an exchange."""
        if row.key_owner == "client.jwk" and row.grant is not None and row.grant.client_jwk is not None:
            return KeySet.of("client.jwk", row.grant.client_jwk)
        return self._memory.keyring.of(row.key_owner, row.kid)

    def verification(self, row: Row, view: View) -> Verification | None:
        """A request's signature and digest with their working; None if it carries neither."""
        fields = view.request.fields
        if not ("signature-input" in fields or "signature" in fields or "content-digest" in fields):
            return None
        now = view.exchange.started
        if (judged := self._verified.get(row.n)) is not None:
            return verify_request(view.request, judged, now=now) if isinstance(judged, KeySet) else judged
        found = verify_request(view.request, self.keys_of(row), now=now)
        if ByProfile.of(found.judgements) == row.verdicts.signature:
            return found
        for keys in self._memory.keyring.older(row.key_owner):  # the key was republished since
            older = verify_request(view.request, keys, now=now)
            if ByProfile.of(older.judgements) == row.verdicts.signature:
                return older
        return found

    def hash(self, row: Row, view: View) -> Judgements | None:
        """The interaction hash: judged where the AS sends it, and again only where something else arrives."""
        if row.operation not in ("interact_finish_request", "finish_redirect", "finish_push") or row.grant is None:
            return None
        if row.operation == "interact_finish_request" and not view.location:
            return None
        query = finish_query(view)
        if "hash" not in query and "interact_ref" not in query:
            return None
        if row.operation == "finish_redirect" and row.partner is not None and _repeats(row.grant, query):
            return None
        return _judge_hash(row.grant, query)

    # keys that come later

    def settling(self) -> Iterator[int]:
        """Keys came: the exchanges to judge again, which they could verify."""
        memory = self._memory
        owners, memory.new_owners = memory.new_owners, set()
        for owner in owners:
            numbers = self._unsettled.pop(owner, set())
            for key in memory.keyring.of(owner).keys:
                for n in self._unsettled.pop(key.kid, ()):
                    row = self._rows[n]
                    if row is not None:
                        row.key_owner = memory.keyring.owner_of_kid(key.kid) or owner
                        signed_by(memory, row, row.key_owner)
                        if row.grant is not None and key_owner(row.grant) is None:
                            row.grant.client = row.key_owner  # a grant whose request wasn't seen
                        numbers.add(n)
            yield from sorted(numbers)

    def missing_keys(self) -> tuple[str, ...]:
        """The wallet addresses whose keys would settle a signature and were never seen."""
        owners = {row.key_owner for numbers in self._unsettled.values() for n in numbers if (row := self._rows[n])}
        keyring = self._memory.keyring
        return tuple(sorted(o for o in owners if o and "://" in o and keyring.of(o).state is KeyState.UNSEEN))

    def _remember_unsettled(self, row: Row, verification: Verification) -> None:
        if all(j.verdict in (Verdict.PASS, Verdict.NONE) for j in verification.judgements.values()):
            return
        if row.key_owner and row.key_owner != "client.jwk":
            self._unsettled[canonical(row.key_owner)].add(row.n)
        elif row.kid:
            self._unsettled[row.kid].add(row.n)


def _unknown(request: HttpRequest, keys: KeySet, now: datetime) -> bool:
    return False


def _repeats(grant: Grant, query: Mapping[str, str]) -> bool:
    """Whether a finish hop brings just what the AS's answer sent."""
    sent = [dict(parse(location).parameters()) for location in grant.finish_locations]
    wanted = {name: query.get(name) for name in ("hash", "interact_ref")}
    return any({name: one.get(name) for name in wanted} == wanted for one in sent)


def _judge_hash(grant: Grant, query: Mapping[str, str]) -> Judgements:
    """The hash of a finish, held against the grant that it ends."""
    return judge_hash(
        query.get("hash"),
        client_nonce=grant.client_nonce,
        as_nonce=grant.as_nonce,
        interact_ref=query.get("interact_ref"),
        grant_url=grant.endpoint,
        hash_method=grant.hash_method,
        continue_uri=grant.continue_uri,
    )


def _reasons(kind: str, judgements: Judgements, into: dict[str, str]) -> None:
    for profile, judgement in judgements.items():
        if judgement.reason and judgement.verdict not in (Verdict.PASS, Verdict.NONE):
            into[f"{kind}.{profile}"] = judgement.reason


@lru_cache(maxsize=1024)
def _verdicts(signature: ByProfile, digest: ByProfile, hash_: ByProfile) -> Verdicts:
    """One object for each combination: there are few, and a session has many exchanges."""
    return Verdicts(signature, digest, hash_)
