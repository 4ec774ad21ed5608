"""Sign one HTTP request: request line, header fields, empty line, body from standard input; the same with digest and
signature to standard output.

By default it is signed as the Open Payments SDKs do: @method and @target-uri, the Authorization field if there is one,
and for a body content-digest, content-length and content-type. A signature that it had is replaced."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

from optrace.cli.exit_codes import ExitCode
from optrace.cli.keystore import find_key
from optrace.cli.output import Output
from optrace.cli.pasted import read_pasted
from optrace.core.errors import Usage
from optrace.core.messages import HttpRequest
from optrace.core.text import safe
from optrace.core.urls import parse
from optrace.signatures.base import BaseError, signature_base
from optrace.signatures.reading import read_signatures
from optrace.signatures.sign import sign_request

EPILOG = """
examples:
  optrace sign --key shop < request.http
  optrace sign --key client.pem --key-id demo-client-key --base < request.http
  optrace sign --key shop --cover '@method @target-uri content-digest' --tag gnap < request.http
  curl -H @<(optrace sign --key shop --fields < request.http) --data-binary @body.json https://auth.example/
"""


def configure(parser: ArgumentParser) -> None:
    """The key, and how to sign."""
    parser.add_argument(
        "--key", required=True, metavar="K", help="one of your keys (optrace keys), or a file: JWK or PEM"
    )
    parser.add_argument("--key-id", metavar="KID", help="its `kid`, if the file doesn't say it")
    parser.add_argument("--cover", metavar="COMPONENTS", help="what is covered, separated by blanks")
    parser.add_argument("--label", default="sig1", help="default: %(default)s")
    parser.add_argument("--tag", help="the signature's `tag` (RFC 9635 demands gnap)")
    parser.add_argument("--created", type=int, metavar="SECONDS", help="since 1970 (default: now)")
    parser.add_argument(
        "--digest", choices=("sha-512", "sha-256", "none"), default="sha-512", help="of the body (default: %(default)s)"
    )
    parser.add_argument(
        "--scheme", choices=("https", "http"), default="https", help="of its URL, if it doesn't say (default: https)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--fields", action="store_true", help="print only the fields that were made")
    form.add_argument("--base", action="store_true", help="print only the signature base")


def run(args: Namespace, output: Output) -> int:
    """Read, sign, print."""
    key = find_key(args.key, args.key_id)
    pasted = read_pasted(sys.stdin.buffer.read(), scheme=args.scheme)
    for note in pasted.notes:
        output.tell(safe(note))
    request = pasted.request
    created = int(datetime.now(UTC).timestamp()) if args.created is None else args.created
    params = {"keyid": key.kid, "created": created} | ({"tag": args.tag} if args.tag else {})
    try:
        signed = sign_request(
            request,
            key,
            created=created,
            components=args.cover.split() if args.cover else None,
            label=args.label,
            params=params,
            digest=None if args.digest == "none" else args.digest,
        )
    except BaseError as why:
        raise Usage(
            f"It can't be signed so: {safe(str(why))}", remedy="Add the field, or leave it out of --cover."
        ) from why
    _write(output, _text(args, request, signed))
    return ExitCode.CLEAN


def _text(args: Namespace, request: HttpRequest, signed: HttpRequest) -> bytes:
    if args.base:
        reading = read_signatures(signed.fields)[0]
        return signature_base(signed, reading.components, reading.text) + b"\n"
    if args.fields:
        made = [pair for pair in signed.fields.raw if pair not in request.fields.raw]
        return b"".join(b"%s: %s\n" % pair for pair in made)
    parts = parse(signed.url)
    target = (parts.path or "/") + ("" if parts.query is None else f"?{parts.query}")
    # the origin isn't lost: the target is absolute where the request line was, or there is no Host
    if "host" not in signed.fields:
        target = signed.url
    head = f"{signed.method} {target} {signed.http_version}\n".encode("latin-1", "replace")
    return head + b"".join(b"%s: %s\n" % pair for pair in signed.fields.raw) + b"\n" + (signed.body or b"")


def _write(output: Output, data: bytes) -> None:
    output.out.flush()
    binary = getattr(output.out, "buffer", None)
    if binary is None:
        output.out.write(data.decode("utf-8", "backslashreplace"))
    else:
        binary.write(data)
        binary.flush()
