"""Drive a recorded payment again, against the sandbox or live ASEs: the client's own calls, step by step, with fresh
nonces, times, digests and signatures, and each id, token and URL replaced by what the new answers bring in its place.

It sends to hosts that --to names, and to no other. RECORDED=LIVE moves a recorded host, or one wallet address, to a
live one; a URL alone stands for itself; `sandbox` starts two ASEs on this machine that look like the recorded ones.
What was refused because of its signature is sent with that signature again; all else is signed with your key.

It ends at the first step that goes otherwise than it was recorded, and says why. Before the first call that moves money
it asks. The replay is recorded, too. Exits with 0 if all went as recorded, with 1 if not."""

from __future__ import annotations

import json
import secrets
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from optrace.cli.exit_codes import ExitCode
from optrace.cli.keystore import find_key
from optrace.cli.load import Loaded, loaded
from optrace.cli.output import Output
from optrace.cli.places import new_session
from optrace.cli.version import versions
from optrace.core.errors import Usage
from optrace.core.redact import mask_url
from optrace.core.text import safe
from optrace.core.urls import canonical, parse
from optrace.replay.bind import Bindings
from optrace.replay.drive import MOVES_MONEY, Means, Outcome, Result, calls, drive
from optrace.replay.kinds import INTERACTION, ValueKind
from optrace.replay.routes import Outside, Routes
from optrace.replay.script import Script, script_of
from optrace.session.events import KeyLearned
from optrace.signatures.keys import SigningKey

EPILOG = """
examples:
  optrace replay session.optrace --to sandbox
  optrace replay session.optrace --to sandbox --payment 2 -o again.optrace
  optrace replay session.optrace --dry-run --to sandbox
  optrace replay bank.mitm --key https://shop.example/client=shop --to https://bank.example=https://staging.example
"""

_FROM = "begin with exchange N; for what comes before, the recorded values count"


def configure(parser: ArgumentParser) -> None:
    """The recording, where to, with whose key, and how far."""
    parser.add_argument("file", metavar="FILE", help="a recording")
    parser.add_argument(
        "--to",
        action="append",
        required=True,
        type=_target,
        metavar="RECORDED=LIVE",
        help="a recorded host or URL and the live one in its place; a URL that stays; or `sandbox`. Repeatable",
    )
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="WALLET_ADDRESS=KEY",
        help="the client's live wallet address and its key: one of `optrace keys`, or a file (JWK, PEM); repeatable",
    )
    parser.add_argument("--key-id", metavar="KID", help="the key's `kid`, for a file that doesn't say it (PEM)")
    parser.add_argument("--payment", type=int, metavar="N", help="only payment N, and what it needs")
    parser.add_argument("--from", type=int, default=1, metavar="N", dest="start", help=_FROM)
    parser.add_argument("--step", action="store_true", help="ask before each request")
    parser.add_argument("--dry-run", action="store_true", help="say what would be sent, and send nothing")
    parser.add_argument("--keep-going", action="store_true", help="go on after a step that went otherwise")
    parser.add_argument("--yes-pay", action="store_true", help="don't ask before money moves")
    parser.add_argument("--no-browser", action="store_true", help="print the consent page's URL, don't open it")
    parser.add_argument(
        "--patience", type=float, default=300, metavar="SECONDS", help="for a person to answer (default: %(default)s)"
    )
    parser.add_argument("--ca", type=Path, metavar="FILE", help="PEM file of the CAs to trust")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="record the replay in this file")
    parser.set_defaults(jwks=[], offline=True)


