"""Typed programs by hand: tables and actions without text, for tests that need no front end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contra.p4.typed import (
    Action,
    ActionUse,
    Bits,
    Constant,
    ConstEntry,
    Control,
    Key,
    MatchKind,
    Parser,
    Program,
    Scalar,
    State,
    StructType,
    Table,
    Variable,
)
from contra.source import SourceFile, Span


class Declared:
    """Declarations of a made-up P4 file; every name stands somewhere in its text."""

    def __init__(self) -> None:
        self.text = ""
        self.places: list[tuple[object, int, int]] = []

    def span(self, word: str) -> Span:
        start = len(self.text)
        self.text += word + "\n"
        self.file = SourceFile("program.p4", self.text)
        return self.file.span(start, start + len(word))


def action(name: str, declared: Declared, **data: Scalar | int) -> Action:
    span = declared.span(f"action {name.rpartition('.')[2]}")
    kinds = {key: Bits(kind) if isinstance(kind, int) else kind for key, kind in data.items()}
    return Action(name, tuple(Variable(key, kind, span) for key, kind in kinds.items()), (), span)


def table(
    name: str,
    declared: Declared,
    keys: Mapping[str, tuple[MatchKind, Scalar | int]],
    actions: Sequence[Action | ActionUse],
    *,
    size: int = 64,
    constant_default: bool = False,
    entries: tuple[ConstEntry, ...] | None = None,
) -> Table:
    span = declared.span(f"table {name.rpartition('.')[2]}")
    uses = tuple(each if isinstance(each, ActionUse) else ActionUse(each) for each in actions)
    return Table(
        name=name,
        keys=tuple(
            Key(Constant(Bits(kind) if isinstance(kind, int) else kind, 0, span), match, key)
            for key, (match, kind) in keys.items()
        ),
        actions=uses,
        default=uses[-1].action,
        default_arguments=(),
        constant_default=constant_default,
        entries=entries,
        size=size,
        span=span,
    )


def program(tables: Sequence[Table], errors: tuple[str, ...] = ("NoError",)) -> Program:
    span = tables[0].span
    empty = Control("C", (), (), (), span)
    return Program(
        headers=StructType("headers", ()),
        metadata=StructType("metadata", ()),
        parser=Parser("P", (), (), {"start": State("start", (), (), (), span)}, span),
        verify=empty,
        ingress=Control("ContraIngress", (), (), tuple(tables), span),
        egress=empty,
        compute=empty,
        deparser=empty,
        registers=(),
        counters=(),
        tables=tuple(tables),
        errors=errors,
        packet_in_header=None,
        packet_out_header=None,
    )
