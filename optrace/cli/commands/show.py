"""Show one exchange: what it means, what was checked and how, and its messages.

Formats: text, json, http (both messages as they were on the wire), base (the signature base line by line, and the one
that the signer really signed where that is proven). Secrets are masked unless --reveal asks for them; `base` and
`http` with masks can't be verified by hand."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping

from optrace.cli.exit_codes import ExitCode
from optrace.cli.load import Loaded, add_key_arguments, loaded
from optrace.cli.output import Output, json_text
from optrace.core.errors import Usage
from optrace.core.exchange_json import to_json
from optrace.core.fields import Fields
from optrace.core.findings import Verdict
from optrace.core.messages import Exchange
from optrace.core.redact import mask, mask_field, mask_json, mask_text, mask_url
from optrace.core.text import safe, safe_lines
from optrace.session.members import exchange_member
from optrace.session.steps import Detail

EPILOG = """
examples:
  optrace show session.optrace 12
  optrace show session.optrace 12 -f base
  optrace show session.optrace 12 -f http --reveal > request.http
"""

_STYLES = {
    Verdict.PASS: "good",
    Verdict.FAIL: "bad",
    Verdict.DIFFERS: "differs",
    Verdict.UNCHECKED: "unsure",
    Verdict.NONE: "dim",
}
_GLYPHS = {Verdict.PASS: "✓", Verdict.FAIL: "✗", Verdict.DIFFERS: "≠", Verdict.UNCHECKED: "?", Verdict.NONE: "·"}


def configure(parser: ArgumentParser) -> None:
    """The file, the number, the format."""
    parser.add_argument("file", metavar="FILE", help="a recording")
    parser.add_argument("n", type=int, metavar="N", help="the number of the exchange, as `ls` and `ladder` show it")
    parser.add_argument("-f", "--format", choices=tuple(FORMATS), default="text", help="default: %(default)s")
    parser.add_argument(
        "--came", action="store_true", help="where --fault changed it: the messages as they came, not as they went on"
    )
    parser.add_argument("--reveal", action="store_true", help="show secrets as they are")
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Print the exchange."""
    with loaded(args, args.file, output) as found:
        exchange = _came(found, args.n) if args.came else found.exchange(args.n)
        detail = found.trace.detail(args.n, exchange)
        said = _said(found, args.n) if args.format == "text" else []
        for at, line in enumerate(FORMATS[args.format](detail, args, output)):
            output.say(line)
            for own in said if at == 0 else ():
                output.say(output.style(own, "strong"))
    return ExitCode.CLEAN


def _said(found: Loaded, n: int) -> list[str]:
    """What the user said of it."""
    note = found.source.notes().get(n)
    return [*(["◆ marked"] if n in found.source.marks() else []), *([f"✎ {safe(note)}"] if note else [])]


def _came(found: Loaded, n: int) -> Exchange:
    found.exchange(n)  # its complaint about a wrong number is the better one
    exchange = found.source.came(n)
    if exchange is None:
        raise Usage(f"Nothing was changed in exchange {n}", remedy=f"Leave --came out: optrace show FILE {n}")
    return exchange


