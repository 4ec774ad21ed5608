"""The home screen: the ladder, and what is known of the selected message."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.widgets import Static

from optrace.core.findings import PROFILES
from optrace.diagram.arrangement import Arrangement
from optrace.tui import keys
from optrace.tui.against import Against, OpenOther, no_other
from optrace.tui.bridge import Bridge
from optrace.tui.messages import BarClicked, DetailReady, LaneChosen, StepChosen, StepOpened, TabChosen
from optrace.tui.news import News
from optrace.tui.palette import palette_of
from optrace.tui.replays import Replays
from optrace.tui.screens.dragging import Dragging
from optrace.tui.screens.editing import SigningKeys, no_keys
from optrace.tui.screens.exporting import Export, Exporting, nowhere
from optrace.tui.screens.filtering import Filtering, SaveFilter, nothing
from optrace.tui.screens.holding import Holding
from optrace.tui.screens.noting import Noting
from optrace.tui.screens.sending import Sending
from optrace.tui.tabs.look import Look
from optrace.tui.view import step_at, the_only
from optrace.tui.widgets.bars import BottomBar, TopBar
from optrace.tui.widgets.detail import DetailPane
from optrace.tui.widgets.filter_bar import FilterBar
from optrace.tui.widgets.footer import MomentFooter
from optrace.tui.widgets.heads import LadderHead
from optrace.tui.widgets.ladder import Ladder
from optrace.tui.widgets.lines import Lines
from optrace.tui.widgets.wait_bar import WaitBar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.app import ComposeResult
    from textual.timer import Timer

_NEWS = 12.0  # seconds that news stay in the bottom bar
_NOTHING_WRONG = "Nothing wrong in what is shown."
_UNCHECKED = " ? stands where something could not be checked: its Why says what is missing."
_NOTHING_YET = "Nothing wrong so far, but not all has been looked at yet."
_BANNER = " Secrets are shown. R masks them again. "


class HomeScreen(Filtering, Noting, Exporting, Holding, Dragging, Sending):
    """Ladder above or beside the detail, as the width allows."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("everywhere")
    CSS_PATH = "home.tcss"

    def __init__(
        self,
        bridge: Bridge,
        *,
        title: str,
        status: Callable[[], str],
        hint: str,
        profile: str,
        ascii_only: bool,
        saved: Mapping[str, str] | None = None,
        save_filter: SaveFilter = nothing,
        write_export: Export = nowhere,
        open_other: OpenOther | None = None,
        held: tuple[int | None, Against] | None = None,
        arrangement: Arrangement,
        on_lanes: Callable[[Arrangement], None],
        signing_keys: SigningKeys = no_keys,
        replays: Replays | None = None,
    ) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (160, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high")]
        self.bridge = bridge
        self.profile = profile
        self.revealed = False
        self._done = []
        self._own_version = 0  # of notes and marks, as they are shown
        self._news = News()
        self._first_news: int | None = None  # how many messages there were when all had been read
        self._quiet = True
        self._news_timer: Timer | None = None
        self._trail = []
        self._moment = ""  # that the footer was made for
        self._ascii_only = ascii_only
        self.ladder = Ladder(bridge, hint=hint, ascii_only=ascii_only, id="ladder")
        self.ladder.arrangement = arrangement
        self._on_lanes = on_lanes
        self.detail = DetailPane(id="detail")
        self.top = TopBar(bridge, title, status, id="top")
        self.bottom = BottomBar(self.ladder, id="bottom")
        self.waits = WaitBar(bridge, self.ladder, id="waits")
        self.filter_bar = FilterBar(id="filter")
        self.saved = dict(saved or {})
        self.save_filter = save_filter
        self.write_export = write_export
        self.signing_keys = signing_keys
        self.replays = replays
        self.open_other = open_other or no_other
        self._held = held  # what it was opened for: a payment, and what to hold it against
        self._hint = hint
        self._first_look = True
        self._chosen_by_user = False  # which payment is shown

    def compose(self) -> ComposeResult:
        """Bars, ladder, detail, filter, footer."""
        yield self.top
        yield Static(_BANNER, id="banner")
        yield self.waits
        with Container(id="panes"):
            with Vertical(id="ladder-pane"):
                yield LadderHead(self.ladder, id="ladder-head")
                yield self.ladder
            yield self.detail
        yield self.bottom
        yield self.filter_bar
        yield MomentFooter(lambda: keys.MOMENTS.get(self.moment(), ()))

    def on_mount(self) -> None:
        """The ladder has the keys."""
        self.detail.look = Look(self.profile)
        self.ladder.focus()
        self.set_interval(1.0, self._second)

    def _second(self) -> None:
        self.top.refresh()
        self.waits.refresh()
        if self.ladder.ghosts_outdated():
            self.expect()

    # what comes from the trace

    def grew(self) -> None:
        """Take in what the bridge read."""
        if self._first_look and len(self.bridge.trace):
            self._first_look = False
            self._start()
        self._keep_to_the_one_payment()
        self.ladder.grew()
        self.expect()
        self.find_more()
        self._tell_news()
        self.stops_changed()
        if self._held is not None and self.bridge.loaded:
            (payment, against), self._held = self._held, None
            self.hold(payment, against)
        if self.bridge.own.version != self._own_version:  # somebody else may have written them
            self.notes_changed()
        self._bars()
        if self.ladder.selected is not None and self._outdated():
            self.bridge.want(self.ladder.selected)

    def _tell_news(self) -> None:
        """Say once, in the bottom bar, that something wrong has arrived; nothing moves for it."""
        bridge = self.bridge
        if not (bridge.source.live and bridge.loaded):
            return
        if self._first_news is None:
            self._first_news = len(bridge.trace)
        quiet = self._quiet  # what was there is no news
        self._quiet = quiet and len(bridge.tally.marks) < self._first_news
        fresh = self._news.of(bridge.tally, quiet=quiet)
        if not fresh or fresh == [self.ladder.selected]:
            return
        n = fresh[-1]
        with self.bridge.lock:
            step = step_at(self.bridge.trace, n)
        said = step.findings[0].title if step.findings else f"{step.label} → {step.status or step.error or '?'}"
        more = f" (and {len(fresh) - 1} more)" if len(fresh) > 1 else ""
        self.bottom.news = (n, step.mark(self.profile), said + more)
        if self._news_timer is not None:
            self._news_timer.stop()
        self._news_timer = self.set_timer(_NEWS, self._forget_news)

    def _forget_news(self) -> None:
        self.bottom.news = None
        self.bottom.refresh()

    def _outdated(self) -> bool:
        """Whether the message that is shown is understood otherwise by now."""
        detail = self.detail.detail
        if detail is None or detail.step.n != self.ladder.selected:
            return False  # it was asked for already
        with self.bridge.lock:
            return step_at(self.bridge.trace, detail.step.n) != detail.step

    def _start(self) -> None:
        """A recording of several payments opens on the first one."""
        with self.bridge.lock:
            payments = self.bridge.trace.payments
        if len(payments) > 1 and not self.bridge.source.live:
            self.show(payments[0].id)

    def _keep_to_the_one_payment(self) -> None:
        """Live, while the user hasn't chosen: the ladder of the payment as long as there is one, then of all.

        What belongs to no payment hides nowhere: while there is any, all is shown.
        """
        if self._chosen_by_user or not self.bridge.source.live or self.ladder.view.filter:
            return
        with self.bridge.lock:
            only = the_only(self.ladder.view.payments())
            whole = only is not None and len({*only.exchanges, *only.context}) == len(self.bridge.trace)
        wanted = only.id if only is not None and whole else None
        if wanted != self.ladder.view.payment:
            self.show(wanted)

    def moment(self) -> str:
        """What the footer's keys depend on: one of `keys.MOMENTS`."""
        if self.bridge.stops.waiting:
            return "waiting"
        if isinstance(self.focused, Lines):
            return "message"
        if self.bridge.loaded and not len(self.bridge.trace):
            return "empty"
        if self.bridge.marks:
            return "marked"
        return "live" if self.bridge.source.live else "recorded"

    def _bars(self) -> None:
        ladder, bottom = self.ladder, self.bottom
        if (moment := self.moment()) != self._moment:
            self._moment = moment
            self.refresh_bindings()
        with self.bridge.lock:
            bottom.payments = len(ladder.view.payments())
            self.top.payment = ladder.view.the_payment()
            bottom.payment = self.top.payment if ladder.view.payment is not None else None
            bottom.note = self.bridge.notes.get(ladder.selected or 0, "")
            bottom.step = bottom.previous = None
            position = ladder.view.position(ladder.selected) if ladder.selected is not None else None
            if position is not None:
                bottom.step = step_at(self.bridge.trace, ladder.view.n_at(position))
                if position:
                    bottom.previous = step_at(self.bridge.trace, ladder.view.n_at(position - 1))
        self.top.refresh()
        bottom.refresh()

    @on(StepChosen)
    def _chosen(self, message: StepChosen) -> None:
        if self.bottom.news is not None and message.n == self.bottom.news[0]:
            self.bottom.news = None
        self._bars()
        if message.n is None:
            self.detail.show(None)
        else:
            self.bridge.want(message.n)

    def detail_ready(self, message: DetailReady) -> None:
        """Show a detail that was asked for, unless the selection has moved on."""
        if message.n == self.ladder.selected:
            self.detail.show(message.detail, message.why)

    # moving about

    @on(StepOpened)
    def _opened(self) -> None:
        self.action_open()

    @on(LaneChosen)
    def _lane_chosen(self, message: LaneChosen) -> None:
        """Only what concerns a lane; a second click shows everything again."""
        text = f"role:{message.lane}"
        view = self.ladder.view
        self._done.append(partial(self.show, view.payment, view.filter or None))
        self.show(view.payment, None if view.filter.text == text else self.read_filter(text))

    @on(BarClicked)
    def _bar_clicked(self, message: BarClicked) -> None:
        if message.part == "new":
            self.ladder.action_edge(1)
        else:
            self.action_payments()

    def on_resize(self) -> None:
        """The divider stays where it was put."""
        self.call_after_refresh(self.place_divider)

    @on(TabChosen)
    def _tab_chosen(self, message: TabChosen) -> None:
        self.action_tab(message.index)

    def action_open(self) -> None:
        """The message on the full screen."""
        if self.ladder.selected is not None:
            self.add_class("-full")
            self.place_divider()
            self.bottom.refresh()
            self.detail.body.focus()

    def action_back(self) -> None:
        """Out of what was entered last: the filter line, full screen, the filter, the payment."""
        if self.filtering:
            self.undo_filter()
            return
        if self.has_class("-full"):
            self.remove_class("-full")
            self.place_divider()
            self.bottom.refresh()
        elif self.ladder.view.filter:
            self.show(self.ladder.view.payment)
        elif self.ladder.view.payment is not None:
            self.action_all()
        self.ladder.focus()

    @on(Lines.Followed)
    def _followed(self, message: Lines.Followed) -> None:
        self.follow_to(message.goal)

    def action_tab(self, index: int) -> None:
        """Open a tab of the detail."""
        self.detail.choose(index)

    def action_finding(self, direction: int) -> None:
        """To the next or previous message with something wrong, or that matches; round the end it starts again."""
        view, tally = self.ladder.view, self.bridge.tally
        if view.filter:
            self.action_match(direction)
            return
        seek = tally.flagged_after if direction > 0 else tally.flagged_before
        start = self.ladder.selected or 0
        turned = False
        n = seek(start)
        while n is None or view.position(n) is None:
            if n is None:
                if turned:
                    self.notify(self._nothing_wrong(), timeout=4)
                    return
                turned = True
                n = 0 if direction > 0 else len(tally.marks) + 1
            n = seek(n)
        self.ladder.select(n)

    def _nothing_wrong(self) -> str:
        tally = self.bridge.tally
        if not self.bridge.loaded or len(tally.marks) < len(self.bridge.trace):
            return _NOTHING_YET
        return _NOTHING_WRONG + (_UNCHECKED if "?" in dict(tally.summary()) else "")

    def show_all(self) -> None:
        """The messages of all payments."""
        self._chosen_by_user = True
        self.show(None)

    def action_all(self) -> None:
        """The messages of all payments."""
        self.show_all()

    def action_payments(self) -> None:
        """Choose a payment from the list."""
        from optrace.tui.screens.payments import PaymentsScreen  # not needed for the first rows

        def chosen(payment: int | None) -> None:
            if payment is not None:
                self._chosen_by_user = True
                self.show(payment)

        def two(one: int, other: int) -> None:
            self.hold(one, Against(payment=other))

        self.app.push_screen(PaymentsScreen(self.bridge, self.ladder.view.payment, self.profile, two), chosen)

    def notes_changed(self) -> None:
        """Paint what shows notes and marks anew."""
        self._own_version = self.bridge.own.version
        self.ladder.mark(frozenset(self.bridge.marks))
        self.detail.note_on(self.bridge.notes)
        self._bars()

    def bars_changed(self) -> None:
        """Paint the bars anew."""
        self._bars()

    # how it is looked at

    def action_split(self) -> None:
        """One arrow an exchange, or two."""
        self.ladder.split = not self.ladder.split
        self.ladder.repaint()

    def action_lanes(self) -> None:
        """Show, shrink, rename, move lanes, and place hosts by hand."""
        from optrace.tui.screens.lanes import LanesScreen  # not needed for the first rows

        before = self.ladder.arrangement, self.ladder.shrink

        def left(_: int | None) -> None:
            if (self.ladder.arrangement, self.ladder.shrink) != before:
                self._done.append(partial(self._arrange_again, *before))

        self.app.push_screen(LanesScreen(self.bridge, self.ladder, self._on_lanes), left)

    def _arrange_again(self, arrangement: Arrangement, shrink: bool) -> None:
        self.ladder.arrangement, self.ladder.shrink = arrangement, shrink
        self.ladder.repaint()
        self._on_lanes(arrangement)
        self.notify("The lanes are as they were before.", timeout=3)

    def action_profile(self) -> None:
        """The next profile."""
        self.judge_by(PROFILES[(PROFILES.index(self.profile) + 1) % len(PROFILES)])

    def judge_by(self, profile: str) -> None:
        """Through the eyes of a profile."""
        self.profile = profile
        self.bridge.judge_by(self.profile)
        self.ladder.profile = self.profile
        self.ladder.repaint()
        self.detail.look_with(self.look)
        self._bars()

    def action_reveal(self) -> None:
        """Show or mask secrets, for this sitting only."""
        self.revealed = not self.revealed
        self.set_class(self.revealed, "-revealed")
        self.detail.look_with(self.look)

    def recolour(self) -> None:
        """Paint everything in the colours, and the characters, of another theme."""
        self.ladder.ascii_only = self._ascii_only or palette_of(self.app).ascii_only
        self.ladder.repaint()
        for widget in (self.top, self.bottom, self.query_one("#ladder-head"), self.detail.head, self.detail.body):
            widget.refresh()
