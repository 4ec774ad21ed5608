"""The line at the top (what is recorded, how it stands) and the one at the bottom (where the user is in it)."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.strip import Strip
from textual.widget import Widget

from optrace.diagram.cells import cell_width, plain
from optrace.diagram.layout import elapsed_words
from optrace.diagram.paint import HELD, MARK_STYLES
from optrace.diagram.segments import Segment, Segments
from optrace.session.steps import Payment, Step
from optrace.tui.bridge import Bridge
from optrace.tui.messages import BarClicked
from optrace.tui.palette import palette_of
from optrace.tui.widgets.ladder import Ladder
from optrace.tui.widgets.strips import between, to_strip

_WORDS_FROM = 100  # columns
_PAID = {
    "paid": "pass",
    "completed": "pass",
    "paying": "covered",
    "failed": "fail",
    "rejected": "alert",
    "cancelled": "dim",
}


class Bar(Widget):
    """One painted line with two ends."""

    ALLOW_SELECT = False

    def line(self) -> tuple[Segments, Segments]:
        """What stands on the left and on the right."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """The line."""
        palette = palette_of(self.app)
        left, right = self.line()
        return to_strip(between(left, right, self.size.width), self.size.width, palette, self.rich_style)


class TopBar(Bar):
    """Always tells the truth: listening where, recording to what, how many exchanges and verdicts, what is missing."""

    def __init__(self, bridge: Bridge, title: str, status: Callable[[], str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.bridge = bridge
        self.title = title
        self.status = status
        self.failed = ""
        self.badge = ""  # instead of what says that it is live
        self.payment: Payment | None = None

    def line(self) -> tuple[Segments, Segments]:
        """Title, the payment that is shown, where it is recorded; then the counts."""
        source = self.bridge.source
        left = [Segment(f" {plain(self.title)} ", "title")]
        if self.badge or source.live:
            left.append(Segment(self.badge or "● LIVE ", "live"))
        for trouble in (source.damage, self.failed):  # before all that may be cut off
            if trouble:
                left.append(Segment(f" ✗ {plain(trouble)} ", "fail"))
        left += _payment(self.payment)
        left.append(Segment(f"{plain(self.status() or source.name)} ", "text"))
        if points := len(self.bridge.stops.standing.breakpoints):
            words = f" breakpoint{'' if points == 1 else 's'}" if self.size.width >= _WORDS_FROM else ""
            left.append(Segment(f" {HELD} {points}{words} ", "running"))
        return left, self._counts()

    def _counts(self) -> Segments:
        count = len(self.bridge.trace)
        right: Segments = []
        if not self.bridge.loaded:
            total = self.bridge.total
            share = f" {min(99, 100 * count // total)} %" if total else ""
            right.append(Segment(f" loading{share} ", "running"))
        elif (read := self.bridge.reading) is not None:
            right.append(Segment(f" reading {min(99, int(100 * read))} % ", "running"))
        elif self.bridge.asked("diff"):
            right.append(Segment(" aligning ", "running"))
        right.append(Segment(f" {count:,} msg", "text"))
        for mark, many in self.bridge.tally.summary():
            right.append(Segment(f"  {many}{mark}", MARK_STYLES[mark]))
        return [*right, Segment(" ", "space")]


class BottomBar(Bar):
    """Filter, place in the list, time since the row before, follow mode, profile."""

    def __init__(self, ladder: Ladder, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.ladder = ladder
        self.payment: Payment | None = None
        self.payments = 0
        self.note = ""  # on the selected message
        self.news: tuple[int, str, str] | None = None  # what arrived: exchange, mark, in words
        self.step: Step | None = None
        self.previous: Step | None = None

    def line(self) -> tuple[Segments, Segments]:
        """What is shown, then where the user is."""
        ladder, view = self.ladder, self.ladder.view
        left = [Segment(" ", "space"), *self._place()]
        if view.filter and not self.screen.has_class("-filtering"):  # there it is typed
            left += [
                Segment(" filter ", "dim"),
                Segment(plain(view.filter.text), "key"),
                Segment("  esc clears", "dim"),
            ]
        if self.news is not None:
            n, mark, said = self.news
            left += [Segment(f" {mark} {n} ", MARK_STYLES[mark]), Segment(f"{plain(said)}  ", "text")]
        elif self.note:
            left += [Segment(" ✎ ", "noted"), Segment(plain(self.note), "text")]
        elif self._why_has_no_room and self.step is not None and self.step.findings:
            finding, mark = self.step.findings[0], self.step.mark(ladder.profile)
            left += [Segment(f" {mark} ", MARK_STYLES[mark]), Segment(plain(finding.title), "text")]
        right: Segments = []
        if ladder.unseen and not ladder.follow:
            right += [Segment(f" +{ladder.unseen} new G ", "chip"), Segment("  ", "space")]
        total = len(ladder.bridge.trace)
        if len(view) != total:
            right.append(Segment(f" {len(view):,} of {total:,}", "key"))
        if marks := len(ladder.bridge.marks):
            right.append(Segment(f"  ◆{marks}", "marked"))
        if (done := ladder.bridge.finding.done) is not None:
            right.append(Segment(f" filtering {done:3.0%}", "running"))
        if self.step is not None and self.previous is not None:
            words = elapsed_words(self.step.started - self.previous.started)
            right.append(Segment(f"  {words} after {self.previous.n}", "dim"))
        if ladder.bridge.source.live:
            if ladder.follow:
                right.append(Segment("  follows", "live"))
            elif not ladder.unseen:  # otherwise the chip says it
                right.append(Segment("  G follows", "dim"))
        right.append(Segment("  profile " if self.size.width >= _WORDS_FROM else "  ", "dim"))
        right.append(Segment(f"{ladder.profile} ", "head"))
        return left, right

    @property
    def _why_has_no_room(self) -> bool:
        return self.screen.has_class("-low") and not self.screen.has_class("-full")

    def on_click(self, event: events.Click) -> None:
        """On the chip of what is new: to the newest; on the payment: to the list of payments."""
        left, right = self.line()
        chip = next((segment for segment in right if segment.style == "chip"), None)
        start = self.size.width - sum(cell_width(segment.text) for segment in right)
        if chip is not None and start <= event.x < start + cell_width(chip.text):
            self.post_message(BarClicked("new"))
        elif event.x < sum(cell_width(segment.text) for segment in left[:2]):
            self.post_message(BarClicked("payment"))

    def _place(self) -> Segments:
        if self.payment is not None and self.payments > 1:
            return [Segment(f"payment {self.payment.id}/{self.payments} ", "key")]
        many = "" if self.payments < 2 else f"all {self.payments:,} payments"
        return [Segment(many, "dim")]


def _payment(payment: Payment | None) -> Segments:
    """`alice → bob 12.09 USD paid`."""
    if payment is None:
        return []
    known = payment.sender is not None or payment.recipient is not None
    segments = [Segment(f" {plain(payment.title)} " if known else f" payment {payment.id} ", "strong")]
    if payment.amount:
        segments.append(Segment(f"{plain(payment.amount)} ", "text"))
    return [*segments, Segment(f"{plain(payment.state)}  ", _PAID.get(payment.state, "dim"))]
