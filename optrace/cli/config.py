"""Settings: flag > `OPTRACE_*` > `optrace.toml` of the project > the user's config > default.

    profile = "rafiki"                # or OPTRACE_PROFILE; so the other three words
    color = "auto"
    theme = "light"
    keymap = "arrows"

    [keys]                            # action id -> keys (`?` on the screen names them)
    down = "j,down"

    [filters]                         # name -> filter
    refused = "sig:fail or status:>=400"

    [otlp]                            # as --otlp: a collector, and what it wants to see
    url = "http://localhost:4318"
    headers = "authorization=Bearer%20x"

    [lanes]                           # `L` on the screen writes it
    order = ["s.rs", "s.idp", "s.as", "client", "r.wa", "r.as", "r.rs"]
    narrow = ["r.wa"]
    names = { "s.as" = "auth" }
    hosts = { "rs.example:8080" = "s.rs" }

The project's file is the nearest `optrace.toml` in the working directory or above it, the user's
`$XDG_CONFIG_HOME/optrace/config.toml`. Tables are merged entry by entry, so a project adds to what its user has.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optrace.core.errors import Usage
from optrace.core.findings import PROFILES
from optrace.core.registry import Registry
from optrace.core.text import safe
from optrace.session.steps import DEFAULT_PROFILE

PROJECT_FILE = "optrace.toml"
COLORS = ("auto", "always", "never")
_CHOICES: Mapping[str, tuple[str, ...]] = {"profile": PROFILES, "color": COLORS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings, merged. What only the screen knows (themes, keys, lanes) is checked there."""

    profile: str = DEFAULT_PROFILE
    color: str = "auto"
    theme: str = ""  # empty: the screen's own default; so the keymap's
    keymap: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    lanes: Mapping[str, Any] = field(default_factory=dict)
    otlp: Mapping[str, str] = field(default_factory=dict)


_DEFAULTS = Config()
_SETTINGS = Registry("setting", dataclasses.fields(Config), lambda setting: setting.name)


def read_config(environ: Mapping[str, str] | None = None, directory: Path | None = None) -> Config:
    """The settings that hold in a directory, without those of flags.

    Args:
        environ: the environment (default: the process's).
        directory: where the project's file is looked for (default: the working directory).

    Raises:
        Usage: a file that can't be read, or a setting that isn't known or can't be what it says.
    """
    environ = os.environ if environ is None else environ
    found: dict[str, Any] = {}
    for path in (user_file(environ), project_file(directory)):
        for name, value in _read(path).items():
            found[name] = {**found.get(name, {}), **value} if isinstance(value, dict) else value
    for name in ("profile", "color", "theme", "keymap"):
        if value := environ.get(variable := f"OPTRACE_{name.upper()}"):
            found[name] = _checked(name, value, variable)
    return Config(**found)


def user_file(environ: Mapping[str, str]) -> Path:
    """Where the user's own settings are, whether the file exists or not."""
    return Path(environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "optrace" / "config.toml"


def project_file(directory: Path | None = None) -> Path:
    """The nearest `optrace.toml`, in a directory or above; if there is none, where one would be made."""
    try:
        here = directory or Path.cwd()
    except FileNotFoundError:  # the working directory was removed
        return Path(PROJECT_FILE)
    return next(
        (at / PROJECT_FILE for at in (here, *here.parents) if (at / PROJECT_FILE).is_file()), here / PROJECT_FILE
    )


def remember(path: Path, table: str, values: Mapping[str, Any]) -> None:
    """Write entries of a table into a settings file; all else, comments too, stays as it is. None removes an entry.

    An empty `table` is the top level.

    Raises:
        Usage: the file can't be read or written.
    """
    import tomlkit  # only who changes settings needs it

    _read(path)  # what is wrong already isn't made worse
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.is_file() else tomlkit.document()
        entries = document.setdefault(table, tomlkit.table()) if table else document
        for name, value in values.items():
            if value is None:
                entries.pop(name, None)
            else:
                entries[name] = value
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.{os.getpid()}")
        new.write_text(tomlkit.dumps(document), encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise Usage(f"{path} can't be written: {error.strerror}", remedy="Check its permissions.") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise Usage(f"{path} can't be read: {error.strerror}", remedy="Check its permissions.") from error
    import tomllib  # most directories have no such file

    try:
        found = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise Usage(f"{path} is no TOML: {safe(str(error))}", remedy="Mend that line.") from error
    return {name: _checked(name, value, str(path)) for name, value in found.items()}


def _checked(name: str, value: Any, where: str) -> Any:
    """A setting's value, if it is of the right kind. Raises Usage, which says where it stands."""
    try:
        default = getattr(_DEFAULTS, _SETTINGS[name].name)
    except Usage as error:
        raise Usage(f"{where}: {error.title[:1].lower()}{safe(error.title[1:])}", remedy=error.remedy) from None
    if isinstance(default, dict):
        if not isinstance(value, dict):
            raise Usage(f"{where}: {name} must be a table", remedy=_example(name, default))
        for entry, text in value.items():
            if name != "lanes" and not isinstance(text, str):
                raise Usage(f"{where}: {name}.{safe(entry)} must be a text", remedy=_example(name, default))
    elif not isinstance(value, str):
        raise Usage(f"{where}: {name} must be a text", remedy=_example(name, default))
    elif name in _CHOICES and value not in _CHOICES[name]:
        raise Usage(f"{where}: {name} can't be {safe(value)}", remedy=f"Say one of {', '.join(_CHOICES[name])}.")
    return value


def _example(name: str, default: object) -> str:
    if isinstance(default, dict):
        return f'Write a line [{name}], and below it entries such as name = "value".'
    return f'Write it in quotes: {name} = "{default or "..."}".'
