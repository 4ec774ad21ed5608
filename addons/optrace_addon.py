"""optrace inside a mitmproxy of your own: mitmdump -s addons/optrace_addon.py --set optrace_file=session.optrace

Prints a line for each exchange and, given a file, records a session that `optrace open` shows, live as well, with
breakpoints. It works in mitmproxy and mitmweb too, wherever optrace is installed in mitmproxy's own Python environment.
"""

from __future__ import annotations

import sys

from mitmproxy import ctx
from mitmproxy.addonmanager import Loader

from optrace.capture.addon import Addon
from optrace.capture.breaks import Gate, RequestBreaks, ResponseBreaks
from optrace.capture.sink import utc_now
from optrace.cli.headless import headless_sink


class Optrace:
    """Registers the options, and adds the real addon once they are known."""

    def __init__(self) -> None:
        self.addons: list[object] = []

    def load(self, loader: Loader) -> None:
        loader.add_option("optrace_file", str, "", "Record to this .optrace file.")
        loader.add_option("optrace_all", bool, False, "Record traffic that isn't Open Payments too.")

    def running(self) -> None:
        self.sink = headless_sink(ctx.options.optrace_file or None, sys.stdout)
        self.recorder = Addon(self.sink, record_all=ctx.options.optrace_all)
        self.gate = Gate(self.sink.desk, utc_now)
        number = self.recorder.number
        # mitmproxy visits them next
        self.addons += [ResponseBreaks(self.gate, number), self.recorder, RequestBreaks(self.gate, number)]

    def done(self) -> None:
        if self.addons:
            self.recorder.done()  # records what is still in flight
            self.gate.stop()
            self.sink.close()


addons = [Optrace()]
