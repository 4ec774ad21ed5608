"""Where the playing is: its speed, a bar with a mark for each message, and the recording's own time."""

from __future__ import annotations

from datetime import timedelta

from textual import events

from optrace.diagram.cells import cell_width
from optrace.diagram.layout import elapsed_words
from optrace.diagram.segments import Segment, Segments
from optrace.session.score import LONGEST, Score
from optrace.tui.messages import SoughtTo
from optrace.tui.playback import Playback
from optrace.tui.widgets.bars import Bar

_LEAST = 10  # cells of a bar
_PLAYED = str.maketrans("─┄┴", "━┅┷")


class PlaybackBar(Bar):
    """One line; a click on the bar goes there."""

    def __init__(self, playback: Playback, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.playback = playback
        self._shown: object = None

    def tick(self) -> None:
        """Paint anew what has changed."""
        shown = self.line()
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def line(self) -> tuple[Segments, Segments]:
        """How it is played, the bar, and what time it is there."""
        head, tail = self._head(), self._tail()
        room = self.size.width - sum(cell_width(text) for text, _, _ in (*head, *tail))
        return [*head, *(self._bar(room) if room >= _LEAST else [])], tail

    def _head(self) -> Segments:
        playback = self.playback
        if playback.ended:
            state = Segment(" ■ end    ", "strong")
        elif playback.playing:
            state = Segment(" ▶ play   ", "live")
        else:
            state = Segment(" ‖ paused ", "running")
        return [state, Segment(f"{playback.speed:g}x  ", "key")]

    def _bar(self, room: int) -> Segments:
        score = self.playback.score
        here = room if self.playback.ended else _cell(self.playback.position, score, room)
        cells = ["─"] * room
        for start, end in score.gaps:
            first, last = _cell(start, score, room), _cell(end, score, room)
            cells[first:last] = "┄" * (last - first)
        for position in score.positions:
            cells[_cell(position, score, room)] = "┴"
        played = "".join(cells[:here]).translate(_PLAYED)
        return [Segment(played, "live"), Segment("".join(cells[here:]), "lifeline")]

    def _tail(self) -> Segments:
        score, position = self.playback.score, self.playback.position
        if not score.cues:
            return [Segment(" nothing was recorded ", "dim")]
        now, width = score.instant(position), self.size.width
        tail: Segments = []
        if (gap := score.gap(position)) is not None and width >= 60:
            tail.append(Segment(f"  {elapsed_words(gap.lasted)} in {elapsed_words(gap.played)}", "running"))
        elif score.gaps and width >= 100:
            count = len(score.gaps)
            tail.append(Segment(f"  {count} wait{'' if count == 1 else 's'} cut to {elapsed_words(LONGEST)}", "dim"))
        since = elapsed_words(now - score.instants[0])
        tail.append(Segment(f"  {since:>5} of {elapsed_words(score.lasted)} ", "text"))
        if width >= 80:
            tail.append(Segment(f" {now:%H:%M:%S}.{now.microsecond // 100_000} UTC ", "dim"))
        return tail

    def on_click(self, event: events.Click) -> None:
        """Go to where it was clicked."""
        before = sum(cell_width(text) for text, _, _ in self._head())
        room = self.size.width - before - sum(cell_width(text) for text, _, _ in self._tail())
        if room >= _LEAST and 0 <= event.x - before <= room:
            self.post_message(SoughtTo(self.playback.score.length * ((event.x - before) / room)))


def _cell(position: timedelta, score: Score, room: int) -> int:
    return min(room - 1, int(room * (position / score.length))) if score.length else 0