def _target(text: str) -> tuple[str, str] | None:
    """(recorded, live), or None for the sandbox."""
    if text == "sandbox":
        return None
    recorded, equals, live = text.partition("=http")
    live = f"http{live}" if equals else recorded
    for url in (recorded, live):
        if not parse(url).authority or parse(url).scheme not in ("http", "https"):
            raise ArgumentTypeError(f"{text} names no hosts; write https://recorded.example=https://live.example")
    return recorded, live


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a replay is made of."""

    script: Script
    routes: Routes
    clients: dict[str, str]  # canonical recorded wallet address -> live
    keys: dict[str, SigningKey]  # live wallet address -> key
    sandbox: bool

    def key_of(self, client: str | None) -> SigningKey | None:
        """A client's key; that of the only client there is for one that isn't known."""
        same = (key for url, key in self.keys.items() if client and canonical(url) == canonical(client))
        return next(same, None) or next(iter(self.keys.values()), None)


def run(args: Namespace, output: Output) -> int:
    """Replay it."""
    keys = _keys(args)
    args.key = []  # for verifying, the recording's own keys count
    with loaded(args, args.file, output, rules=False) as found:
        script = _script(args, found)
        if not calls(script):
            output.tell("There is nothing that the client itself sent.")
            return ExitCode.NO_TRAFFIC
        with _plan(args, script, keys) as plan:
            if args.dry_run:
                return _rehearse(args, plan, output)
            return _play(args, plan, output)


def _script(args: Namespace, found: Loaded) -> Script:
    script = script_of(found.trace)
    if args.payment is None:
        return script
    payment = next((each for each in found.trace.payments if each.id == args.payment), None)
    if payment is None:
        last = len(found.trace.payments)
        raise Usage(
            f"There is no payment {args.payment} in {found.source.name}",
            remedy=f"It has payments 1 to {last}." if last else "It holds no payment at all.",
        )
    return script.only(payment.exchanges)


def _keys(args: Namespace) -> dict[str, SigningKey]:
    found: dict[str, SigningKey] = {}
    for pair in args.key:
        wallet, equals, name = pair.rpartition("=")
        if not equals or not parse(wallet).authority:
            raise Usage(f"--key {pair} doesn't name a wallet address", remedy="--key https://wallet.example/client=KEY")
        found[wallet] = find_key(name, args.key_id)
    return found


@contextmanager
def _plan(args: Namespace, script: Script, keys: dict[str, SigningKey]) -> Iterator[_Plan]:
    with ExitStack() as stack:
        pairs = [pair for pair in args.to if pair is not None]
        clients: dict[str, str] = {}
        own = dict(keys)
        sandbox = None in args.to
        if sandbox:
            from optrace.cli.embedded import embedded

            stage = stack.enter_context(embedded(script))
            pairs += stage.routes
            clients |= stage.clients
            own[stage.endpoints.client.wallet_address] = stage.endpoints.client.key
        elif own:
            first = next(iter(own))
            routes = Routes(pairs)
            clients |= {canonical(url): first for url in _clients(script) if routes.live(url) not in own}
        elif any("signature-input" in step.exchange.request.fields for step in calls(script)):
            raise Usage(
                "The calls are signed, and there is no key to sign them with",
                remedy="--key WALLET_ADDRESS=KEY names your client and its private key.",
            )
        yield _Plan(script, Routes(pairs), clients, own, sandbox)


def _clients(script: Script) -> list[str]:
    return [slot.recorded for slot in script.slots.values() if slot.kind is ValueKind.CLIENT]


def _rehearse(args: Namespace, plan: _Plan, output: Output) -> int:
    """Say what would be sent: method and URL, with names for what only the answers will bring."""
    unnamed: set[str] = set()
    for step in calls(plan.script):
        if step.n < args.start:
            continue
        if step.operation in INTERACTION:
            if step.operation == "interact_start":
                output.say(f"{step.n:>4}   the browser asks for consent")
            continue
        hole = step.request.holes[0]
        live = plan.routes.live(hole.recorded) if hole.slot.outside else f"‹{hole.slot.name}›{hole.after}"
        known = plan.clients.get(canonical(hole.slot.recorded))
        if known and hole.slot.outside:
            live = known + hole.after
        if hole.slot.outside and plan.routes.reach(live) is None:
            unnamed.add(parse(live).origin)
        needs = ", ".join(slot.name for slot in step.request.uses if not slot.outside and slot is not hole.slot)
        pays = output.style("   moves money", "differs") if step.operation in MOVES_MONEY else ""
        said = f"{step.n:>4}   {step.exchange.request.method:<6} {safe(mask_url(live))}"
        output.say(said + output.style(f"   with {needs}" if needs else "", "dim") + pays)
    for origin in sorted(unnamed):
        output.tell(f"--to doesn't name {safe(origin)}")
    return ExitCode.FINDINGS if unnamed else ExitCode.CLEAN


def _play(args: Namespace, plan: _Plan, output: Output) -> int:
    from optrace.cli.replayed import Stage, utc_now
    from optrace.net.consent import Callback, Visitor
    from optrace.net.player import Player
    from optrace.store.writer import SessionWriter

    path = args.output or new_session(utc_now())
    now, info = utc_now(), {**versions(), "mode": "replay"}
    with ExitStack() as stack:
        writer = stack.enter_context(SessionWriter.create(path, info=info, clock=utc_now, on_trouble=_trouble(output)))
        for client, key in plan.keys.items():  # so that the replay's signatures can be verified later
            document = json.dumps({"keys": [key.public_jwk()]}).encode()
            writer.key(KeyLearned(wallet_address=client, document=document, seen=now, how="given"))
        callback = None if plan.sandbox else stack.enter_context(Callback())
        player = stack.enter_context(Player(plan.routes.reach, writer, utc_now, verify=args.ca or True))
        later = now - plan.script.steps[0].exchange.started
        bindings = Bindings(
            Outside(
                plan.routes,
                clients=plan.clients,
                finish_uri=callback.uri if callback else None,
                nonce=lambda: secrets.token_hex(16),
                later=later,
            )
        )
        means = Means(key_of=plan.key_of, reach=plan.routes.reach, now=utc_now, nonce=lambda: secrets.token_urlsafe(16))
        stage = Stage(
            output=output,
            player=player,
            callback=callback,
            visitor=Visitor(player.send),
            may_pay=args.yes_pay or plan.sandbox,
            stepwise=args.step,
            patience=args.patience,
            browser=not args.no_browser,
        )
        results = stage.play(drive(plan.script, bindings, means, start=args.start, keep_going=args.keep_going))
    return _end(results, path, output)


def _trouble(output: Output) -> Callable[[str | None], None]:
    return lambda reason: output.tell(f"the replay isn't recorded: {reason}") if reason else None


def _end(results: list[Result], path: Path, output: Output) -> int:
    first = next((result for result in results if result.outcome is not Outcome.SAME), None)
    same = sum(result.outcome is Outcome.SAME for result in results)
    if first is None:
        said = f"{same} steps, each with the recorded outcome." if results else "Nothing was sent."
        output.say(output.style(said, "good" if results else "dim"))
    else:
        head = f"{same} steps as recorded; step {first.step.n} goes otherwise: "
        output.say(output.style(head, "strong") + output.style(safe(first.why), "bad"))
        if first.origin:
            output.tell(f"--to {safe(first.origin)} names it; --to RECORDED={safe(first.origin)} moves a host.")
    output.tell(f"the replay is in {path}   (optrace open {path})")
    return ExitCode.CLEAN if first is None and results else ExitCode.FINDINGS
