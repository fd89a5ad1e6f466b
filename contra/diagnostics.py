"""Errors and warnings as data.

Each thing that can be wrong is a frozen dataclass of its own, in the `errors.py` of its stage: class-level
texts are format strings over its fields, so that the raise site carries data and the wording can be read as
prose. `Reporter` collects them; a stage ends with `Reporter.check()`, so that all errors of a stage are seen
together. Rendering is the business of `contra.render` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, dataclass_transform

from contra.source import Span

_MAX_SHOWN = 60
_MAX_REPORTED = 100


class Severity(Enum):
    """How bad it is: an error stops the compilation, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Label:
    """A further place that belongs to a diagnostic, with what is to be said there."""

    span: Span
    text: str


@dataclass_transform(kw_only_default=True, frozen_default=True)
class _Record:
    """A frozen dataclass with keyword arguments only, without generated methods.

    Fields are the annotated names without `ClassVar`. Generating the methods of two hundred dataclasses would cost a
    fifth of the start-up time of every compilation.
    """

    __field_names__: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = [name for name, kind in cls.__annotations__.items() if "ClassVar" not in str(kind)]
        inherited = cls.__field_names__
        cls.__field_names__ = (*inherited, *(name for name in own if name not in inherited))

    def __init__(self, **values: Any) -> None:
        names = self.__field_names__
        unknown = values.keys() - set(names)
        missing = [name for name in names if name not in values and not hasattr(type(self), name)]
        if unknown or missing:
            raise TypeError(f"{type(self).__name__}: unknown {sorted(unknown)}, missing {missing}")
        self.__dict__.update({name: values.get(name, getattr(type(self), name, None)) for name in names})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *(repr(value) for value in self.__dict__.values())))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({fields})"


class Diagnostic(_Record):
    """Base of all user errors and warnings.

    Subclasses set `code` (stable, `CTRnnnn`) and `title`, and may set `label` (said under the carets), `notes` and
    `helps`; each text is a format string over the class's own fields. What needs more than a format string overrides
    `title_text`, `label_text`, `note_texts`, `help_texts`, `secondary` or `data`.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    title: ClassVar[str]
    label: ClassVar[str] = ""
    notes: ClassVar[tuple[str, ...]] = ()
    helps: ClassVar[tuple[str, ...]] = ()

    span: Span | None = None

    def _fields(self) -> dict[str, Any]:
        return self.__dict__

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


def shown(text: str) -> str:
    """`text` made fit for a message: printable and short."""
    if len(text) > _MAX_SHOWN:
        text = text[:_MAX_SHOWN] + "..."
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def report(reporter: Reporter, diagnostic: Diagnostic) -> None:
    """Report; give up with `CompileError` after the hundredth: a huge file may be wrong in every line."""
    reporter.report(diagnostic)
    if len(reporter.diagnostics) >= _MAX_REPORTED:
        reporter.check()
