"""Types of arguments: what a word of the command line must be."""

from __future__ import annotations

from argparse import ArgumentTypeError

_NARROWEST = 20  # columns in which a ladder says anything


def port(text: str) -> int:
    """A TCP port; 0 stands for any free one."""
    return _number(text, "port", 0, 65535)


def first_of_eleven(text: str) -> int:
    """The first of eleven ports in a row; 0 stands for any free ones."""
    return _number(text, "first port", 0, 65535 - 10)


def columns(text: str) -> int:
    """A width in columns."""
    return _number(text, "width", _NARROWEST, 100_000)


def _number(text: str, what: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
        raise ArgumentTypeError(f"{text} is no {what}; write a number from {least} to {most}")
    return int(text)
