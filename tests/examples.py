"""How many examples a property is tried with: fewer of each while one works on the code than in whole runs.

`pytest --hypothesis-profile fast` makes a quarter of them. None has a deadline: the machine may be busy.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings

_WHOLE, _FAST = 100, 25  # of a property that says nothing else

settings.register_profile("whole", deadline=None, max_examples=_WHOLE)
settings.register_profile("fast", deadline=None, max_examples=_FAST)


def examples(count: int, **more: Any) -> settings:
    """As many in a whole run."""
    return settings(max_examples=max(1, count * settings.default.max_examples // _WHOLE), **more)
