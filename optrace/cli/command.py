"""What a command of the command line is."""

from __future__ import annotations

import importlib
import keyword
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from typing import Protocol, cast

from optrace.cli.output import Output


class Implementation(Protocol):
    """A module of `optrace.cli.commands`. Its docstring is the long help; `EPILOG` holds the examples."""

    EPILOG: str

    def configure(self, parser: ArgumentParser) -> None:
        """Add the command's arguments."""

    def run(self, args: Namespace, output: Output) -> int:
        """Do it; returns the exit status."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command as the overview shows it. Its module is imported when it is used, so that the others start fast."""

    name: str
    group: str
    arguments: str
    summary: str
    hidden: bool = False

    @property
    def implementation(self) -> Implementation:
        """The module that does it."""
        name = self.name.strip("_").replace("-", "_")
        if keyword.iskeyword(name):
            name += "_"  # import
        return cast(Implementation, importlib.import_module(f"optrace.cli.commands.{name}"))
