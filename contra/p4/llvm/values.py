"""Values -> LLVM IR."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from llvmlite import ir

from contra.p4 import abi
from contra.p4.code import (
    COMPARISONS,
    Binary,
    Concat,
    Const,
    Cursor,
    Digest,
    Fits,
    Local,
    Not,
    Parameter,
    Peek,
    Resize,
    Select,
    Slice,
    Value,
    Word,
    words_of,
)

POINTER = ir.PointerType()
I1, I8, I32, I64 = ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.IntType(64)

_PLAIN = {"add", "sub", "mul", "udiv", "urem", "and", "or", "xor"}
_PREDICATES = {"eq": "==", "ne": "!=", "ult": "<", "ule": "<=", "slt": "<", "sle": "<="}
_SATURATING = {
    "uadd_sat": "llvm.uadd.sat",
    "usub_sat": "llvm.usub.sat",
    "sadd_sat": "llvm.sadd.sat",
    "ssub_sat": "llvm.ssub.sat",
}


@dataclass
class Frame:
    """One function being printed: its builder, arguments, variables, rows found by lookups."""

    module: ir.Module
    function: ir.Function
    builder: ir.IRBuilder
    entry: ir.IRBuilder
    arguments: tuple[Any, ...]
    cursor: Any
    locals: dict[int, Any] = field(default_factory=dict)
    rows: dict[int, Any] = field(default_factory=dict)

    @property
    def state(self) -> Any:
        """The address of the switch's state."""
        return self.arguments[0]

    @property
    def phv(self) -> Any:
        """The address of the PHV."""
        return self.arguments[1]

    @property
    def head(self) -> Any:
        """The address of the packet's first byte."""
        return self.arguments[2]

    # ------------------------------------------------------------------------------ memory

    def variable(self, node: Local) -> Any:
        """The stack cell of a local variable."""
        if node.index not in self.locals:
            self.locals[node.index] = stack_cell(self.entry, ir.IntType(node.width))
            self.entry.store(ir.Constant(ir.IntType(node.width), 0), self.locals[node.index])
        return self.locals[node.index]

    def word_at(self, index: int) -> Any:
        """The address of a word of the PHV."""
        return self.builder.gep(self.phv, [ir.Constant(I64, index)], source_etype=I64)

    def byte_at(self, base: Any, offset: Any) -> Any:
        """The address `offset` bytes (64 bits) after a base."""
        return self.builder.gep(base, [offset], source_etype=I8)

    def load_word(self, index: int, width: int) -> Any:
        """A field of the PHV."""
        storage = ir.IntType(64 * words_of(width))
        whole = self.builder.load(self.word_at(index), typ=storage, align=8)
        return self.fit(whole, width)

    def store_word(self, index: int, value: Any) -> None:
        """A field of the PHV."""
        storage = 64 * words_of(value.type.width)
        self.builder.store(self.fit(value, storage), self.word_at(index), align=8)

    def scratch(self, size: int) -> Any:
        """`size` bytes on the stack."""
        return stack_cell(self.entry, ir.ArrayType(I8, max(size, 1)))

    # ------------------------------------------------------------------------------ arithmetic

    def fit(self, value: Any, width: int, *, signed: bool = False) -> Any:
        """Another width."""
        if value.type.width == width:
            return value
        kind = ir.IntType(width)
        if value.type.width > width:
            return self.builder.trunc(value, kind)
        return self.builder.sext(value, kind) if signed else self.builder.zext(value, kind)

    def call(self, name: str, result: ir.Type, arguments: list[Any]) -> Any:
        """Call a function of the module or of LLVM."""
        if name not in self.module.globals:
            kind = ir.FunctionType(result, [argument.type for argument in arguments])
            ir.Function(self.module, kind, name)
        return self.builder.call(self.module.globals[name], arguments)

    def swapped(self, value: Any) -> Any:
        """Bytes in the opposite order."""
        width = value.type.width
        if width == 8:
            return value
        even = (width + 15) // 16 * 16
        wide = self.fit(value, even)
        turned = self.call(f"llvm.bswap.i{even}", wide.type, [wide])
        if even != width:
            turned = self.builder.lshr(turned, ir.Constant(turned.type, even - width))
        return self.fit(turned, width)


