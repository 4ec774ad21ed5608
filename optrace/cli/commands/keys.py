"""Your clients' signing keys: list them, make or add one, and print what its wallet address has to publish.

Keys are kept as JWK files in the configuration directory, readable by you alone. `sign` and `replay` take them by name.
A key is known to a server once its wallet address serves it at /jwks.json; `keys show NAME` prints that document."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from optrace.cli.exit_codes import ExitCode
from optrace.cli.keystore import add, find_key, keys_directory, make, stored
from optrace.cli.output import Output
from optrace.core.errors import Usage
from optrace.core.text import safe

EPILOG = """
examples:
  optrace keys
  optrace keys make shop
  optrace keys add old-shop client.pem --key-id demo-client-key
  optrace keys show shop > jwks.json
"""


def configure(parser: ArgumentParser) -> None:
    """What to do, and with which key."""
    parser.add_argument("what", nargs="?", choices=("ls", "make", "add", "show"), default="ls", help="default: ls")
    parser.add_argument("name", nargs="?", metavar="NAME", help="the key's name here")
    parser.add_argument("file", nargs="?", metavar="FILE", help="add: a private key, PEM or JWK")
    parser.add_argument("--key-id", metavar="KID", help="its `kid`, as published (make: default a new UUID)")
    parser.add_argument("--json", action="store_true", help="ls: as JSON")


def run(args: Namespace, output: Output) -> int:
    """Do it."""
    if args.what == "ls":
        return _list(args, output)
    if args.name is None or (args.what == "add" and args.file is None):
        wanted = "NAME FILE" if args.what == "add" else "NAME"
        raise Usage(f"`keys {args.what}` needs {wanted}", remedy=f"optrace keys {args.what} {wanted}")
    if args.what == "show":
        output.say_json({"keys": [find_key(args.name, args.key_id).public_jwk()]})
        return ExitCode.CLEAN
    path, key = make(args.name, args.key_id) if args.what == "make" else add(args.name, args.file, args.key_id)
    output.tell(f"{path}\nWhat your wallet address has to serve at /jwks.json:")
    output.say_json({"keys": [key.public_jwk()]})
    return ExitCode.CLEAN


def _list(args: Namespace, output: Output) -> int:
    found = list(stored())
    if args.json:
        output.say_json([{"name": name, "jwk": key.public_jwk()} for name, key in found])
        return ExitCode.CLEAN
    for name, key in found:
        output.say(f"{safe(name):<20} {key.algorithm:<10} {safe(key.kid)}")
    if not found:
        output.tell(f"There are no keys in {keys_directory()}; `optrace keys make NAME` makes one.")
    return ExitCode.CLEAN
