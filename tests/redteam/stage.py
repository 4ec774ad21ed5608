"""Recordings of made-up worlds: what happens is written down together with what is true of it.

Operation, variant, lanes, payment and verdicts are known by the way it is made. Stories have clocks of their own; told
from overlapping instants they interleave as concurrent payments do. Connections are given out afterwards as keep-alive
pools do: each process takes the first idle one to an origin.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from optrace.core.urls import parse
from optrace.signatures.keys import SigningKey
from tests.redteam.cast import START, Ase, Seen, Signer, cloud_nine, happy_life, node


class Stage:
    """Everything that happened, in no particular order; `exchanges` sorts it."""

    def __init__(
        self,
        *,
        seed: int = 1,
        hops: bool = False,
        sender: Ase | None = None,
        recipient: Ase | None = None,
        wire: Callable[[str], str] = lambda url: url,
        version: str = "HTTP/1.1",
    ) -> None:
        self.random = random.Random(seed)
        self.hops = hops
        self.s, self.r = sender or cloud_nine(), recipient or happy_life()
        self.wire = wire
        self.version = version
        self.seen: list[Seen] = []
        self.now = 0.0

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def token(self, size: int = 20) -> str:
        return "".join(self.random.choice("0123456789ABCDEF") for _ in range(size))

    def pause(self, least: float = 0.001, most: float = 0.02) -> None:
        self.now += self.random.uniform(least, most)

    def exchange(
        self,
        operation: str | None,
        frm: str | None,
        to: str | None,
        method: str,
        url: str,
        *,
        sent: Any = None,
        status: int = 200,
        got: Any = None,
        token: str | None = None,
        key: SigningKey | None = None,
        signer: Signer = node,
        process: str = "client",
        agent: str | None = "node",
        location: str | None = None,
        group: str | None = None,
        variant: str | None = None,
        inside: Callable[[], None] | None = None,
        fields: Iterable[tuple[str, str]] = (),
        answer: Iterable[tuple[str, str]] = (),
        hash_: str = "none",
        error: str | None = None,
        also: dict[str, list[Any]] | None = None,
        healthy: bool = True,
        first: Iterable[str] = (),
        verdicts: dict[str, dict[str, str]] | None = None,
        conn: str | None = None,
        created: int | None = None,
    ) -> Seen:
        """Let a request be sent now, what it causes happen, and its answer come."""
        self.pause()
        start = self.now
        url = self.wire(url)
        body = b"" if sent is None else sent if isinstance(sent, bytes) else _json(sent)
        head = [] if self.version == "HTTP/2.0" else [("host", parse(url).authority)]
        head += [("accept", "application/json")] if not any(n.lower() == "accept" for n, _ in fields) else []
        head += [("user-agent", agent)] if agent else []
        head += list(fields)
        if body and not any(n.lower() == "content-type" for n, _ in fields):
            head.append(("content-type", "application/json"))
        if body:
            head.append(("content-length", str(len(body))))
        if token:
            head.append(("authorization", f"GNAP {token}"))
        request = HttpRequest(method=method, url=url, fields=Fields.of(*head), body=body, http_version=self.version)
        if key is not None:
            request = signer(request, key, created or int((START + timedelta(seconds=start)).timestamp()))
        if self.version == "HTTP/2.0":
            request = replace(request, fields=Fields((n.lower(), v) for n, v in request.fields.raw))
        if inside:
            inside()
        self.pause()
        back = [("vary", "Origin"), *answer]
        if got is not None and not any(n.lower() == "content-type" for n, _ in answer):
            back.append(("content-type", "application/json; charset=utf-8"))
        if location is not None:
            back.append(("location", location))
        content = b"" if got is None else got if isinstance(got, bytes) else _json(got)
        response = None if error else HttpResponse(status=status, fields=Fields.of(*back), body=content)
        signed = {"rfc": "pass", "rafiki": "pass"} if key is not None else {"rfc": "none", "rafiki": "none"}
        digest = "content-digest" in request.fields
        given = {
            "signature": signed,
            "digest": dict.fromkeys(("rfc", "rafiki"), "pass" if digest else "none"),
            "hash": dict.fromkeys(("rfc", "rafiki"), hash_),
        }
        truth: dict[str, Any] = {
            "method": method,
            "url": url,
            "status": None if error else status,
            "operation": operation,
            "variant": variant,
            "from": frm,
            "to": to,
            "verdicts": given | (verdicts or {}),
            "findings_any_of": list(first),
            "findings_never": ["error"] if healthy and not first else [],
            "also_accept": also or {},
        }
        seen = Seen(start, self.now, request, response, truth, process, agent or "", error, group, conn)
        self.seen.append(seen)
        return seen

    def told(self) -> list[Seen]:
        """In the order of their requests, on connections as pools give them out."""
        found = sorted(self.seen, key=lambda seen: seen.start)
        pools: dict[tuple[str, ...], list[float]] = {}
        for seen in found:
            axios = seen.agent.startswith("axios")
            key = (seen.process, "axios" if axios else parse(seen.request.url).origin)
            idle = pools.setdefault(key, [])
            at = next((i for i, busy in enumerate(idle) if busy <= seen.start), len(idle))
            if at == len(idle):
                idle.append(0.0)
            idle[at] = seen.end
            seen.conn = seen.conn or f"{'|'.join(key)}#{at}"
        return found

    def exchanges(self) -> list[Exchange]:
        found = []
        for n, seen in enumerate(self.told(), 1):
            started, ended = START + timedelta(seconds=seen.start), START + timedelta(seconds=seen.end)
            connection = Connection(client="127.0.0.1:1", client_id=seen.conn)
            found.append(
                Exchange(
                    n=n,
                    request=seen.request,
                    response=seen.response,
                    started=started,
                    request_ended=started,
                    response_started=None if seen.error else ended,
                    ended=ended,
                    error=seen.error,
                    connection=connection,
                )
            )
        return found

    def truth(self) -> dict[str, Any]:
        told = self.told()
        groups: dict[str, list[int]] = {}
        for n, seen in enumerate(told, 1):
            seen.truth["n"] = n
            if seen.group:
                groups.setdefault(seen.group, []).append(n)
        names = list(groups)
        open_ = [i for i, name in enumerate(names) if name.endswith("?")]
        free = [[i, j] for i in range(len(names)) for j in open_ if i < j] + [
            [j, i] for i in range(len(names)) for j in open_ if j < i
        ]
        return {
            "source": "made up",
            "exchanges": [seen.truth for seen in told],
            "payments": list(groups.values()) or None,
            "may_merge": free,
            "names": names,
        }


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