def stack_cell(builder: ir.IRBuilder, kind: ir.Type) -> Any:
    """Room on the stack, as an opaque pointer: llvmlite's own are still typed and take no other type."""
    cell = builder.alloca(kind)
    cell.type = POINTER
    return cell


def constant(width: int, value: int) -> Any:
    """An LLVM number."""
    return ir.Constant(ir.IntType(width), value)


# ------------------------------------------------------------------------------------------------ values


def emit(frame: Frame, node: Value) -> Any:
    """The LLVM value of a value, of type i<width>."""
    return _EMIT[type(node)](frame, node)


def _const(frame: Frame, node: Const) -> Any:
    return constant(node.width, node.value)


def _local(frame: Frame, node: Local) -> Any:
    return frame.builder.load(frame.variable(node), typ=ir.IntType(node.width))


def _word(frame: Frame, node: Word) -> Any:
    return frame.load_word(node.index, node.width)


def _parameter(frame: Frame, node: Parameter) -> Any:
    row = frame.builder.load(frame.rows[node.lookup], typ=POINTER)
    at = frame.builder.gep(row, [constant(64, node.index + 1)], source_etype=I64)
    whole = frame.builder.load(at, typ=ir.IntType(64 * words_of(node.width)), align=8)
    return frame.fit(whole, node.width)


def _peek(frame: Frame, node: Peek) -> Any:
    first, last = node.offset // 8, (node.offset + node.width + 7) // 8
    cursor = frame.builder.zext(frame.builder.load(frame.cursor, typ=I32), I64)
    at = frame.byte_at(frame.head, frame.builder.add(cursor, constant(64, first)))
    word = frame.swapped(frame.builder.load(at, typ=ir.IntType(8 * (last - first)), align=1))
    shift = 8 * last - node.offset - node.width
    if shift:
        word = frame.builder.lshr(word, constant(word.type.width, shift))
    return frame.fit(word, node.width)


def _fits(frame: Frame, node: Fits) -> Any:
    cursor = frame.builder.zext(frame.builder.load(frame.cursor, typ=I32), I64)
    size = frame.fit(emit(frame, node.bytes), 64)
    end = frame.builder.add(cursor, size)
    return frame.builder.icmp_unsigned("<=", end, frame.load_word(abi.HEAD if node.held else abi.LENGTH, 64))


def _cursor(frame: Frame, node: Cursor) -> Any:
    return frame.builder.load(frame.cursor, typ=I32)


def _not(frame: Frame, node: Not) -> Any:
    return frame.builder.not_(emit(frame, node.operand))


def _resize(frame: Frame, node: Resize) -> Any:
    return frame.fit(emit(frame, node.operand), node.width, signed=node.signed)


def _slice(frame: Frame, node: Slice) -> Any:
    whole = emit(frame, node.operand)
    if node.low:
        whole = frame.builder.lshr(whole, constant(whole.type.width, node.low))
    return frame.fit(whole, node.width)


def _concat(frame: Frame, node: Concat) -> Any:
    return beside(frame, node.parts)


def beside(frame: Frame, parts: tuple[Value, ...]) -> Any:
    """Values beside each other, most significant first."""
    width = sum(part.width for part in parts)
    whole, shift = constant(width, 0), width
    for part in parts:
        shift -= part.width
        wide = frame.fit(emit(frame, part), width)
        if shift:
            wide = frame.builder.shl(wide, constant(width, shift))
        whole = frame.builder.or_(whole, wide)
    return whole


def _select(frame: Frame, node: Select) -> Any:
    condition = emit(frame, node.condition)
    return frame.builder.select(condition, emit(frame, node.yes), emit(frame, node.no))


