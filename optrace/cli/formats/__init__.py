"""Forms of what `check` says, for CI systems: each a pure function of the documents and the policy. One file each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optrace.cli.formats.github import github
from optrace.cli.formats.junit import junit
from optrace.cli.formats.markdown import markdown
from optrace.cli.formats.sarif import sarif
from optrace.cli.policy import Policy
from optrace.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Format:
    """A form. `render` gives the whole text, without a newline at its end."""

    name: str
    render: Callable[[Sequence[Mapping[str, Any]], Policy], str]


FORMATS: Registry[Format] = Registry(
    "format",
    (Format("junit", junit), Format("sarif", sarif), Format("github", github), Format("markdown", markdown)),
    name=lambda form: form.name,
)
