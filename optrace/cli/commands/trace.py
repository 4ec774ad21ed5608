"""Follow one value through a recording: an id, a token, a nonce, a key or an amount. Where it was born, in which
messages it was used and whether a signature covered it there, since when it is dead, who used it after that, and
where something stands that is nearly the same (another case, cut, in quotation marks, another spelling of a URL).

VALUE is the whole, its beginning (6 characters or more), or its mask as the other commands show it: ••••9f2c or 9f2c.
Amounts are looked for as their digits (2500) or in words ("25.00 USD"). Exits with 1 if a dead value was used or
something nearly the same was sent, with 3 if the value doesn't occur."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from optrace.cli.exit_codes import ExitCode
from optrace.cli.load import Loaded, add_key_arguments, loaded
from optrace.cli.output import Output, Progress
from optrace.core.redact import mask, mask_url
from optrace.core.text import safe
from optrace.exchanges.view import View
from optrace.session.lifelines import Lifeline, Sighting, lifeline
from optrace.session.steps import Step
from optrace.session.values import find_value

EPILOG = """
examples:
  optrace trace session.optrace 9f2c
  optrace trace session.optrace '25.00 USD'
  optrace trace session.optrace https://bank.example/incoming-payments/08394f02 --json
"""


def configure(parser: ArgumentParser) -> None:
    """The file, the value and the form."""
    parser.add_argument("file", metavar="FILE", help="a recording")
    parser.add_argument("value", metavar="VALUE", help="the value, its beginning, or its mask")
    parser.add_argument("--json", action="store_true", help="as one JSON document")
    parser.add_argument("--reveal", action="store_true", help="show secrets as they are")
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Print the lifeline."""
    with loaded(args, args.file, output, rules=False) as found:
        value = find_value(found.trace, args.value, lambda: _views(found, output))
        life = lifeline(found.trace, value, _views(found, output))
        if args.json:
            output.say_json(_document(found, life, args.reveal))
        else:
            for line in _lines(found, life, args, output):
                output.say(line)
        if found.source.damage:
            output.tell(f"damaged: {found.source.damage}")
            return ExitCode.DAMAGED
        if not life.sightings and not life.near:
            return ExitCode.NO_TRAFFIC
        return ExitCode.FINDINGS if any(_wrong(found, life, one) for one in _all(life)) else ExitCode.CLEAN


def _views(found: Loaded, output: Output) -> Iterator[View]:
    last = len(found.trace)
    with Progress(output, "looking through the messages") as progress:
        for n in range(1, last + 1):
            if found.trace.has(n):
                yield View(found.source.exchange(n))
                progress(n, last)


def _all(life: Lifeline) -> list[Sighting]:
    return sorted((*life.sightings, *life.near), key=lambda sighting: (sighting.n, sighting.part))


def _wrong(found: Loaded, life: Lifeline, sighting: Sighting) -> bool:
    near = sighting.difference is not None and sighting.part == "request"
    return near or life.after_death(sighting, found.trace.row(sighting.n).started)


def _shown(life: Lifeline, reveal: bool) -> str:
    return life.value if reveal else mask(life.value) if life.secret else mask_url(life.value)


def _role(found: Loaded, life: Lifeline, sighting: Sighting) -> str:
    if sighting.difference is not None:
        return "near"
    if life.sightings and sighting is life.sightings[0]:
        return "born"
    return "late" if life.after_death(sighting, found.trace.row(sighting.n).started) else "used"


# text


def _lines(found: Loaded, life: Lifeline, args: Namespace, output: Output) -> Iterator[str]:
    yield output.style(safe(_shown(life, args.reveal)), "strong")
    if not life.sightings:
        yield "  it doesn't occur" + (" as it is; what is nearly the same:" if life.near else "")
    told_death = False
    for sighting in _all(life):
        if life.death is not None and not told_death and _is_over(found, life, sighting):
            told_death = True
            yield _end(life, output)
        yield _line(found, life, sighting, output)
    if life.death is not None and not told_death:
        yield _end(life, output)


def _line(found: Loaded, life: Lifeline, sighting: Sighting, output: Output) -> str:
    step, role = found.trace.step(sighting.n), _role(found, life, sighting)
    style = {"born": "good", "used": "", "late": "bad", "near": "differs"}[role]
    notes = [_signed(step, sighting)] if sighting.part == "request" else []
    if role == "late":
        notes.append("after its death")
    if sighting.difference:
        notes.append(sighting.difference)
    status = step.status if step.status is not None else "failed" if step.error else "…"
    direction = f"{step.source}→{step.target}" if sighting.part == "request" else f"{step.source}←{step.target}"
    what = f"{direction:<14} {safe(step.label)[:36]:<36} {status!s:>6}  {safe(sighting.where)}"
    said = ", ".join(filter(None, notes))
    return f"  {output.style(f'{role:<4}', style)} {sighting.n:>5}  {what}" + (f"  ({said})" if said else "")


def _signed(step: Step, sighting: Sighting) -> str:
    return "signed" if sighting.signed else "not signed" if "S" in step.proven else ""


def _end(life: Lifeline, output: Output) -> str:
    assert life.death is not None
    if life.death.n is not None:
        where = f"{life.death.n:>5}"
    else:
        where = f"{life.death.at:%H:%M:%S}" if life.death.at is not None else ""
    return f"  {output.style('dead', 'bad')} {where:>5}  {life.death.how}"


def _is_over(found: Loaded, life: Lifeline, sighting: Sighting) -> bool:
    assert life.death is not None
    if life.death.n is not None:
        return sighting.n > life.death.n
    return life.death.at is not None and found.trace.row(sighting.n).started > life.death.at


# JSON


def _document(found: Loaded, life: Lifeline, reveal: bool) -> dict[str, Any]:
    death = life.death
    return {
        "source": found.source.name,
        "value": _shown(life, reveal),
        "secret": life.secret,
        "sightings": [_member(found, life, sighting) for sighting in _all(life)],
        "death": None
        if death is None
        else {"how": death.how, "n": death.n, "at": None if death.at is None else death.at.isoformat()},
    }


def _member(found: Loaded, life: Lifeline, sighting: Sighting) -> dict[str, Any]:
    step = found.trace.step(sighting.n)
    return {
        "n": sighting.n,
        "role": _role(found, life, sighting),
        "part": sighting.part,
        "where": sighting.where,
        "signed": sighting.signed,
        "difference": sighting.difference,
        "operation": step.operation,
        "from": step.source,
        "to": step.target,
        "status": step.status,
        "payment": step.payment,
    }
