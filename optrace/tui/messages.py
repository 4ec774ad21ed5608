"""What the parts of the screen tell each other: messages go up, data goes down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from textual.message import Message

from optrace.session.steps import Detail
from optrace.tui.questions import Question


class TraceGrew(Message):
    """The trace changed. At most one is under way, however much arrived."""


class TraceFailed(Message):
    """Reading or understanding the recording failed; what was read stays on the screen."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class StepChosen(Message):
    """The selection is on another exchange, or on none."""

    def __init__(self, n: int | None) -> None:
        super().__init__()
        self.n = n


class StepOpened(Message):
    """The user wants to see an exchange on the full screen."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n


class TabChosen(Message):
    """The user clicked on a tab of the detail, counted from 0."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index


class LaneChosen(Message):
    """The user clicked on the name of a lane."""

    def __init__(self, lane: str) -> None:
        super().__init__()
        self.lane = lane


class BarClicked(Message):
    """The user clicked on the line at the bottom: on what is new, or on which payment is shown."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self.part = part


class SoughtTo(Message):
    """The user clicked on the bar of a recording that is played."""

    def __init__(self, position: timedelta) -> None:
        super().__init__()
        self.position = position


class DetailReady(Message):
    """The detail of an exchange that was asked for; None, and why, when it can't be shown."""

    def __init__(self, n: int, detail: Detail | None, why: str) -> None:
        super().__init__()
        self.n = n
        self.detail = detail
        self.why = why


class Answered(Message):
    """What came of a question; None, and why, when nothing did."""

    def __init__(self, question: Question, value: Any, why: str) -> None:
        super().__init__()
        self.question = question
        self.value = value
        self.why = why
