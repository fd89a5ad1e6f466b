"""Names and what they stand for, and what the checker carries along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from contra.diagnostics import CompileError, Diagnostic, Reporter
from contra.p4 import typed
from contra.p4.front import errors, tree
from contra.source import SourceFile, Span

MAX_DEPTH = 100
"""Levels of nested expressions and statements."""
_MOST_ERRORS = 50


class Refused(Exception):
    """What is being read is wrong and has been reported; the next declaration or statement may be right."""


@dataclass(frozen=True, eq=False)
class Int:
    """A constant of arbitrary precision: the type `int`, known only while the program is compiled."""

    value: int
    span: Span

    @property
    def type(self) -> str:
        """As said in messages."""
        return "int"


Value = typed.Expression | Int


@dataclass(frozen=True, eq=False)
class TypeName:
    """A type. `members` are the values of a serializable enum; `enumeration` is its name, else empty."""

    type: typed.Type | Literal["int"]
    members: dict[str, int] = field(default_factory=dict)
    enumeration: str = ""


@dataclass(frozen=True, eq=False)
class ConstantName:
    """A constant."""

    value: Value


@dataclass(frozen=True, eq=False)
class Packet:
    """A parameter of type packet_in or packet_out."""

    kind: str


@dataclass(frozen=True, eq=False)
class ControlType:
    """A control that can be instantiated."""

    node: tree.Control


@dataclass(frozen=True, eq=False)
class ParserType:
    """A parser that can be instantiated."""

    node: tree.Parser


@dataclass(frozen=True, eq=False)
class Builtin:
    """A function of v1model, or something of it that is not supported."""

    name: str


@dataclass(frozen=True, eq=False)
class Broken:
    """Something whose declaration is wrong; uses of it say nothing more."""


Entity = (
    TypeName
    | ConstantName
    | Packet
    | ControlType
    | ParserType
    | Builtin
    | Broken
    | typed.Variable
    | typed.Register
    | typed.Counter
    | typed.Action
    | typed.Table
    | typed.Control
)

KINDS: dict[type, str] = {
    TypeName: "a type",
    ConstantName: "a constant",
    Packet: "the packet",
    ControlType: "a control type",
    ParserType: "a parser type",
    Builtin: "a function of v1model",
    typed.Variable: "a variable",
    typed.Register: "a register",
    typed.Counter: "a counter",
    typed.Action: "an action",
    typed.Table: "a table",
    typed.Control: "an instance of a control",
}


class Scope:
    """Names of one pair of braces, inside of those around it."""

    __slots__ = ("names", "outer", "places")

    def __init__(self, outer: Scope | None) -> None:
        self.names: dict[str, Entity] = {}
        self.places: dict[str, Span] = {}
        self.outer = outer

    def find(self, name: str) -> Entity | None:
        """What the name stands for here."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None

    def visible(self) -> Iterator[tuple[str, Entity]]:
        """All names, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield from scope.names.items()
            scope = scope.outer


@dataclass(eq=False)
class Shared:
    """What belongs to the whole program while it is read."""

    source: SourceFile
    reporter: Reporter
    outermost: Scope
    registers: list[typed.Register] = field(default_factory=list)
    counters: list[typed.Counter] = field(default_factory=list)
    tables: list[typed.Table] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    names: dict[tuple[str, str], Span] = field(default_factory=dict)
    """Control-plane names by kind, to find two of one name."""
    controller_headers: dict[str, typed.HeaderType] = field(default_factory=dict)
    said: set[tuple[type, int, int]] = field(default_factory=set)
    action_data: set[typed.Variable] = field(default_factory=set)
    read: set[tree.Node] = field(default_factory=set)
    """Controls and parsers with an instance."""
    weights: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Scalars in a header or struct, and levels of nesting, by its name."""
    instances: int = 0
    depth: int = 0


Place = Literal["program", "parser", "control", "action"]


@dataclass(eq=False)
class Env:
    """Where the checker is: the scope, and the sort of declaration around it."""

    shared: Shared
    scope: Scope
    place: Place = "program"
    path: str = ""
    """Instance path of the control or parser around, with a dot at its end; empty at the top."""
    tables: list[typed.Table] = field(default_factory=list)
    """Tables of the control around."""
    main: str = ""
    """Which part of V1Switch this belongs to; empty where none."""

    def inner(self, place: Place | None = None) -> Env:
        """The same place with a scope of its own."""
        return Env(self.shared, Scope(self.scope), place or self.place, self.path, self.tables, self.main)

    def span(self, node: tree.Node | tree.Token) -> Span:
        """The place of a node."""
        return Span(self.shared.source, node.start, node.end)

    def report(self, diagnostic: Diagnostic) -> None:
        """Report once, however many instances of a control say it."""
        span = diagnostic.span
        key = (type(diagnostic), span.start if span else -1, span.end if span else -1)
        if key in self.shared.said:
            return
        self.shared.said.add(key)
        self.shared.reporter.report(diagnostic)
        if len(self.shared.said) >= _MOST_ERRORS and self.shared.reporter.has_errors:
            raise CompileError(self.shared.reporter.diagnostics)

    def refuse(self, diagnostic: Diagnostic) -> Refused:
        """Report, and give what to raise."""
        self.report(diagnostic)
        return Refused()

    def unsupported(self, node: tree.Node | tree.Token, construct: str, instead: str = "") -> Refused:
        """The construct is P4, but not executed."""
        return self.refuse(errors.Unsupported(construct=construct, instead=instead, span=self.span(node)))

    def declare(self, name: tree.Token, entity: Entity) -> None:
        """Give a name a meaning in the innermost scope."""
        scope = self.scope
        if name.text in scope.places:
            self.report(errors.Duplicate(name=name.text, first=scope.places[name.text], span=self.span(name)))
        scope.names[name.text] = entity
        scope.places[name.text] = self.span(name)

    def find(self, name: str, node: tree.Node | tree.Token, kind: str = "name", outermost: bool = False) -> Entity:
        """What a name stands for; raises Refused where nothing."""
        scope = self.shared.outermost if outermost else self.scope
        found = scope.find(name)
        if found is not None and self._later(name, found, node):
            where = " so far: it is declared further down"
            raise self.refuse(errors.UnknownName(kind=kind, name=name, where=where, span=self.span(node)))
        if found is None:
            candidates = tuple(dict.fromkeys(each for each, _ in scope.visible()))
            if kind == "type":
                candidates = tuple(each for each, entity in scope.visible() if isinstance(entity, TypeName))
            raise self.refuse(errors.UnknownName(kind=kind, name=name, candidates=candidates, span=self.span(node)))
        if isinstance(found, Broken):
            raise Refused
        return found

    def _later(self, name: str, found: Entity, node: tree.Node | tree.Token) -> bool:
        """Whether the program declares the name at its top, but behind its use."""
        top = self.shared.outermost
        place = top.places.get(name)
        return place is not None and place.start > node.start and top.names.get(name) is found

    def wrong_kind(self, node: tree.Node | tree.Token, name: str, found: Entity, expected: str) -> Refused:
        """The name stands for something else."""
        kind = KINDS.get(type(found), "something else")
        return self.refuse(errors.WrongKind(name=name, found=kind, expected=expected, span=self.span(node)))

    @contextmanager
    def deeper(self, node: tree.Node) -> Iterator[None]:
        """One more level of nesting."""
        if self.shared.depth >= MAX_DEPTH:
            raise self.refuse(errors.TooDeep(limit=MAX_DEPTH, span=self.span(node)))
        self.shared.depth += 1
        try:
            yield
        finally:
            self.shared.depth -= 1
