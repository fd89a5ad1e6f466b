"""Errors and warnings as data.

Each thing that can be wrong is a frozen dataclass of its own, in the `errors.py` of its stage: class-level
texts are format strings over its fields, so that the raise site carries data and the wording can be read as
prose. `Reporter` collects them; a stage ends with `Reporter.check()`, so that all errors of a stage are seen
together. Rendering is the business of `contra.render` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, ClassVar

from contra.source import Span


class Severity(Enum):
    """How bad it is: an error stops the compilation, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Label:
    """A further place that belongs to a diagnostic, with what is to be said there."""

    span: Span
    text: str


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """Base of all user errors and warnings.

    Subclasses set `code` (stable, `CTRnnnn`) and `title`, and may set `label` (said under the carets), `notes`
    and `helps`; each text is a format string over the dataclass's own fields. What needs more than a format string
    overrides `title_text`, `label_text`, `note_texts`, `help_texts`, `secondary` or `data`.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    title: ClassVar[str]
    label: ClassVar[str] = ""
    notes: ClassVar[tuple[str, ...]] = ()
    helps: ClassVar[tuple[str, ...]] = ()

    span: Span | None = None

    def _fields(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def title_text(self) -> str:
        """The one-line message."""
        return self.title.format_map(self._fields())

    def label_text(self) -> str:
        """What stands under the primary carets; may be empty."""
        return self.label.format_map(self._fields())

    def note_texts(self) -> tuple[str, ...]:
        """Facts that help to understand the message."""
        return tuple(note.format_map(self._fields()) for note in self.notes)

    def help_texts(self) -> tuple[str, ...]:
        """What to do about it."""
        return tuple(text.format_map(self._fields()) for text in self.helps)

    def secondary(self) -> tuple[Label, ...]:
        """Further places, possibly in other files."""
        return ()

    def data(self) -> dict[str, Any]:
        """Machine-readable extras for `--error-format json` (a `witness`, say); JSON types only."""
        return {}


class CompileError(Exception):
    """The input is wrong; carries every diagnostic of the stage that found out, warnings included."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("; ".join(d.title_text() for d in diagnostics))
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)


class InternalError(Exception):
    """Contra broke one of its own rules: our bug, never the user's."""


class Reporter:
    """Collects the diagnostics of a compilation."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic; the same one twice is kept once."""
        if diagnostic not in self.diagnostics[-64:]:
            self.diagnostics.append(diagnostic)

    @property
    def has_errors(self) -> bool:
        """Whether any error was reported so far."""
        return any(d.severity is Severity.ERROR for d in self.diagnostics)

    def check(self) -> None:
        """End of a stage: raise `CompileError` with all that was reported if there is an error in it."""
        if self.has_errors:
            raise CompileError(self.diagnostics)
