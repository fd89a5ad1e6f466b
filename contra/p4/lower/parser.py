"""The parser: states become a machine; errors set parser_error and end it, as v1model does."""

from __future__ import annotations

from contra.p4 import abi, typed
from contra.p4.code import DONE, Binary, Const, Cursor, Fits, If, Jump, Machine, Peek, Resize, Set, Skip, Value, Word
from contra.p4.lower.assign import for_element
from contra.p4.lower.context import Context
from contra.p4.lower.places import WIDTH_OF_INDEX, HeaderPlace, StackPlace, width_of
from contra.p4.lower.tables import matches
from contra.p4.lower.values import both, header, negated, place, value
from contra.source import Span

_ERROR = Word(WIDTH_OF_INDEX, abi.PARSER_ERROR)


def parse(context: Context, parser: typed.Parser) -> None:
    """Run the parser; PARSED is where it stopped."""
    from contra.p4.lower.statements import statements

    statements(context, parser.locals)
    names = ["start", *(name for name in parser.states if name != "start")]
    context.states = {name: number for number, name in enumerate(names)} | {"accept": DONE, "reject": DONE}
    bodies = []
    for name in names:
        with context.body() as block:
            statements(context, parser.states[name].body)
            _transition(context, parser.states[name])
        bodies.append(tuple(block))
    context.emit(Machine(tuple(bodies)), Set(Word(64, abi.PARSED), Resize(64, Cursor())))


def reject(context: Context, error: int) -> None:
    """Stop with an error; the packet goes on to ingress (v1model)."""
    context.emit(Set(_ERROR, Const(WIDTH_OF_INDEX, error)), Jump(DONE))


def need(context: Context, size: Value, span: Span) -> None:
    """The packet must have so many bytes more, and its row must hold them."""
    with context.body() as short:
        reject(context, context.shared.program.errors.index("PacketTooShort"))
    with context.body() as missing:
        context.emit(Set(Word(64, abi.FAULT), Const(64, abi.FAULT_HEAD)))
        context.emit(Set(Word(64, abi.FAULT_PLACE), Const(64, context.shared.place_of(span))))
        reject(context, context.shared.program.errors.index("PacketTooShort"))
    context.emit(If(negated(Fits(size, held=False)), tuple(short)))
    context.emit(If(negated(Fits(size, held=True)), tuple(missing)))


def extract(context: Context, node: typed.Extract) -> None:
    """`packet.extract(header)`; `stack.next` moves the stack's cursor on."""
    if isinstance(node.header, typed.StackCursor) or (
        isinstance(node.header, typed.Element) and not isinstance(node.header.index, typed.Constant)
    ):
        _extract_element(context, node)
        return
    _fill(context, header(context, node.header), node.span)


def _extract_element(context: Context, node: typed.Extract) -> None:
    assert isinstance(node.header, typed.StackCursor | typed.Element)
    stack = place(context, node.header.base)
    assert isinstance(stack, StackPlace)
    following = isinstance(node.header, typed.StackCursor)
    if following:
        with context.body() as full:
            reject(context, context.shared.program.errors.index("StackOutOfBounds"))
        full_now = Binary(1, "ule", Const(32, len(stack.elements)), stack.next)
        context.emit(If(full_now, tuple(full)))
    for condition, element in for_element(context, node.header):
        with context.body() as block:
            _fill(context, element, node.span)
        context.emit(If(condition, tuple(block)))
    if following:
        context.emit(Set(stack.next, Binary(32, "add", stack.next, Const(32, 1))))


def _fill(context: Context, target: HeaderPlace, span: Span) -> None:
    bits = sum(width_of(field.type) for field in target.type.fields)
    need(context, Const(32, bits // 8), span)
    context.emit(Set(target.valid, Const(1, 1)))
    offset = 0
    for field in target.fields.values():
        context.emit(Set(field, Peek(field.width, offset)))
        offset += field.width
    context.emit(Skip(Const(32, bits // 8)))


# ------------------------------------------------------------------------------------------------ transitions


def _transition(context: Context, state: typed.State) -> None:
    if not state.select:
        _go(context, state.cases[0].target)
        return
    subjects = tuple(context.spill(value(context, each)) for each in state.select)
    for case in state.cases:
        condition: Value = Const(1, 1)
        for subject, wanted in zip(subjects, case.keys, strict=True):
            if wanted is not None:
                condition = (
                    both(condition, matches(subject, wanted)) if condition != Const(1, 1) else matches(subject, wanted)
                )
        if condition == Const(1, 1):
            _go(context, case.target)
            return
        with context.body() as block:
            _go(context, case.target)
        context.emit(If(condition, tuple(block)))
    _go(context, "accept")  # BMv2 ends here without an error, where P4_16 12.6 has error.NoMatch


def _go(context: Context, target: str) -> None:
    context.emit(Jump(context.states[target]))
