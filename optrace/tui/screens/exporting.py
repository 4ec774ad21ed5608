"""Give out what the ladder shows: a list of formats, then a place for the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from optrace.core.errors import CannotStart
from optrace.core.masking import Secrets
from optrace.core.text import safe
from optrace.diagram.segments import Segment
from optrace.session.trace import Trace
from optrace.tui.bridge import Bridge
from optrace.tui.questions import EVERYTHING, Question
from optrace.tui.screens.looking import Looking
from optrace.tui.screens.sheet import Sheet
from optrace.tui.widgets.choices import Choice, Choices

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from optrace.exporters import Exporter, Material

type Export = Callable[[Exporter, Material, Path], None]  # writes it; raises OptraceError

_NAME = 11  # cells


def nowhere(exporter: Exporter, material: Material, path: Path) -> None:
    """Where nothing can be written. Raises CannotStart."""
    raise CannotStart("Nothing can be written from here", remedy="Use `optrace export`.")


class Exporting(Looking):
    """A screen whose messages can be given out."""

    write_export: Export

    def action_export(self) -> None:
        """What is shown, in a format and to a file that the user chooses."""
        view, session = self.ladder.view, self._session()
        if session is None:
            return
        with self.bridge.lock:
            numbers = [view.n_at(position) for position in range(len(view))]
        if not numbers:
            self.notify("There is nothing to export yet.", timeout=3)
            return

        def chosen(index: int | None) -> None:
            if index is None:
                return
            from optrace.exporters import EXPORTERS

            exporter = tuple(EXPORTERS)[index]

            def named(path: str | None) -> None:
                if path is not None:
                    self._export(session, exporter, numbers, Path(path).expanduser())

            self.app.push_screen(PlaceScreen(exporter, self._file_name(exporter)), named)

        self.app.push_screen(ExportScreen(self.bridge, len(numbers), masked=not self.revealed), chosen)

    def _file_name(self, exporter: Exporter) -> str:
        payment = self.ladder.view.payment
        part = "" if payment is None else f"-payment-{payment}"
        return f"{safe(Path(self.bridge.source.name).stem)}{part}{exporter.suffix}"

    def _export(self, session: Trace, exporter: Exporter, numbers: list[int], path: Path) -> None:
        source, secrets = self.bridge.source, None if self.revealed else Secrets()
        profile, write = self.profile, self.write_export

        def work(breathe: Callable[[], None]) -> int:
            if secrets is not None:
                for n in range(1, len(session) + 1):
                    breathe()
                    if session.has(n):
                        secrets.learn(source.exchange(n))
            from optrace.exporters import Material

            material = Material(
                trace=session,
                lookup=source.exchange,
                numbers=[n for n in numbers if session.has(n)],
                source=source.name,
                secrets=secrets,
                profile=profile,
                notes=self.bridge.notes,
                marks=frozenset(self.bridge.marks),
                damage=source.damage,
                progress=lambda done: breathe(),
            )
            write(exporter, material, path)
            return len(material.numbers)

        def reply(count: int | None, why: str) -> None:
            if count is None:
                self.notify(safe(why), title=f"{exporter.name} was not written", severity="warning", markup=False)
            else:
                masked = "" if secrets is None else ", secrets masked"
                what = "1 message" if count == 1 else f"{count:,} messages"
                self.notify(f"{what} written to {safe(str(path))}{masked}.", timeout=6, markup=False)

        self.notify(f"Writing {exporter.name} ...", timeout=2)
        self.bridge.ask(Question("export", work, reply, until=EVERYTHING))


class ExportScreen(Sheet):
    """Comes back with the place of a format in `EXPORTERS`, or None."""

    def __init__(self, bridge: Bridge, count: int, *, masked: bool) -> None:
        self.list = Choices()
        super().__init__(bridge, "export", self.list)
        self._count = count
        self._masked = masked
        self.add_class("-small")

    def on_mount(self) -> None:
        """The formats."""
        from optrace.exporters import EXPORTERS

        super().on_mount()
        what = "the message" if self._count == 1 else f"the {self._count:,} messages"
        self.head(f"export {what} shown, {'with secrets masked' if self._masked else 'secrets and all'}")
        self.list.offer(
            [
                Choice([Segment(f" {exporter.name:<{_NAME}}", "title"), Segment(exporter.title, "text")], index)
                for index, exporter in enumerate(EXPORTERS)
            ],
            cursor=0,
        )

    @on(Choices.Chosen)
    def _chosen(self, message: Choices.Chosen) -> None:
        self.dismiss(message.value)


class PlaceScreen(ModalScreen[str | None]):
    """Comes back with the path of the file, or None."""

    CSS_PATH = "naming.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back")]

    def __init__(self, exporter: Exporter, name: str) -> None:
        super().__init__()
        self._exporter = exporter
        self._name = name

    def compose(self) -> ComposeResult:
        """The sheet."""
        sheet = Vertical(id="naming")
        sheet.border_title = f"{self._exporter.name} to a file"
        with sheet:
            yield Input(self._name, placeholder="a file", id="name", select_on_focus=False)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        there = bool(event.value.strip()) and Path(event.value.strip()).expanduser().exists()
        what = "there is such a file; enter takes its place" if there else "enter writes it"
        self.query_one("#naming").border_subtitle = f"{what}, esc leaves"

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)
