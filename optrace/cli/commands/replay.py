"""Drive a recorded payment again, against the sandbox or live ASEs: the client's own calls, step by step, with fresh
nonces, times, digests and signatures, and each id, token and URL replaced by what the new answers bring in its place.

It sends to hosts that --to names, and to no other. RECORDED=LIVE moves a recorded host, or one wallet address, to a
live one; a URL alone stands for itself; `sandbox` starts two ASEs on this machine that look like the recorded ones.
What was refused because of its signature is sent with that signature again; all else is signed with your key.

It ends at the first step that goes otherwise than it was recorded, and says why. Before the first call that moves money
it asks. The replay is recorded, too. Exits with 0 if all went as recorded, with 1 if not."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from optrace.cli.exit_codes import ExitCode
from optrace.cli.keystore import find_key
from optrace.cli.load import Loaded, loaded
from optrace.cli.output import Output
from optrace.cli.places import new_session
from optrace.cli.replay_plan import Plan, planned, playing, target
from optrace.core.errors import Usage
from optrace.core.redact import mask_url
from optrace.core.text import safe
from optrace.core.urls import parse
from optrace.replay.drive import Outcome, Result, calls
from optrace.replay.rehearse import rehearse
from optrace.replay.script import Script, script_of
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
        type=target,
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
    parser.add_argument("--step", action="store_true", help="ask before each request, which may be edited")
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


def run(args: Namespace, output: Output) -> int:
    """Replay it."""
    keys = _keys(args)
    args.key = []  # for verifying, the recording's own keys count
    with loaded(args, args.file, output, rules=False) as found:
        script = _script(args, found)
        if not calls(script):
            output.tell("There is nothing that the client itself sent.")
            return ExitCode.NO_TRAFFIC
        with planned(args.to, script, keys) as plan:
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


def _rehearse(args: Namespace, plan: Plan, output: Output) -> int:
    """Say what would be sent: method and URL, with names for what only the answers will bring."""
    unnamed: set[str] = set()
    for each in rehearse(plan.script, plan.routes, plan.clients, start=args.start):
        if not each.url:
            output.say(f"{each.step.n:>4}   the browser asks for consent")
            continue
        if each.unnamed is not None:
            unnamed.add(each.unnamed)
        needs = output.style(f"   with {', '.join(each.needs)}" if each.needs else "", "dim")
        pays = output.style("   moves money", "differs") if each.pays else ""
        method = each.step.exchange.request.method
        output.say(f"{each.step.n:>4}   {method:<6} {safe(mask_url(each.url))}{needs}{pays}")
    for origin in sorted(unnamed):
        output.tell(f"--to doesn't name {safe(origin)}")
    return ExitCode.FINDINGS if unnamed else ExitCode.CLEAN


def _play(args: Namespace, plan: Plan, output: Output) -> int:
    from optrace.cli.clock import utc_now
    from optrace.cli.replayed import Stage
    from optrace.net.consent import Visitor

    path = args.output or new_session(utc_now())
    with playing(plan, path, verify=args.ca or True, trouble=_trouble(output)) as means:
        stage = Stage(
            output=output,
            player=means.player,
            callback=means.callback,
            visitor=Visitor(means.player.send),
            may_pay=args.yes_pay or plan.sandbox,
            stepwise=args.step,
            patience=args.patience,
            browser=not args.no_browser,
        )
        results = stage.play(means.driving(start=args.start, keep_going=args.keep_going))
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
