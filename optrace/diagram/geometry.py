"""Where everything stands in a line of so many columns: gutter, lanes, label, status."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

LIST_BELOW = 60  # columns; under these a plain list takes over
TIMES_FROM = 100  # the gutter shows the time since the row before
INLINE_FROM = 160  # labels stand on the arrows

_MARK_AND_LETTERS = 6  # a space, the mark, up to three letters, a space
_TIME = 6  # a space and five characters
_STATUS = 4  # a space and three digits, or a clock
_NARROW = 2  # from one lane that nobody stands on to the next
_NEXT_TO_NARROW = 5  # from a lane with its whole name to one without, at least
_WIDEST = 34  # from lane to lane, when few are left
_SELF_ARROW = 3  # the column of what follows the last lane; a self-arrow fits between


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """Columns count from 0. `lanes` holds the column of each lifeline."""

    width: int
    digits: int
    times: bool
    inline: bool
    gutter: int
    tag: int  # columns at the end of the gutter for the payment's number
    lanes: tuple[int, ...]
    label: int  # column of the label beside the lanes; with `inline`, of what follows the last lane
    label_width: int

    @classmethod
    def of(
        cls,
        width: int,
        *,
        lanes: int,
        highest: int = 99,
        inline: bool | None = None,
        narrow: frozenset[int] = frozenset(),
        payments: int = 0,
    ) -> Geometry:
        """The geometry for a width; `highest` is the largest number that the gutter must hold, `narrow` the lanes
        that get two columns, `payments` the largest number of a payment if the gutter tells them apart.

        Labels beside the lanes get a quarter of the line; the more columns, the more of the rest goes to the lanes.
        """
        times = width >= TIMES_FROM
        on_arrows = width >= INLINE_FROM if inline is None else inline
        digits = max(3 if times else 2, len(str(highest)))
        tag = len(str(payments)) + 2 if payments else 0
        gutter = 1 + digits + _MARK_AND_LETTERS + (_TIME if times else 0) + tag
        wanted = 1 if on_arrows else max(18, 19 + int((width - 80) * 0.4))
        room = width - gutter - 1 - _SELF_ARROW - wanted - (_STATUS if on_arrows else 0)
        if on_arrows:
            columns = _columns(gutter, room, lanes, narrow)
        else:  # what narrow lanes leave goes to the labels
            pitch = max(4, (width - gutter - wanted) // (lanes - 1))
            columns = tuple(accumulate(_gaps(pitch, lanes, narrow), initial=gutter))
        label = columns[-1] + _SELF_ARROW
        return cls(
            width=width,
            digits=digits,
            times=times,
            inline=on_arrows,
            gutter=gutter,
            tag=tag,
            lanes=columns,
            label=label,
            label_width=max(0, width - label - _STATUS),
        )


def _columns(first: int, room: int, lanes: int, narrow: frozenset[int]) -> tuple[int, ...]:
    pitch = max(4, room // (lanes - 1))
    if narrow:  # what they leave goes to the others, and so to the labels on their arrows
        fitting = (wide for wide in range(_WIDEST, pitch, -1) if sum(_gaps(wide, lanes, narrow)) <= room)
        pitch = next(fitting, pitch)
    return tuple(accumulate(_gaps(pitch, lanes, narrow), initial=first))


def _gaps(pitch: int, lanes: int, narrow: frozenset[int]) -> list[int]:
    """From each lane to the next, where those that nobody stands on take two columns."""
    beside = max(_NEXT_TO_NARROW, pitch // 2)
    by_narrow = {0: pitch, 1: min(pitch, beside), 2: _NARROW}
    return [by_narrow[(at in narrow) + (at + 1 in narrow)] for at in range(lanes - 1)]
