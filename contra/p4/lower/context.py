"""What the translation of one function knows: storage, variables in scope, the body being written, ways out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from contra.p4 import abi, typed
from contra.p4.code import Binary, Body, Break, Const, If, Local, Set, Statement, Value, Word
from contra.p4.lower.places import Place, Target
from contra.source import Span


@dataclass(frozen=True)
class Shared:
    """What all functions of a program have in common."""

    program: typed.Program
    headers: Place
    metadata: Place
    standard: Place
    registers: dict[typed.Register, int]
    counters: dict[typed.Counter, int]
    tables: dict[typed.Table, int]
    digest: tuple[Word, ...]
    strict: bool
    places: list[str]
    hidden: list[str]
    """Registers of one 64-bit cell that no text declares, behind those of the program."""

    def hidden_register(self, name: str) -> int:
        """The number of a register that no text declares."""
        if name not in self.hidden:
            self.hidden.append(name)
        return len(self.program.registers) + self.hidden.index(name)

    def place_of(self, span: Span) -> int:
        """The number of a place in the text, for faults."""
        text = str(span)
        if text not in self.places:
            self.places.append(text)
        return self.places.index(text)


@dataclass
class Frame:
    """A control, action or pipeline being inlined: its way out and what has to be copied out on the way."""

    label: int
    pipeline: bool = False
    used: bool = False
    copies: list[Statement] = field(default_factory=list)


class Context:
    """Writes one function. `block` is the body that statements go to."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.block: list[Statement] = []
        self.scope: dict[typed.Variable, Place] = {}
        self.frames: list[Frame] = []
        self.states: dict[str, int] = {}
        self._locals = 0
        self._labels = 0
        self.lookups = 0

    # ------------------------------------------------------------------------------ storage

    def local(self, width: int, name: str = "") -> Local:
        """A new local variable."""
        self._locals += 1
        return Local(width, self._locals, name)

    def allocate(self, width: int, name: str) -> Target:
        """A new local variable, cleared."""
        target = self.local(width, name)
        self.emit(Set(target, Const(width, 0)))
        return target

    def spill(self, value: Value) -> Value:
        """The value as it is now, whatever is written later."""
        if isinstance(value, Const):
            return value
        target = self.local(value.width)
        self.emit(Set(target, value))
        return target

    def label(self) -> int:
        """A new scope label."""
        self._labels += 1
        return self._labels

    # ------------------------------------------------------------------------------ bodies

    def emit(self, *statements: Statement) -> None:
        """Append to the body being written."""
        self.block.extend(statements)

    @contextmanager
    def body(self) -> Iterator[list[Statement]]:
        """Statements of the `with` block go to the list that it yields."""
        outer, self.block = self.block, []
        try:
            yield self.block
        finally:
            self.block = outer

    # ------------------------------------------------------------------------------ ways out

    def leave(self, whole_pipeline: bool) -> None:
        """`return` (of the innermost frame) or `exit` (of the pipeline), copying out what is due."""
        for frame in reversed(self.frames):
            self.emit(*frame.copies)
            if frame.pipeline or not whole_pipeline:
                frame.used = True
                self.emit(Break(frame.label))
                return

    # ------------------------------------------------------------------------------ strict mode

    def fault(self, condition: Value, code: int, span: Span) -> None:
        """In strict mode: note the first fault of a packet, if the condition holds."""
        if not self.shared.strict:
            return
        note: Body = (
            Set(Word(64, abi.FAULT), Const(64, code)),
            Set(Word(64, abi.FAULT_PLACE), Const(64, self.shared.place_of(span))),
        )
        first = Binary(1, "eq", Word(64, abi.FAULT), Const(64, abi.FAULT_NONE))
        self.emit(If(Binary(1, "and", condition, first), note))
