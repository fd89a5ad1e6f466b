"""Names -> what they stand for: switches, attributes, and the `let`s in force."""

from __future__ import annotations

from dataclasses import dataclass, field

from contra.check.errors import LetHidesSwitch, UnknownAttribute, UnknownName, UnknownSwitch, UnusedLet
from contra.check.model import AttributeInfo, Combine
from contra.check.typed import Typed, TypedRegex
from contra.diagnostics import Reporter
from contra.source import Span
from contra.suggest import nearest
from contra.syntax import ast
from contra.topology.model import Topology

BUILT_IN = (
    AttributeInfo("len", Combine.SUM, "links"),
    AttributeInfo("lat", Combine.SUM, "us"),
    AttributeInfo("util", Combine.MAX, "fractions of the capacity"),
)
_MAX_SUGGESTIONS = 20
_MAX_LISTED = 12
_MAX_UNKNOWN = 100
_MAX_SHOWN = 40
_SPELLINGS = ("util", "len", "lat", "length", "latency")


@dataclass(slots=True)
class Binding:
    """A `let` in force."""

    value: Typed | TypedRegex
    used: bool = field(default=False)


@dataclass(slots=True)
class Names:
    """All that names can mean. Reports each unknown switch once."""

    topology: Topology
    reporter: Reporter
    attributes: dict[str, AttributeInfo] = field(init=False)
    lets: dict[str, list[Binding]] = field(init=False, default_factory=dict)
    unknown: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        declared = (
            AttributeInfo(d.name, Combine(d.combine), d.unit)
            for d in sorted(self.topology.declarations, key=lambda d: d.name)
        )
        self.attributes = {info.name: info for info in (*BUILT_IN, *declared)}

    # -------------------------------------------------------------------------------------------- lets

    def push(self, let: ast.Let, value: Typed | TypedRegex) -> None:
        """The `let` comes into force."""
        if let.name in self.topology.by_name:
            switch = self.topology.switches[self.topology.by_name[let.name]]
            self.reporter.report(LetHidesSwitch(name=shorten(let.name), switch_span=switch.span, span=let.name_span))
        self.lets.setdefault(let.name, []).append(Binding(value))

    def pop(self, let: ast.Let) -> None:
        """The `let` ends."""
        if not self.lets[let.name].pop().used:
            self.reporter.report(UnusedLet(name=shorten(let.name), span=let.name_span))

    def bound(self, name: str) -> Typed | TypedRegex | None:
        """What the innermost `let` of that name stands for."""
        bindings = self.lets.get(name)
        if not bindings:
            return None
        bindings[-1].used = True
        return bindings[-1].value

    def number(self, name: str, span: Span) -> Typed | None:
        """What a variable stands for, reported where there is none."""
        value = self.bound(name)
        if isinstance(value, Typed):
            return value
        numbers = [let for let, stack in self.lets.items() if stack and isinstance(stack[-1].value, Typed)]
        near = nearest(name, numbers)
        if near:
            self.lets[near][-1].used = True
        hint = f"did you mean '{near}'?" if near else "unknown name"
        if value is not None:
            hint = "this is the name of a regex"
        elif name in self.topology.by_name:
            hint = "this is a switch; conditions choose between numbers: if A .* then 0 else 1"
        self.reporter.report(UnknownName(name=shorten(name), hint=hint, span=span))
        return None

    # ---------------------------------------------------------------------------- switches, attributes

    def switch(self, name: str, span: Span) -> str:
        """The topology's name of a switch; an unknown one is reported and stands for itself."""
        index = self.topology.by_name.get(name)
        if index is not None:
            return self.topology.switches[index].name
        if name not in self.unknown and len(self.unknown) < _MAX_UNKNOWN:
            self.unknown.add(name)
            self.reporter.report(self._unknown_switch(name, span))
        return name

    def _unknown_switch(self, name: str, span: Span) -> UnknownSwitch:
        if name in _SPELLINGS:
            advice = f"a number is written path.{name} and compared:  path.{name} < ..."
            return UnknownSwitch(name=name, advice=advice, span=span)
        near = nearest(name, self.topology.by_name) if len(self.unknown) <= _MAX_SUGGESTIONS else None
        if near is None:
            labels = [switch.label for switch in self.topology.switches]
            more = ", ..." if len(labels) > _MAX_LISTED else ""
            some = ", ".join(labels[:_MAX_LISTED]) + more
            return UnknownSwitch(name=shorten(name), some=some, span=span)
        where = self.topology.switches[self.topology.by_name[near]].span
        return UnknownSwitch(name=shorten(name), near=near, near_span=where, span=span)

    def attribute(self, name: str, span: Span) -> AttributeInfo | None:
        """The attribute of that name, reported where there is none."""
        info = self.attributes.get(name)
        if info is None:
            known = ", ".join(sorted(self.attributes))
            near = nearest(name, [*self.attributes, "latency", "length"]) or ""
            self.reporter.report(UnknownAttribute(name=shorten(name), near=near, known=known, span=span))
        return info


def shorten(name: str) -> str:
    """A name for messages."""
    return name if len(name) <= _MAX_SHOWN else f"{name[: _MAX_SHOWN - 3]}..."
