"""Faults by name: what goes wrong between a client and an ASE, done on purpose. Pure.

A fault sees each message on its way and may change it, answer in the server's place, hold it up or hang up. The sandbox
and the mock put them before their own servers; the proxy does it to live traffic, if it is asked to. What each looks
like in a recording is what the real thing looks like, so that `check` finds it.

    fault.py      what a fault is             order.py      `NAME[=ARG][@OPERATION][xN]`
    injector.py   orders over a conversation  messages.py   the parts of messages that are rewritten
    the rest      the faults, by what they are about
"""

from __future__ import annotations

from optrace.core.registry import Registry
from optrace.faults import bodies, finishes, grants, keys, limits, tokens, weather
from optrace.faults.fault import Fault

FAULTS: Registry[Fault] = Registry(
    "fault",
    (
        grants.TOO_FAST,
        tokens.EXPIRED_TOKEN,
        tokens.REVOKED_TOKEN,
        tokens.INTROSPECTION_DOWN,
        keys.ROTATED_KEY,
        keys.JWKS_404,
        finishes.WRONG_HASH,
        finishes.UNPADDED_HASH,
        finishes.SLASH_HASH,
        finishes.SPACED_HASH,
        finishes.WRONG_INTERACT_REF,
        finishes.LOST_COOKIE,
        grants.DENY_CONSENT,
        limits.LIMIT_EXCEEDED,
        limits.QUOTE_EXPIRED,
        weather.CLOCK_SKEW,
        weather.SLOW,
        weather.HANG_UP,
        weather.HTTP_500,
        weather.GATEWAY_PAGE,
        bodies.BODY_RESERIALISED,
        bodies.ALTERED_BODY,
        bodies.BROKEN_SIGNATURE,
        bodies.TLS_STRIPPED,
    ),
    name=lambda fault: fault.name,
)
