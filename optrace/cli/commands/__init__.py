"""The commands, in the order in which the overview lists them. One file each, one line here."""

from __future__ import annotations

from optrace.cli.command import Command
from optrace.core.registry import Registry

COMMANDS: Registry[Command] = Registry(
    "command",
    (
        Command("demo", "capture", "", "sandbox, client, proxy and screen: a whole payment, in a minute, offline"),
        Command("live", "capture", "[-p PORT] [-m MODE] [-w FILE]", "screen and proxy"),
        Command("record", "capture", "[-o FILE] [--for 5m]", "the same without a screen"),
        Command("run", "capture", "[-o FILE] [--check] -- CMD...", "proxy and CA variables for CMD; CMD's exit code"),
        Command("sandbox", "capture", "", "the two ASEs on their own"),
        Command("open", "look", "FILE", "the screen over a recording; follows a live one"),
        Command("web", "look", "FILE [--port PORT]", "the same screen in a browser on this machine"),
        Command("ls", "look", "FILE [FILTER]", "payments and exchanges"),
        Command("show", "look", "FILE N [-f text|json|http|base]", "one exchange; base = the signature base"),
        Command("ladder", "look", "FILE [FILTER] [--width N]", "the sequence diagram as text"),
        Command("trace", "look", "FILE VALUE", "the lifeline of an id, token, nonce, key or amount"),
        Command("check", "judge", "FILE... [--profile P] [--format F]", "verdicts of recordings, for people and CI"),
        Command("explain", "judge", "FILE N | --http -", "why it failed, with proof; also one pasted request"),
        Command("scorecard", "judge", "FILE", "each requirement of the specifications: kept, broken, not seen"),
        Command("diff", "judge", "A B [--payment N:M]", "two recordings, aligned by protocol step: where they part"),
        Command("rules", "judge", "ls | show CODE", "what can be found, and the manual page of each rule"),
        Command("replay", "act", "FILE --to RECORDED=LIVE | sandbox", "a recorded payment again: re-signed, re-linked"),
        Command("mock", "act", "FILE --as sender|recipient|both", "the recorded ASE comes alive and answers"),
        Command("sign", "act", "--key K < request.http", "sign one request"),
        Command("export", "share", "FILE -f FORMAT [FILTER] [-o OUT]", "diagrams, reports and code; secrets masked"),
        Command("import", "share", "FILE... -o OUT", "HAR, mitmproxy flows and JSON lines to a session"),
        Command("redact", "share", "FILE -o OUT [--hosts]", "a copy without secrets that still verifies, to be mailed"),
        Command("doctor", "set-up", "[URL...] [--wallet W]", "port, CA, runtimes, clock, keys; each with its cure"),
        Command("ca", "set-up", "", "where the proxy's CA is, and how each runtime comes to trust it"),
        Command(
            "keys",
            "set-up",
            "[ls | make | add | show] [NAME]",
            "your clients' signing keys, and what to publish",
        ),
        Command("version", "set-up", "", "the versions of optrace and of what it stands on"),
        Command("_proxy", "internal", "", "the recording proxy, as a process of its own", hidden=True),
        Command("_ship", "internal", "", "what sends a session to a collector, as a process of its own", hidden=True),
    ),
    name=lambda command: command.name,
)
