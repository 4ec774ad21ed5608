"""Forms of what `check` says, for CI systems: each a pure function of the documents and the policy. One file each."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optrace.cli.policy import Policy
from optrace.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Format:
    """A form, made by the function of its name in the module of its name, which is imported when it is used."""

    name: str

    def render(self, documents: Sequence[Mapping[str, Any]], policy: Policy) -> str:
        """The whole text, without a newline at its end."""
        module = importlib.import_module(f"optrace.cli.formats.{self.name}")
        text: str = getattr(module, self.name)(documents, policy)
        return text


FORMATS: Registry[Format] = Registry(
    "format",
    (Format("junit"), Format("sarif"), Format("github"), Format("markdown")),
    name=lambda form: form.name,
)
