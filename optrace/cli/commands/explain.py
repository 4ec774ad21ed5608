"""Why an exchange failed: one cause, what proves it, what to do, and where the specification says so; then what each
profile says, which of its checks the server had passed, who wrote the signature, and what the search did.

With --http, of one request pasted from a log or from `curl -v`: request line, header fields, empty line, body; the
answer may follow it. A curl command, a JSON record of a log and lines with a log's prefixes will do, too. Give the
client's key with --key or --jwks, or its wallet address with --client to have the key fetched.

Exits with 0 if nothing is wrong, with 1 if something is or a signature can't be checked, with 2 if the request can't be
read."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optrace.cli.exit_codes import ExitCode
from optrace.cli.explanation import explanation, lines
from optrace.cli.load import add_key_arguments, fetched_keys, given_keys, loaded
from optrace.cli.output import Output
from optrace.cli.pasted import Pasted, read_pasted
from optrace.core.errors import Usage
from optrace.core.messages import Exchange
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.rules import RULES
from optrace.rules.engine import Diagnosis
from optrace.rules.rule import Outcome, Rule
from optrace.session.events import ExchangeSeen, KeyLearned
from optrace.session.trace import Trace
from optrace.signatures.reading import read_signatures

EPILOG = """
examples:
  optrace explain session.optrace 12
  optrace explain session.optrace 12 -f json
  optrace explain --http request.txt --key https://wallet.example/shop=shop.pem
  curl -v https://auth.example/ ... 2>&1 | optrace explain --http - --client https://wallet.example/shop
"""

_NO_ANSWER = "the answer was not given"
# they hold a request against the rest of its session, of which a pasted one has none
_OF_A_SESSION = frozenset({"TOK-014", "SIG-013", "FLO-009", "FLO-010", "FLO-015", "NET-011"})
_OF_AN_ANSWER = frozenset({"INT-008"})  # they take a missing answer for a server that can't be reached
_LATEST = 253402300799  # seconds: the last of the year 9999


def configure(parser: ArgumentParser) -> None:
    """The exchange, or the pasted request, and the form."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="a recording")
    parser.add_argument("n", nargs="?", type=int, metavar="N", help="the number of the exchange")
    pasted = parser.add_argument_group("a pasted request")
    pasted.add_argument("--http", metavar="FILE", help="read one request instead; `-` for standard input")
    pasted.add_argument("--client", metavar="WALLET_ADDRESS", help="whose key signed it, if it doesn't say")
    pasted.add_argument(
        "--scheme", choices=("https", "http"), default="https", help="of its URL, if it doesn't say (default: https)"
    )
    parser.add_argument("-f", "--format", choices=("text", "json"), default="text", help="default: %(default)s")
    parser.add_argument("--reveal", action="store_true", help="don't mask secrets in URLs")
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Explain one exchange."""
    if args.http is not None:
        if args.file is not None:
            raise Usage("--http stands in place of FILE and N", remedy="optrace explain --http - < request.txt")
        return _print(_of_pasted(args, output), args, output)
    if args.file is None or args.n is None:
        raise Usage("Which exchange?", remedy="optrace explain FILE N; `optrace ls FILE` lists them.")
    with loaded(args, args.file, output) as found:
        exchange = found.exchange(args.n)
        case = Case(found.trace, exchange)
        detail = found.trace.detail(args.n, exchange)
        document = explanation(case, detail, profile=args.profile, reveal=args.reveal, answered=not exchange.in_flight)
        document["source"] = found.source.name
        return _print(document, args, output)


def _print(document: dict[str, Any], args: Namespace, output: Output) -> int:
    if args.format == "json":
        output.say_json(document)
    else:
        for line in lines(document, output):
            output.say(line)
    if document["wrong"]:
        return ExitCode.FINDINGS
    # a recorded exchange that the server took is no failure, whatever couldn't be checked
    return ExitCode.FINDINGS if document["unsure"] and args.http is not None else ExitCode.CLEAN


def _of_pasted(args: Namespace, output: Output) -> dict[str, Any]:
    pasted = read_pasted(_read(args.http), scheme=args.scheme)
    given = list(given_keys(args))
    exchange = _exchange(pasted)
    trace = Trace(lambda _: exchange)
    trace.feed(given)
    trace.feed([ExchangeSeen(exchange=_in_flight(exchange))])
    client = args.client or _only_owner(given)
    row = trace.row(exchange.n)
    if client and (row.key_owner is None or args.client):
        row.key_owner = client
    trace.feed([ExchangeSeen(exchange=exchange)])
    if not args.offline:
        trace.feed(fetched_keys(trace, output))
    Diagnosis(trace, _rules(answered=pasted.response is not None)).update()
    case = Case(trace, exchange)
    detail = trace.detail(exchange.n, exchange)
    document = explanation(
        case, detail, profile=args.profile, reveal=args.reveal, answered=pasted.response is not None
    )  # fmt: skip
    document["notes"] = list(pasted.notes)
    return document


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read() if hasattr(sys.stdin, "buffer") else sys.stdin.read().encode()
    try:
        return Path(name).expanduser().read_bytes()
    except OSError as error:
        raise Usage(f"{name} can't be read: {error.strerror}", remedy="Check the path.") from error


def _exchange(pasted: Pasted) -> Exchange:
    """The pasted messages at the time that the signature says: a log may be of any age."""
    created = [reading.params.created for reading in read_signatures(pasted.request.fields) if reading.params]
    seconds = next((one for one in created if one is not None and 0 <= one <= _LATEST), None)
    at = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return Exchange(
        n=1,
        request=pasted.request,
        response=pasted.response,
        started=at,
        request_ended=at,
        ended=at,
        error=None if pasted.response is not None else _NO_ANSWER,
    )


def _in_flight(exchange: Exchange) -> Exchange:
    return Exchange(n=exchange.n, request=exchange.request, started=exchange.started)


def _only_owner(given: Sequence[KeyLearned]) -> str | None:
    owners = {canonical(event.wallet_address): event.wallet_address for event in given}
    return next(iter(owners.values())) if len(owners) == 1 else None


def _rules(*, answered: bool) -> list[Rule]:
    """The rules that one request can be held against; without its answer none that is about a broken connection."""
    chosen = [rule for rule in RULES if rule.code not in _OF_A_SESSION]
    if answered:
        return chosen
    return [rule for rule in chosen if rule.outcomes != {Outcome.BROKEN} and rule.code not in _OF_AN_ANSWER]