def _text(detail: Detail, args: Namespace, output: Output) -> Iterator[str]:
    step = detail.step
    status = step.status if step.status is not None else (step.error or "in flight")
    yield output.style(f"{step.n} {step.operation}  {step.source} → {step.target}", "strong")
    yield safe(f"{step.method} {step.url if args.reveal else mask_url(step.url)} → {status}")
    yield safe(detail.sentence)
    for finding in step.findings:
        yield ""
        yield output.style(f"{finding.severity.value} {finding.rule} {finding.title}", "bad")
        for name, value in (
            ("", finding.detail),
            ("proof: ", finding.proof_in_words),
            ("fix: ", finding.remedy),
        ):
            if value:
                yield f"  {name}{safe(value)}"
        if finding.spec:
            yield f"  see: {finding.spec}  {finding.spec.link or ''}".rstrip()
    for kind, judgements in (
        ("signature", detail.signature.judgements if detail.signature else None),
        ("digest", detail.digest),
        ("hash", detail.hash),
    ):
        if not judgements or all(judgement.verdict is Verdict.NONE for judgement in judgements.values()):
            continue
        yield ""
        yield f"{kind}: " + "  ".join(
            f"{profile} {output.style(judgement.verdict.value, _STYLES[judgement.verdict])}"
            for profile, judgement in judgements.items()
        )
        for check in judgements[args.profile].checks:
            glyph = output.style(_GLYPHS[check.verdict], _STYLES[check.verdict])
            yield f"  {glyph} {check.name}" + (f": {safe(check.got)}" if check.got else "")
            if check.verdict is not Verdict.PASS and check.expected:
                yield f"      expected {safe(check.expected)}"
            if check.verdict is not Verdict.PASS and check.detail:
                yield f"      {safe(check.detail)}"
    for part, misfits in (detail.misfits or {}).items():
        yield ""
        yield f"the {part} against the specification:"
        for misfit in misfits:
            yield f"  {output.style('!', 'differs')} {safe(misfit)}"
    for part, paths in (detail.unknown_members or {}).items():
        if paths:
            yield f"unknown members of the {part}: {safe(', '.join(paths))}"
    if detail.facts:
        yield ""
        for fact in detail.facts:
            value = mask(fact.value) if fact.secret and not args.reveal else mask_url(fact.value)
            born = f"  (from {fact.born_in})" if fact.born_in else ""
            yield f"  {safe(fact.name)}: {safe(value)}{born}"


def _http(detail: Detail, args: Namespace, output: Output) -> Iterator[str]:
    request, response = detail.exchange.request, detail.exchange.response
    url = request.url if args.reveal else mask_url(request.url)
    yield safe(f"{request.method} {url} {request.http_version}")
    yield from _message(request.fields, request.body, detail.request_json, args)
    yield ""
    if response is None:
        yield safe(f"({detail.exchange.error or 'no answer yet'})")
        return
    yield safe(f"{response.http_version} {response.status} {response.reason}".rstrip())
    yield from _message(response.fields, response.body, detail.response_json, args)


def _message(fields: Fields, body: bytes | None, parsed: object, args: Namespace) -> Iterator[str]:
    for name, value in fields:
        yield f"{safe(name)}: {safe(value if args.reveal else mask_field(name, value))}"
    yield ""
    if body is None:
        yield "(the body was not kept)"
    elif parsed is not None and not args.reveal:
        yield safe(json.dumps(mask_json(parsed), ensure_ascii=False))
    elif body:
        text = body.decode("utf-8", "backslashreplace")
        yield from safe_lines(text if args.reveal else mask_text(text))


def _base(detail: Detail, args: Namespace, output: Output) -> Iterator[str]:
    if detail.signature is None or not detail.signature.signatures:
        yield "This exchange carries no signature."
        return
    for seen in detail.signature.signatures:
        yield output.style(f"# {safe(seen.label or '(no label)')}: rebuilt from the wire", "dim")
        if seen.base is None:
            yield f"(no base can be built: {'; '.join(safe(problem) for problem in seen.problems) or 'see the checks'})"
        else:
            yield from _masked_base(seen.base, args)
    for finding in detail.step.findings:
        if finding.proof and finding.proof.base:
            yield output.style(f"# what was really signed (proven: {safe(finding.proof.change)})", "dim")
            yield from _masked_base(finding.proof.base.encode(), args)


def _masked_base(base: bytes, args: Namespace) -> Iterator[str]:
    for line in base.decode("latin-1").split("\n"):
        name, colon, value = line.partition(": ")
        hidden = value if args.reveal else mask_field(name.strip('"').partition('"')[0], mask_url(value))
        yield safe(f"{name}{colon}{hidden}")


def _json(detail: Detail, args: Namespace, output: Output) -> Iterator[str]:
    member = exchange_member(detail.step, reveal=args.reveal)
    member["sentence"] = detail.sentence
    if args.reveal:
        member["exchange"] = to_json(detail.exchange)
    else:
        member["request"], member["response"] = mask_json(detail.request_json), mask_json(detail.response_json)
    yield json_text(member)


FORMATS: Mapping[str, Callable[[Detail, Namespace, Output], Iterator[str]]] = {
    "text": _text,
    "json": _json,
    "http": _http,
    "base": _base,
}