def _binary(frame: Frame, node: Binary) -> Any:
    left, right = emit(frame, node.left), emit(frame, node.right)
    operator, builder = node.operator, frame.builder
    if operator in COMPARISONS:
        compare = builder.icmp_signed if operator.startswith("s") else builder.icmp_unsigned
        return compare(_PREDICATES[operator], left, right)
    if operator in _SATURATING:
        return frame.call(f"{_SATURATING[operator]}.i{node.width}", left.type, [left, right])
    if operator in _PLAIN:
        method = {"and": builder.and_, "or": builder.or_}.get(operator) or getattr(builder, operator)
        return method(left, right)
    return _shift(frame, operator, left, right)


def _shift(frame: Frame, operator: str, left: Any, right: Any) -> Any:
    """Shifts of the whole width and more give 0, or the sign (P4_16 8.5); LLVM leaves them undefined."""
    width, builder = left.type.width, frame.builder
    compared = max(right.type.width, width.bit_length() + 1)
    amount = frame.fit(right, compared)
    too_far = builder.icmp_unsigned(">=", amount, constant(compared, width))
    last = constant(compared, width - 1)
    near = frame.fit(builder.select(too_far, last, amount), width)
    shifted = getattr(builder, operator)(left, near)
    if operator == "ashr":
        return shifted
    return builder.select(too_far, constant(width, 0), shifted)


# ------------------------------------------------------------------------------------------------ hashes


def _digest(frame: Frame, node: Digest) -> Any:
    size = (sum(part.width for part in node.parts) + 7) // 8
    buffer = frame.scratch(size)
    if node.parts:
        filler = 8 * size - sum(part.width for part in node.parts)
        whole = frame.fit(beside(frame, node.parts), 8 * size)
        if filler:
            whole = frame.builder.shl(whole, constant(8 * size, filler))
        frame.builder.store(frame.swapped(whole), buffer, align=1)
    if node.algorithm == "identity":
        return _identity(frame, node, size)
    bits, seed, finish = _ALGORITHMS[node.algorithm]
    rest = _step(frame, node.algorithm, buffer, constant(64, size), constant(bits, seed), 0)
    if node.payload:
        start = frame.load_word(abi.PARSED, 64)
        end = frame.load_word(abi.HEAD, 64)
        rest = _step(
            frame, node.algorithm, frame.byte_at(frame.head, start), frame.builder.sub(end, start), rest, size % 2
        )
    return frame.fit(finish(frame, rest), node.width)


def _step(frame: Frame, name: str, data: Any, size: Any, seed: Any, parity: int) -> Any:
    return frame.call(f"{name}_step", seed.type, [data, size, seed, constant(64, parity)])


def _identity(frame: Frame, node: Digest, size: int) -> Any:
    whole = beside(frame, node.parts)
    width = whole.type.width
    if size <= 8:
        return frame.builder.shl(frame.fit(whole, 64), constant(64, 8 * size - width))
    return frame.fit(frame.builder.lshr(whole, constant(width, width - 64)), 64)


def _same(frame: Frame, rest: Any) -> Any:
    return rest


def _complement(frame: Frame, rest: Any) -> Any:
    return frame.builder.not_(rest)


def _folded(frame: Frame, rest: Any) -> Any:
    """The one's complement sum: carries come round until there are none (four times do for 64 bits)."""
    for _ in range(4):
        low = frame.builder.and_(rest, constant(64, 0xFFFF))
        rest = frame.builder.add(low, frame.builder.lshr(rest, constant(64, 16)))
    return frame.builder.not_(rest)


_ALGORITHMS: dict[str, tuple[int, int, Callable[[Frame, Any], Any]]] = {
    "crc16": (16, 0, _same),
    "crc32": (32, 0xFFFFFFFF, _complement),
    "csum16": (64, 0, _folded),
    "xor16": (64, 0, _same),
}

_EMIT: dict[type, Callable[[Frame, Any], Any]] = {
    Const: _const,
    Local: _local,
    Word: _word,
    Parameter: _parameter,
    Peek: _peek,
    Fits: _fits,
    Cursor: _cursor,
    Not: _not,
    Binary: _binary,
    Resize: _resize,
    Slice: _slice,
    Concat: _concat,
    Select: _select,
    Digest: _digest,
}
