"""Which runtimes a command is made of: from its words, the files that they name, and the processes that it starts.

["npm", "test"]       package.json has "test": "vitest" -> Node
["./pay"]             starts with #!/usr/bin/env python3 -> Python; an executable that holds Go's build info -> Go
["make", "check"]     nothing to be read from: what its processes are, where the system has /proc
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from optrace.capture.runtimes import BY_COMMAND, BY_NAME, Runtime

_WRAPPERS = frozenset({"env", "exec", "command", "time", "nice", "nohup", "stdbuf", "sudo", "xvfb-run", "cross-env"})
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ash", "fish"})
_SCRIPTS = frozenset({"npm", "pnpm", "yarn", "bun"})  # run what package.json has
_TESTS = frozenset({"test", "t", "start"})  # scripts that need no "run"
# what compilers leave in an executable
_BUILT: Mapping[bytes, str] = {b"\xff Go buildinf:": "Go", b"/rustc/": "Rust", b"DOTNET_": ".NET"}
_READ = 64 * 1024 * 1024  # bytes of an executable
_DEPTH = 5  # scripts that call scripts
_FIRST_LOOK, _LAST_PAUSE = 0.05, 2.0  # seconds
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def recognise(command: Sequence[str], folder: Path, path: str | None = None, *, depth: int = _DEPTH) -> list[Runtime]:
    """The runtimes of a command, the likeliest first; none if nothing tells.

    Args:
        folder: where the command is run.
        path: the PATH by which it is found.
    """
    words = _bare(command)
    if not words or not depth:
        return []
    name = _name(words[0])
    if name in _SHELLS and "-c" in words[1:-1]:
        script = words[words.index("-c") + 1]
        return _of_script(script, folder, path, depth)
    if name in _SCRIPTS and (named := _package_script(words[1:], folder)):
        return _of_script(named, folder, path, depth) or [BY_COMMAND[name]]
    if name in BY_COMMAND:
        return [BY_COMMAND[name]]
    located = shutil.which(words[0] if os.sep not in words[0] else str(folder / words[0]), path=path)
    return _of_file(Path(located), folder, path, depth) if located else []


def _of_script(script: str, folder: Path, path: str | None, depth: int) -> list[Runtime]:
    """Of a line as a shell would read it."""
    try:
        lexer = shlex.shlex(script, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:
        words = script.split()
    commands: list[list[str]] = [[]]
    for word in words:
        if re.fullmatch(r"[;&|()<>\n]+", word):
            commands.append([])
        else:
            commands[-1].append(word)
    found = [runtime for command in commands for runtime in recognise(command, folder, path, depth=depth - 1)]
    return list(dict.fromkeys(found))


def _of_file(file: Path, folder: Path, path: str | None, depth: int) -> list[Runtime]:
    """Of a script by its first line, of an executable by what its compiler left in it."""
    real = file.resolve()
    if _name(real.name) in BY_COMMAND:
        return [BY_COMMAND[_name(real.name)]]
    try:
        with real.open("rb") as stream:
            start = stream.read(256)
            if start.startswith(b"#!"):
                words = start[2:].split(b"\n")[0].decode("utf-8", "replace").split()
                words = [word for word in words if word != "-S"]
                return recognise([_name(words[0]), *words[1:]], folder, path, depth=depth - 1) if words else []
            content = start + stream.read(_READ)
    except OSError:
        return []
    return [BY_NAME[name] for mark, name in _BUILT.items() if mark in content][:1]


def _bare(command: Sequence[str]) -> list[str]:
    """The command without what only wraps it: `env A=b nice node pay.js` -> node pay.js."""
    words = list(command)
    while words and (_name(words[0]) in _WRAPPERS or _ASSIGNMENT.match(words[0])):
        wrapper = words.pop(0)
        while words and _name(wrapper) in _WRAPPERS and words[0].startswith("-"):
            words.pop(0)
    return words


def _name(word: str) -> str:
    """`/usr/bin/python3.12` -> python."""
    name = re.split(r"[/\\]", word)[-1].lower()
    name = name.removesuffix(".exe").removesuffix(".cmd")
    return name if name in BY_COMMAND else re.sub(r"-?[\d.]+$", "", name)


def _package_script(words: Sequence[str], folder: Path) -> str | None:
    """What `npm run NAME`, `npm test`, `yarn NAME` stands for."""
    names = [word for word in words if not word.startswith("-")]
    if names[:1] in (["run"], ["run-script"]):
        names = names[1:]
    elif names and names[0] not in _TESTS:
        return None
    try:
        scripts = json.loads((folder / "package.json").read_bytes())["scripts"]
        script = scripts.get("test" if names[0] == "t" else names[0])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return script if isinstance(script, str) else None


class Watch:
    """Looks at which programs a process and its children are, less and less often; nothing where there is no /proc."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._seen: dict[Path, tuple[Runtime, ...]] = {}
        self._thread = threading.Thread(target=self._look, name="optrace-watch", daemon=True)
        if Path("/proc/self/exe").exists():
            self._thread.start()

    def stop(self) -> list[Runtime]:
        """The runtimes that were seen, in order."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        return list(dict.fromkeys(runtime for found in self._seen.values() for runtime in found))

    def _look(self) -> None:
        pause = _FIRST_LOOK
        while not self._over.wait(pause):
            pause = min(pause * 2, _LAST_PAUSE)
            for file in _programs(self._pid):
                if file not in self._seen:
                    self._seen[file] = tuple(_of_file(file, file.parent, None, 1))


def _programs(root: int) -> Iterator[Path]:
    """The executables of a process and of its descendants, the first first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue  # it has ended
            children.setdefault(parent, []).append(int(entry.name))
    family = [root]
    for pid in family:
        family.extend(sorted(children.get(pid, ())))
        try:
            yield Path(os.readlink(f"/proc/{pid}/exe"))
        except OSError:
            continue
