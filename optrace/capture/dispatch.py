"""mitmproxy's addon manager with one change: who listens to a hook is found out once and not for each message.

A message visits ten hooks, and most of the ordinary manager's time goes into asking every addon about each. Here the
addons are the same as long as the proxy runs.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any

from mitmproxy import exceptions, hooks
from mitmproxy.addonmanager import AddonManager, traverse

logger = logging.getLogger(AddonManager.__module__)  # what is said is said of mitmproxy's addons


class QuickAddonManager(AddonManager):
    """Calls the same addons in the same order as `AddonManager`, with the same care for those that raise."""

    def __init__(self, master: object) -> None:
        super().__init__(master)  # type: ignore[no-untyped-call]
        self._listeners: dict[str, tuple[Callable[..., Any], ...]] = {}

    def register(self, addon: object) -> object:
        """Add an addon; it listens from now on."""
        self._listeners.clear()
        return super().register(addon)  # type: ignore[no-untyped-call]

    def remove(self, addon: object) -> None:
        """Take an addon out."""
        self._listeners.clear()
        super().remove(addon)  # type: ignore[no-untyped-call]

    async def trigger_event(self, event: hooks.Hook) -> None:
        """Call all who listen to a hook, and wait for them."""
        listeners = self._listeners.get(event.name)
        if listeners is None:
            listeners = self._listeners[event.name] = self._find(event.name)
        if not listeners:
            return
        arguments = event.args()
        for listener in listeners:
            try:
                result = listener(*arguments)
                if result is not None and inspect.isawaitable(result):
                    await result
            except exceptions.AddonHalt:
                return
            except exceptions.OptionsError:
                raise
            except Exception as error:
                logger.exception("Addon error: %s", error)

    def _find(self, name: str) -> tuple[Callable[..., Any], ...]:
        found = (getattr(addon, name, None) for addon in traverse(self.chain))  # type: ignore[no-untyped-call]
        return tuple(listener for listener in found if callable(listener))
