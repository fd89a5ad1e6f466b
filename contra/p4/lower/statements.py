"""Statements -> code."""

from __future__ import annotations

from collections.abc import Iterable

from contra.p4 import abi, typed
from contra.p4.code import (
    Binary,
    Const,
    CounterAdd,
    EmitBytes,
    If,
    RegisterLoad,
    RegisterStore,
    Resize,
    Set,
    Skip,
    Statement,
    Switch,
    Value,
)
from contra.p4.lower import externs
from contra.p4.lower.assign import assign, declare, set_validity, shift_stack, store
from contra.p4.lower.calls import call
from contra.p4.lower.context import Context
from contra.p4.lower.places import HeaderPlace, ScalarPlace, headers, width_of
from contra.p4.lower.tables import apply_table
from contra.p4.lower.values import negated, place, value


def statements(context: Context, body: Iterable[typed.Statement]) -> None:
    """Translate statements one after the other into the body being written."""
    for each in body:
        statement(context, each)


def statement(context: Context, node: typed.Statement) -> None:
    """Translate one statement."""
    match node:
        case typed.Declare():
            declare(context, node)
        case typed.Assign():
            assign(context, node.target, node.value)
        case typed.If():
            _if(context, node)
        case typed.Block():
            statements(context, node.body)
        case typed.Switch():
            _switch(context, node)
        case typed.Leave():
            context.leave(node.which == "exit")
        case typed.CallAction():
            call(context, node.action.parameters, node.arguments, node.action.body)
        case typed.ApplyTable():
            apply_table(context, node.table)
        case typed.ApplyControl():
            call(context, node.control.parameters, node.arguments, node.control.body)
        case typed.SetValidity():
            set_validity(context, node)
        case typed.ShiftStack():
            shift_stack(context, node)
        case _:
            _extern(context, node)


def _extern(context: Context, node: typed.Statement) -> None:
    match node:
        case typed.RegisterRead():
            _register_read(context, node)
        case typed.RegisterWrite():
            index = _register_index(context, node)
            number = context.shared.registers[node.register]
            context.emit(RegisterStore(number, index, value(context, node.value)))
        case typed.Count():
            index = Resize(32, value(context, node.index))
            context.emit(CounterAdd(context.shared.counters[node.counter], index))
        case typed.Extract() | typed.Advance() | typed.Verify():
            _parse_step(context, node)
        case typed.Emit():
            _emit(context, node)
        case _:
            externs.extern(context, node)


def _if(context: Context, node: typed.If) -> None:
    condition = value(context, node.condition)
    with context.body() as yes:
        statements(context, node.yes)
    with context.body() as no:
        statements(context, node.no)
    context.emit(If(condition, tuple(yes), tuple(no)))


def _switch(context: Context, node: typed.Switch) -> None:
    subject: Value
    if isinstance(node.subject, typed.Table):
        _, subject = apply_table(context, node.subject)
        numbers = {use.action: position for position, use in enumerate(node.subject.actions)}
    else:
        subject, numbers = context.spill(value(context, node.subject)), {}
    cases: list[tuple[int, tuple[Statement, ...]]] = []
    default: tuple[Statement, ...] = ()
    for case in node.cases:
        with context.body() as block:
            statements(context, case.body)
        for label in case.labels:
            if isinstance(label, typed.Constant):
                cases.append((label.value & ((1 << subject.width) - 1), tuple(block)))
            else:
                cases.append((numbers[label], tuple(block)))
        if case.default:
            default = tuple(block)
    context.emit(Switch(subject, tuple(cases), default))


# ------------------------------------------------------------------------------------------------ registers


def _register_index(context: Context, node: typed.RegisterRead | typed.RegisterWrite) -> Value:
    index = context.spill(Resize(32, value(context, node.index)))
    inside = Binary(1, "ult", index, Const(32, node.register.size))
    if isinstance(index, Const):
        if index.value < node.register.size:
            return index
        inside = Binary(1, "ult", Const(1, 0), Const(1, 0))
    context.fault(negated(inside), abi.FAULT_REGISTER_INDEX, node.span)
    return index


def _register_read(context: Context, node: typed.RegisterRead) -> None:
    index = _register_index(context, node)
    cell = context.local(node.register.cell.width, "cell")
    number = context.shared.registers[node.register]
    found = place(context, node.target) if isinstance(node.target, typed.VariableRef) else None
    context.emit(Set(cell, found.target if isinstance(found, ScalarPlace) else Const(cell.width, 0)))
    context.emit(RegisterLoad(number, cell, index))
    store(context, node.target, cell)


# ------------------------------------------------------------------------------------------------ packets


def _parse_step(context: Context, node: typed.Extract | typed.Advance | typed.Verify) -> None:
    from contra.p4.lower import parser

    match node:
        case typed.Extract():
            parser.extract(context, node)
        case typed.Advance():
            bits = Resize(32, value(context, node.bits))
            amount = context.spill(Binary(32, "lshr", bits, Const(32, 3)))
            parser.need(context, amount, node.span)
            context.emit(Skip(amount))
        case typed.Verify():
            condition = value(context, node.condition)
            with context.body() as block:
                parser.reject(context, node.error)
            context.emit(If(negated(condition), tuple(block)))


def _emit(context: Context, node: typed.Emit) -> None:
    if isinstance(node.value, typed.ListValue):
        for item in node.value.items:
            _emit(context, typed.Emit(item, node.span))
        return
    for each in headers(place(context, node.value)):
        _emit_header(context, each)


def _emit_header(context: Context, place_: HeaderPlace) -> None:
    if place_.fields:
        context.emit(If(place_.valid, (EmitBytes(tuple(place_.fields.values())),)))


def bits_of(kind: typed.HeaderType) -> int:
    """Size of a header on the wire, in bits."""
    return sum(width_of(each.type) for each in kind.fields)
