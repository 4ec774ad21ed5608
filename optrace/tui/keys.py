"""Every key, once: the bindings, the footer, the palette and the help all come from this table.

Bare letters for the loop; ctrl only where typing must keep working; nothing that common terminals take away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from textual.binding import Binding, BindingType

from optrace.core.errors import Usage
from optrace.core.text import safe


@dataclass(frozen=True, slots=True)
class Key:
    """One action: its id (for the user's own keys), its keys, what it does and in which pane."""

    id: str
    keys: str  # Textual's names, separated by commas
    action: str
    title: str  # for the footer
    help: str
    pane: str
    footer: bool = False
    shown: str | None = None  # as it is written for people


KEYS = (
    Key(
        "help",
        "question_mark",
        "app.help",
        "help",
        "all keys, the focused pane's first",
        "everywhere",
        True,
        "?",
    ),
    Key("palette", "ctrl+p", "app.command_palette", "palette", "every command by its name", "everywhere", False, "^p"),
    Key("jump", "ctrl+o", "app.jump", "jump", "letters on all that can be gone to", "everywhere", False, "^o"),
    Key("filter", "slash", "filter", "filter", "filter the ladder", "everywhere", True, "/"),
    Key("next", "n", "finding(1)", "next ✗", "next message with a finding, or with ✗ ≠ !", "everywhere", True),
    Key("previous", "N", "finding(-1)", "previous ✗", "previous such message", "everywhere"),
    Key("open", "enter", "open", "open", "the message on the full screen", "everywhere", True, "enter"),
    Key("back", "escape", "back", "back", "leave full screen, filter or payment", "everywhere", False, "esc"),
    Key("pane", "tab", "app.focus_next", "pane", "other pane", "everywhere", False, "tab"),
    Key("why", "1", "tab(0)", "why", "Why: what is wrong, or what it means", "everywhere"),
    Key("request", "2", "tab(1)", "request", "Request", "everywhere"),
    Key("response", "3", "tab(2)", "response", "Response", "everywhere"),
    Key("signature", "4", "tab(3)", "signature", "Signature: checks and the signature base", "everywhere"),
    Key("grant", "5", "tab(4)", "grant", "Grant: access, amounts, limits in words", "everywhere"),
    Key("raw", "6", "tab(5)", "raw", "Raw: as it was on the wire", "everywhere"),
    Key("timing", "7", "tab(6)", "timing", "Timing: how long each part took, connection, TLS", "everywhere"),
    Key("body", "v", "body", "body", "bodies in order, as they were sent, or in hex", "everywhere"),
    Key("payments", "p", "payments", "payments", "choose a payment", "everywhere", True),
    Key("all", "0", "all", "all", "the messages of all payments", "everywhere"),
    Key("search", "w", "search", "search", "what was really signed: the search, with its working", "everywhere"),
    Key("lifeline", "o", "lifeline", "lifeline", "the life of an id, token, nonce or key", "everywhere", True),
    Key("scorecard", "c", "scorecard", "scorecard", "client and servers against the requirements", "everywhere"),
    Key("mark", "space,m", "mark", "mark", "mark the message: to find it again, to compare two", "everywhere"),
    Key("next_mark", "apostrophe", "marked(1)", "next mark", "next marked message", "everywhere", False, "'"),
    Key(
        "previous_mark", "quotation_mark", "marked(-1)", "prev. mark", "marked message before", "everywhere", False, '"'
    ),
    Key(
        "compare",
        "d",
        "compare",
        "compare",
        "the two marked last side by side, or with the last of its kind",
        "everywhere",
        True,
    ),
    Key(
        "diff",
        "A",
        "diff",
        "diff",
        "the payment against another, step by step; or against a file",
        "everywhere",
    ),
    Key("note", "a", "note", "note", "write a note on the message, kept in the session", "everywhere"),
    Key("undo", "u", "undo", "undo", "undo the last note, mark, change of the lanes, or click on one", "everywhere"),
    Key("split", "s", "split", "split", "request and response as two arrows", "everywhere"),
    Key("lanes", "L", "lanes", "lanes", "lanes: show, shrink, rename, move, place a host", "everywhere"),
    Key("profile", "P", "profile", "profile", "whose eyes: open-payments, rafiki, rfc", "everywhere"),
    Key(
        "copy",
        "y",
        "copy",
        "copy",
        "copy: what is selected, message, curl, signature base, proof",
        "everywhere",
    ),
    Key("export", "x", "export", "export", "what is shown to a file: diagram, report, HAR, code ...", "everywhere"),
    Key("break", "b", "break", "break", "breakpoints: messages of this kind wait in the proxy", "everywhere"),
    Key("let_go", "f", "let_go", "let go", "let the message that waits go on", "everywhere"),
    Key("let_all_go", "F", "let_all_go", "let all go", "let all messages that wait go on", "everywhere"),
    Key("replay", "r", "replay", "replay", "do the payment again: in the sandbox, or at hosts you name", "everywhere"),
    Key("edit", "e", "edit", "edit", "edit what waits, or the request to send it anew; sign it again", "everywhere"),
    Key("drop", "D", "drop", "drop", "drop the message that waits: nobody gets it", "everywhere"),
    Key("stay", "plus", "stay", "wait longer", "let the message wait as long again", "everywhere", False, "+"),
    Key("return", "backspace", "return", "return", "back to the message where the link was", "everywhere"),
    Key("reveal", "R", "reveal", "reveal", "show or mask secrets", "everywhere"),
    Key("theme", "t", "app.theme", "theme", "other colours: dark, light, high contrast, ASCII ...", "everywhere"),
    Key("quit", "q", "quit", "quit", "quit", "everywhere"),
    Key("down", "j,down", "move(1)", "down", "next message", "ladder", False, "j ↓"),
    Key("up", "k,up", "move(-1)", "up", "previous message", "ladder", False, "k ↑"),
    Key("page_down", "pagedown", "page(1)", "page down", "a screen down", "ladder", False, "PgDn"),
    Key("page_up", "pageup", "page(-1)", "page up", "a screen up", "ladder", False, "PgUp"),
    Key("first", "g,home", "edge(0)", "first", "first message", "ladder", False, "g"),
    Key("last", "G,end", "edge(1)", "last", "last message, and follow", "ladder", False, "G"),
    Key(
        "play", "space", "play", "pause", "pause, or play on; at the end, from the beginning", "playback", True, "space"
    ),
    Key("step", "full_stop", "step(1)", "step", "pause at the next message", "playback", True, "."),
    Key("step_back", "comma", "step(-1)", "step back", "pause at the message before", "playback", False, ","),
    Key(
        "seek_back",
        "left_square_bracket",
        "seek(-1)",
        "seek back",
        "5 s back, less if it is short",
        "playback",
        True,
        "[",
    ),
    Key("seek_on", "right_square_bracket", "seek(1)", "seek on", "5 s on, less if it is short", "playback", False, "]"),
    Key(
        "seek_to", "T", "seek_to", "seek to", "to a time, a share or a message: 1:20, 50%, #12", "playback", False, "T"
    ),
    Key("slower", "less_than_sign", "hurry(-1)", "slower", "half as fast", "playback", True, "<"),
    Key("faster", "greater_than_sign", "hurry(1)", "faster", "twice as fast", "playback", False, ">"),
    Key("text_down", "j,down", "line(1)", "down", "scroll down", "text", False, "j ↓"),
    Key("text_up", "k,up", "line(-1)", "up", "scroll up", "text", False, "k ↑"),
    Key("text_page_down", "pagedown,space", "page(1)", "page down", "a screen down", "text", False, "PgDn"),
    Key("text_page_up", "pageup", "page(-1)", "page up", "a screen up", "text", False, "PgUp"),
    Key("text_first", "g,home", "edge(0)", "top", "to the top", "text", False, "g"),
    Key("text_last", "G,end", "edge(1)", "end", "to the end", "text", False, "G"),
    Key(
        "next_link",
        "right,l",
        "link(1)",
        "next link",
        "next link to another message",
        "text",
        False,
        "l →",
    ),
    Key("previous_link", "left,h", "link(-1)", "previous link", "previous link", "text", False, "h ←"),
    Key("follow", "enter", "follow", "follow", "follow the link", "text", False, "enter"),
    Key("list_down", "j,down", "move(1)", "down", "next", "list", False, "j ↓"),
    Key("list_up", "k,up", "move(-1)", "up", "previous", "list", False, "k ↑"),
    Key("list_page_down", "pagedown", "page(1)", "page down", "a screen down", "list", False, "PgDn"),
    Key("list_page_up", "pageup", "page(-1)", "page up", "a screen up", "list", False, "PgUp"),
    Key("list_first", "g,home", "edge(0)", "first", "first", "list", False, "g"),
    Key("list_last", "G,end", "edge(1)", "last", "last", "list", False, "G"),
    Key("payments_back", "escape,p", "dismiss", "back", "back to the ladder", "payments", False, "esc"),
    Key("payments_sort", "s", "sort(1)", "sort", "sort by the next column", "payments", True),
    Key("payments_sort_back", "S", "sort(-1)", "sort back", "sort by the column before", "payments"),
    Key("payments_reverse", "r", "reverse", "reverse", "the other way round", "payments", True),
    Key("payments_mark", "space", "mark", "mark", "mark the payment, to hold two against each other", "payments"),
    Key(
        "payments_diff",
        "d",
        "diff",
        "diff",
        "the two marked, step by step, or the selected and the one before",
        "payments",
        True,
    ),
    Key("diff_next", "n", "walk(1)", "next ✗", "next unexpected difference", "diff", True),
    Key("diff_previous", "N", "walk(-1)", "previous ✗", "the one before", "diff"),
    Key("diff_all", "a", "everything", "all", "also what differs in any two runs", "diff", True),
    Key("list_choose", "enter", "choose", "show", "go there", "list", True, "enter"),
    Key("lane_shrink", "s", "shrink", "shrink", "the lane narrow, or wide again", "lanes", False, "s"),
    Key("lane_left", "left,h", "shift(-1)", "left", "the lane to the left, within its side", "lanes", False, "h ←"),
    Key("lane_right", "right,l", "shift(1)", "right", "the lane to the right", "lanes", False, "l →"),
    Key("lane_rename", "r", "rename", "rename", "another name for the lane", "lanes", False, "r"),
    Key("lane_unused", "u", "unused", "unused", "shrink all lanes that nobody stands on, or show them", "lanes"),
    Key("lane_reset", "backspace", "reset", "reset", "all as it was in the beginning", "lanes"),
)

PANES = {
    "everywhere": "Everywhere",
    "ladder": "In the ladder",
    "playback": "While a recording is played (open --play)",
    "text": "In the message",
    "list": "In a list",
    "payments": "In the payments",
    "lanes": "In the lanes",
    "diff": "In two payments, step by step",
}


def app_bindings() -> list[BindingType]:
    """What the app itself does, on every screen."""
    return [Binding(key.keys, key.action[4:], key.title, show=False, id=key.id) for key in KEYS if key.id in _APPS]


_APPS = frozenset({"help", "palette", "jump", "theme"})


def bindings(pane: str) -> list[BindingType]:
    """Textual's bindings of one pane."""
    return [_binding(key) for key in KEYS if key.pane == pane and key.id != "palette"]


def _binding(key: Key) -> Binding:
    return Binding(key.keys, key.action, key.title, show=key.footer, key_display=key.shown, id=key.id)


# the moment -> what the footer of the home screen shows then, beside the palette's key
MOMENTS: Mapping[str, tuple[str, ...]] = {
    "empty": ("help", "copy", "break", "theme", "quit"),
    "waiting": ("help", "let_go", "edit", "drop", "stay", "let_all_go", "open"),
    "message": ("help", "back", "copy", "body", "lifeline", "search", "edit"),
    "marked": ("help", "filter", "next", "open", "next_mark", "compare", "lifeline"),
    "live": ("help", "filter", "next", "open", "payments", "lifeline", "break"),
    "recorded": ("help", "filter", "next", "open", "payments", "compare", "replay"),
}
_QUIET = frozenset({"filter", "payments", "lifeline", "compare"})  # for the keys that play
_TAKEN_OVER = frozenset({("mark", "play")})
_PLAYING: Mapping[str, Mapping[str, Any]] = {  # what differs then; two keys share a place in the footer
    "mark": {"keys": "m"},
    "seek_back": {"shown": "[ ]", "title": "seek"},
    "slower": {"shown": "< >", "title": "speed"},
}


def playing() -> list[BindingType]:
    """The bindings of the home screen while a recording is played: the footer has room for what steers it."""
    own = [key for key in KEYS if key.pane == "playback"]
    others = [replace(key, footer=key.footer and key.id not in _QUIET) for key in KEYS if key.pane == "everywhere"]
    return [_binding(replace(key, **_PLAYING.get(key.id, {}))) for key in (*own, *others) if key.id != "palette"]


def written(key: Key, keymap: Mapping[str, str] | None = None) -> str:
    """The keys of an action as they are written for people."""
    if keymap is None or key.id not in keymap:
        return key.shown or " ".join(map(_written, _each(key.keys)))
    return " ".join(map(_written, _each(keymap[key.id])))


_WRITTEN = {
    "question_mark": "?",
    "slash": "/",
    "escape": "esc",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "down": "↓",
    "up": "↑",
    "plus": "+",
    "left": "←",
    "right": "→",
}


def _written(key: str) -> str:
    return _WRITTEN.get(key) or (f"^{key.removeprefix('ctrl+')}" if key.startswith("ctrl+") else key)


# name -> what differs from the keys above
KEYMAPS: Mapping[str, Mapping[str, str]] = {
    "vim": {},
    "arrows": {
        "down": "down",
        "up": "up",
        "first": "home",
        "last": "end",
        "text_down": "down",
        "text_up": "up",
        "text_first": "home",
        "text_last": "end",
        "next_link": "right",
        "previous_link": "left",
        "list_down": "down",
        "list_up": "up",
        "list_first": "home",
        "list_last": "end",
    },
    "sngrep": {
        "help": "h,f1,question_mark",
        "filter": "slash,f3,f7",
        "split": "x",
        "export": "s,f2",
        "theme": "c,f8",
        "scorecard": "C",
        "raw": "R,6",
        "reveal": "X",
        "lanes": "t,f10",
        "previous_link": "left",
        "next_link": "right",
    },
}


def keymap_of(name: str, own: Mapping[str, str]) -> dict[str, str]:
    """A keymap (empty: the default) with the user's own keys over it, by action id.

    Raises:
        Usage: there is no such keymap; an unknown action, or one key for two actions.
    """
    name = name or next(iter(KEYMAPS))
    if name not in KEYMAPS:
        near = get_close_matches(name, KEYMAPS, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(KEYMAPS)}."
        raise Usage(f"There is no keymap called {safe(name)}", remedy=hint)
    keymap = {**KEYMAPS[name], **own}
    check_keymap(keymap)
    return keymap


def check_keymap(keymap: Mapping[str, str]) -> None:
    """See that the user's own keys name known actions and don't clash.

    Raises:
        Usage: an unknown action, or one key for two actions where both can be meant.
    """
    known = {key.id: key for key in KEYS}
    for name in keymap:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
            raise Usage(f"There is no action called {safe(name)}", remedy=hint)
    for panes in (
        ("everywhere", "ladder", "playback"),
        ("text",),
        ("list", "lanes"),
        ("list", "payments"),
        ("list", "diff"),
    ):  # a text or a list may take a key over
        taken: dict[str, str] = {}
        for key in KEYS:
            for one in _each(keymap.get(key.id, key.keys)) if key.pane in panes else ():
                other = taken.setdefault(one, key.id)
                if other != key.id and (other, key.id) not in _TAKEN_OVER:
                    title = f"The key {safe(one)} is wanted by both {other} and {key.id}"
                    raise Usage(title, remedy="Give one of them another.")


def _each(keys: str) -> Iterable[str]:
    return (part.strip() for part in keys.split(",") if part.strip())
