"""Where everything stands in a line of so many columns: gutter, lanes, label, status."""

from __future__ import annotations

from dataclasses import dataclass

LIST_BELOW = 60  # columns; under these a plain list takes over
TIMES_FROM = 100  # the gutter shows the time since the row before
INLINE_FROM = 160  # labels stand on the arrows

_MARK_AND_LETTERS = 6  # a space, the mark, up to three letters, a space
_TIME = 6  # a space and five characters
_STATUS = 4  # a space and three digits, or a clock
_SELF_ARROW = 3  # the column of what follows the last lane; a self-arrow fits between


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """Columns count from 0. `lanes` holds the column of each lifeline."""

    width: int
    digits: int
    times: bool
    inline: bool
    gutter: int
    lanes: tuple[int, ...]
    label: int  # column of the label beside the lanes; with `inline`, of what follows the last lane
    label_width: int

    @classmethod
    def of(cls, width: int, *, lanes: int, highest: int = 99, inline: bool | None = None) -> Geometry:
        """The geometry for a width; `highest` is the largest number that the gutter must hold.

        Labels beside the lanes get a quarter of the line; the more columns, the more of the rest goes to the lanes.
        """
        times = width >= TIMES_FROM
        on_arrows = width >= INLINE_FROM if inline is None else inline
        digits = max(3 if times else 2, len(str(highest)))
        gutter = 1 + digits + _MARK_AND_LETTERS + (_TIME if times else 0)
        wanted = 1 if on_arrows else max(18, 19 + int((width - 80) * 0.4))
        room = width - gutter - 1 - _SELF_ARROW - wanted - (_STATUS if on_arrows else 0)
        pitch = max(4, (room if on_arrows else width - gutter - wanted) // (lanes - 1))
        columns = tuple(gutter + pitch * index for index in range(lanes))
        label = columns[-1] + _SELF_ARROW
        return cls(
            width=width,
            digits=digits,
            times=times,
            inline=on_arrows,
            gutter=gutter,
            lanes=columns,
            label=label,
            label_width=max(0, width - label - _STATUS),
        )
