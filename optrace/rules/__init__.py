"""The rules, by code. Each file holds one; a code is never reused."""

from __future__ import annotations

from optrace.core.registry import Registry
from optrace.rules.rule import Rule

RULES: Registry[Rule] = Registry("rule", (), name=lambda rule: rule.code)
