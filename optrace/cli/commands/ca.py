"""Where the proxy's certificate authority is, and how each runtime comes to trust it.

optrace uses mitmproxy's own CA, made on first use and known to nobody else. Whoever has its private key can read your
TLS traffic: don't share the directory, and trust it on development machines only."""

from __future__ import annotations

import os
import shlex
from argparse import ArgumentParser, Namespace

from optrace.capture.ca import ca_certificate
from optrace.capture.environment import proxy_environment, typed_lines
from optrace.capture.trust import trust_files
from optrace.cli.arguments import port
from optrace.cli.exit_codes import ExitCode
from optrace.cli.output import Output
from optrace.cli.places import confdir, sessions_directory

EPILOG = """
examples:
  optrace ca
  eval "$(optrace ca --env)"                        this shell's programs go through a proxy on port 8080
  export NODE_EXTRA_CA_CERTS=$(optrace ca --path)
"""


def configure(parser: ArgumentParser) -> None:
    """--path and the port that the hints name."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--path", action="store_true", help="only the path of the certificate")
    what.add_argument("--env", action="store_true", help="what `optrace run` sets, for a shell to take over")
    parser.add_argument(
        "-p", "--listen-port", type=port, default=8080, metavar="PORT", help="for the hints (default: %(default)s)"
    )


def run(args: Namespace, output: Output) -> int:
    """Print it."""
    certificate = ca_certificate(confdir())
    if args.path:
        output.say(str(certificate))
        return ExitCode.CLEAN
    trust, proxy = trust_files(confdir(), sessions_directory()), f"http://127.0.0.1:{args.listen_port}"
    if args.env:
        for name, value in proxy_environment(proxy, trust, os.environ).items():
            if os.environ.get(name) != value:
                output.say(f"export {name}={shlex.quote(value)}")
        return ExitCode.CLEAN
    output.say(f"certificate  {trust.ca}")
    output.say(f"bundle       {trust.bundle}   (the system's CAs and this one)")
    output.say(f"for Java     {trust.truststore}   (the same as a trust store)")
    for runtime, lines in typed_lines(proxy, trust).items():
        output.say()
        output.say(output.style(runtime, "strong"))
        for line in lines:
            output.say(f"  {line}")
    return ExitCode.CLEAN
