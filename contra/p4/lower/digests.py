"""Finds the digests of a program, to give them room in the PHV."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from contra.p4 import typed
from contra.p4.lower.places import width_of


def digest_widths(program: typed.Program) -> list[int]:
    """Per position the width of the widest scalar that any digest has there."""
    widths: list[int] = []
    for control in (program.ingress, program.egress):
        for node in chain(_walk(control.body), _tables(control.tables)):
            if isinstance(node, typed.Digest):
                for position, width in enumerate(_scalars(node.data)):
                    widths[position:] = [max(width, *widths[position : position + 1], 1), *widths[position + 1 :]]
    return widths


def _scalars(data: tuple[typed.Expression, ...]) -> Iterator[int]:
    for item in data:
        if isinstance(item, typed.ListValue):
            yield from _scalars(item.items)
        else:
            yield from _widths(item.type)


def _widths(kind: typed.Type) -> Iterator[int]:
    if isinstance(kind, typed.HeaderType | typed.StructType):
        for field in kind.fields:
            yield from _widths(field.type)
    elif isinstance(kind, typed.StackType):
        for _ in range(kind.size):
            yield from _widths(kind.header)
    else:
        yield width_of(kind)


def _walk(body: tuple[typed.Statement, ...]) -> Iterator[typed.Statement]:
    """All statements below, those of actions and sub-controls too."""
    for node in body:
        yield node
        match node:
            case typed.If():
                yield from _walk(node.yes)
                yield from _walk(node.no)
            case typed.Block():
                yield from _walk(node.body)
            case typed.CallAction():
                yield from _walk(node.action.body)
            case typed.ApplyControl():
                yield from _walk(node.control.body)
                yield from _tables(node.control.tables)
            case typed.ApplyTable():
                yield from _tables((node.table,))
            case typed.Switch():
                if isinstance(node.subject, typed.Table):
                    yield from _tables((node.subject,))
                for case in node.cases:
                    yield from _walk(case.body)


def _tables(tables: tuple[typed.Table, ...]) -> Iterator[typed.Statement]:
    for table in tables:
        for use in table.actions:
            yield from _walk(use.action.body)
