"""Statements -> LLVM IR: one function of the module per function of the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from contra.p4 import abi
from contra.p4.code import (
    DONE,
    Body,
    Break,
    Code,
    Const,
    CounterAdd,
    Deparse,
    EmitBytes,
    If,
    Jump,
    Local,
    Lookup,
    Machine,
    RegisterLoad,
    RegisterStore,
    Scope,
    Set,
    Skip,
    Switch,
    Value,
    words_of,
)
from contra.p4.llvm.support import support_text
from contra.p4.llvm.values import I1, I8, I32, I64, POINTER, Frame, beside, constant, emit, stack_cell
from contra.p4.tables import lookup_kind

SUPPORT = ("lookup_hash", "lookup_scan", "crc16_step", "crc32_step", "csum16_step", "xor16_step")


def module_text(code: Code) -> str:
    """The LLVM IR of a program."""
    module = ir.Module("program")
    for name, body in code.functions.items():
        _Printer(module, code, name).function(body)
    _reset(module, code)
    declared = {f'@"{name}"' for name in SUPPORT}
    lines = [
        line
        for line in str(module).splitlines()
        if not (line.startswith("declare") and any(name in line for name in declared))
        and not line.startswith(("target triple", "target datalayout"))
    ]
    return "\n".join([*lines, support_text()])


def _new_function(module: ir.Module, name: str) -> tuple[ir.Function, ir.IRBuilder, ir.IRBuilder]:
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER, POINTER, POINTER]), name)
    for argument, label in zip(function.args, ("state", "phv", "head"), strict=True):
        argument.name = label
        argument.add_attribute("noalias")
    entry = ir.IRBuilder(function.append_basic_block("entry"))
    builder = ir.IRBuilder(function.append_basic_block("body"))
    return function, entry, builder


def _reset(module: ir.Module, code: Code) -> None:
    """Clear the PHV but for the fields of one list."""
    function, entry, builder = _new_function(module, "reset")
    frame = Frame(module, function, builder, entry, function.args, None)
    saved = frame.scratch(8 * max([1, *(len(_cells(words)) for words in code.kept.values())]))
    keep = frame.load_word(abi.KEEP, 64)
    clear = function.append_basic_block("clear")
    lists = {number: function.append_basic_block(f"list{number}") for number in code.kept}
    switch = builder.switch(keep, clear)
    for number, words in code.kept.items():
        switch.add_case(constant(64, number + 1), lists[number])
        builder.position_at_end(lists[number])
        cells = _cells(words)
        for position, cell in enumerate(cells):
            value = builder.load(frame.word_at(cell), typ=I64)
            builder.store(value, builder.gep(saved, [constant(64, position)], source_etype=I64))
        _zero(frame, code.words)
        for position, cell in enumerate(cells):
            value = builder.load(builder.gep(saved, [constant(64, position)], source_etype=I64), typ=I64)
            builder.store(value, frame.word_at(cell))
        builder.ret_void()
    builder.position_at_end(clear)
    _zero(frame, code.words)
    builder.ret_void()
    entry.branch(function.blocks[1])


def _cells(words: tuple[Any, ...]) -> list[int]:
    return [cell for word in words for cell in range(word.index, word.index + words_of(word.width))]


def _zero(frame: Frame, words: int) -> None:
    if "llvm.memset.p0.i64" not in frame.module.globals:
        kind = ir.FunctionType(ir.VoidType(), [POINTER, I8, I64, I1])
        ir.Function(frame.module, kind, "llvm.memset.p0.i64")
    memset = frame.module.globals["llvm.memset.p0.i64"]
    frame.builder.call(memset, [frame.phv, constant(8, 0), constant(64, 8 * words), constant(1, 0)])


class _Printer:
    """Prints one function."""

    def __init__(self, module: ir.Module, code: Code, name: str) -> None:
        self.code = code
        function, entry, builder = _new_function(module, name)
        cursor = stack_cell(entry, I32)
        entry.store(constant(32, 0), cursor)
        self.frame = Frame(module, function, builder, entry, function.args, cursor)
        self.builder = builder
        self.scopes: dict[int, Any] = {}
        self.states: list[Any] = []
        self.done: Any = None
        self.out: Any = None
        self.out_size: Any = None

    def function(self, body: Body) -> None:
        self.body(body)
        if not self.builder.block.is_terminated:
            self.builder.ret_void()
        self.frame.entry.branch(self.frame.function.blocks[1])

    def block(self, name: str) -> Any:
        return self.frame.function.append_basic_block(name)

    def body(self, body: Body) -> None:
        for node in body:
            if self.builder.block.is_terminated:  # what follows a way out is never reached
                return
            _PRINT[type(node)](self, node)

    def goto(self, target: Any) -> None:
        if not self.builder.block.is_terminated:
            self.builder.branch(target)

    def within(self, block: Any, body: Body, after: Any) -> None:
        self.builder.position_at_end(block)
        self.body(body)
        self.goto(after)

    # ------------------------------------------------------------------------------ control

    def set(self, node: Set) -> None:
        value = emit(self.frame, node.value)
        if isinstance(node.target, Local):
            self.builder.store(value, self.frame.variable(node.target))
        else:
            self.frame.store_word(node.target.index, value)

    def if_(self, node: If) -> None:
        yes, after = self.block("yes"), self.block("after")
        no = self.block("no") if node.no else after
        self.builder.cbranch(emit(self.frame, node.condition), yes, no)
        self.within(yes, node.yes, after)
        if node.no:
            self.within(no, node.no, after)
        self.builder.position_at_end(after)

    def switch(self, node: Switch) -> None:
        subject = emit(self.frame, node.subject)
        default, after = self.block("default"), self.block("after")
        switch = self.builder.switch(subject, default)
        for number, body in node.cases:
            case = self.block(f"case{number}")
            switch.add_case(constant(subject.type.width, number), case)
            self.within(case, body, after)
        self.within(default, node.default, after)
        self.builder.position_at_end(after)

    def scope(self, node: Scope) -> None:
        after = self.block("left")
        self.scopes[node.label] = after
        self.body(node.body)
        self.goto(after)
        self.builder.position_at_end(after)

    def leave(self, node: Break) -> None:
        self.builder.branch(self.scopes[node.label])

    def machine(self, node: Machine) -> None:
        self.states = [self.block(f"state{number}") for number in range(len(node.states))]
        self.done = self.block("parsed")
        self.builder.branch(self.states[0])
        for block, body in zip(self.states, node.states, strict=True):
            self.builder.position_at_end(block)
            self.body(body)
            if not self.builder.block.is_terminated:
                self.builder.unreachable()
        self.builder.position_at_end(self.done)

    def jump(self, node: Jump) -> None:
        self.builder.branch(self.done if node.state == DONE else self.states[node.state])

    def skip(self, node: Skip) -> None:
        size = emit(self.frame, node.bytes)
        cursor = self.builder.load(self.frame.cursor, typ=I32)
        self.builder.store(self.builder.add(cursor, size), self.frame.cursor)

    # ------------------------------------------------------------------------------ memory

    def register_load(self, node: RegisterLoad) -> None:
        layout = self.code.registers[node.register]

        def load(at: Any) -> None:
            whole = self.builder.load(at, typ=_cell(layout.cell_bytes), align=min(layout.cell_bytes, 8))
            self.builder.store(self.frame.fit(whole, layout.width), self.frame.variable(node.target))

        self.guarded(node.index, layout.size, layout.offset, layout.stride, load)

    def register_store(self, node: RegisterStore) -> None:
        layout = self.code.registers[node.register]
        value = emit(self.frame, node.value)

        def save(at: Any) -> None:
            wide = self.frame.fit(value, 8 * layout.cell_bytes)
            self.builder.store(wide, at, align=min(layout.cell_bytes, 8))

        self.guarded(node.index, layout.size, layout.offset, layout.stride, save)

    def counter_add(self, node: CounterAdd) -> None:
        layout = self.code.counters[node.counter]

        def count(at: Any) -> None:
            packets = self.builder.load(at, typ=I64)
            self.builder.store(self.builder.add(packets, constant(64, 1)), at)
            beyond = self.frame.byte_at(at, constant(64, 8))
            size = self.frame.load_word(abi.PACKET_LENGTH, 64)
            self.builder.store(self.builder.add(self.builder.load(beyond, typ=I64), size), beyond)

        self.guarded(node.index, layout.size, layout.offset, 16, count)

    def guarded(self, index: Value, size: int, offset: int, stride: int, act: Callable[[Any], None]) -> None:
        """Act on the address of a cell of the state, if the index is below the size."""
        number = self.frame.fit(emit(self.frame, index), 64)
        place = self.builder.add(self.builder.mul(number, constant(64, stride)), constant(64, offset))
        if isinstance(index, Const) or (index.width < 32 and 1 << index.width <= size):
            if not isinstance(index, Const) or index.value < size:
                act(self.frame.byte_at(self.frame.state, place))
            return
        inside, after = self.block("inside"), self.block("after")
        self.builder.cbranch(self.builder.icmp_unsigned("<", number, constant(64, size)), inside, after)
        self.builder.position_at_end(inside)
        act(self.frame.byte_at(self.frame.state, place))
        self.builder.branch(after)
        self.builder.position_at_end(after)

    # ------------------------------------------------------------------------------ tables

    def lookup(self, node: Lookup) -> None:
        frame, builder = self.frame, self.builder
        layout = self.code.tables[node.table]
        pointer = builder.gep(frame.state, [constant(64, node.table)], source_etype=I64)
        image = builder.load(pointer, typ=POINTER)
        default = self.row(image, builder.load(image, typ=I64))
        row = self.find(image, default, node) if layout.keys else default
        frame.rows[node.number] = stack_cell(frame.entry, POINTER)
        builder.store(row, frame.rows[node.number])
        hit = builder.icmp_unsigned("!=", row, default)
        builder.store(hit, frame.variable(node.hit))
        action = builder.load(row, typ=I64)
        builder.store(frame.fit(action, node.action.width), frame.variable(node.action))

    def row(self, image: Any, offset: Any) -> Any:
        return self.builder.gep(image, [offset], source_etype=I64)

    def find(self, image: Any, default: Any, node: Lookup) -> Any:
        frame, builder = self.frame, self.builder
        layout = self.code.tables[node.table]
        kind = lookup_kind(layout.keys)
        if kind == "index":
            number = frame.fit(beside(frame, node.keys), 64)
            cell = builder.gep(image, [builder.add(number, constant(64, 3))], source_etype=I64)
            offset = builder.load(cell, typ=I64)
            return self.row(image, offset)
        limbs = self.limbs(node.keys, joined=kind == "hash")
        keys = frame.scratch(8 * len(limbs))
        for position, limb in enumerate(limbs):
            builder.store(limb, builder.gep(keys, [constant(64, position)], source_etype=I64))
        return frame.call(f"lookup_{kind}", POINTER, [image, keys, constant(64, len(limbs))])

    def limbs(self, keys: tuple[Value, ...], *, joined: bool) -> list[Any]:
        """The keys as 64-bit words, least significant first: all beside each other, or each for itself."""
        wholes = [beside(self.frame, keys)] if joined else [emit(self.frame, key) for key in keys]
        found = []
        for whole in wholes:
            width = whole.type.width
            for word in range(words_of(width)):
                shifted = self.builder.lshr(whole, constant(width, 64 * word)) if word else whole
                found.append(self.frame.fit(shifted, 64))
        return found

    # ------------------------------------------------------------------------------ deparser

    def deparse(self, node: Deparse) -> None:
        frame, builder = self.frame, self.builder
        self.out = frame.scratch(self.code.growth)
        self.out_size = stack_cell(frame.entry, I64)
        builder.store(constant(64, 0), self.out_size)
        self.body(node.body)
        size = builder.load(self.out_size, typ=I64)
        parsed, held = frame.load_word(abi.PARSED, 64), frame.load_word(abi.HEAD, 64)
        rest = builder.sub(held, parsed)
        self.copy("llvm.memmove.p0.p0.i64", frame.byte_at(frame.head, size), frame.byte_at(frame.head, parsed), rest)
        self.copy("llvm.memcpy.p0.p0.i64", frame.head, self.out, size)
        frame.store_word(abi.HEAD, builder.add(size, rest))
        grown = builder.sub(builder.add(frame.load_word(abi.LENGTH, 64), size), parsed)
        frame.store_word(abi.LENGTH, grown)
        frame.store_word(abi.GROWN, constant(64, 0))
        frame.store_word(abi.SHRUNK, constant(64, 0))

    def copy(self, name: str, target: Any, source: Any, size: Any) -> None:
        if name not in self.frame.module.globals:
            kind = ir.FunctionType(ir.VoidType(), [POINTER, POINTER, I64, I1])
            ir.Function(self.frame.module, kind, name)
        self.builder.call(self.frame.module.globals[name], [target, source, size, constant(1, 0)])

    def emit_bytes(self, node: EmitBytes) -> None:
        whole = beside(self.frame, node.parts)
        size = self.builder.load(self.out_size, typ=I64)
        self.builder.store(self.frame.swapped(whole), self.frame.byte_at(self.out, size), align=1)
        grown = self.builder.add(size, constant(64, whole.type.width // 8))
        self.builder.store(grown, self.out_size)


def _cell(size: int) -> ir.IntType:
    return ir.IntType(8 * size)


_PRINT: dict[type, Callable[[_Printer, Any], None]] = {
    Set: _Printer.set,
    If: _Printer.if_,
    Switch: _Printer.switch,
    Scope: _Printer.scope,
    Break: _Printer.leave,
    Machine: _Printer.machine,
    Jump: _Printer.jump,
    Skip: _Printer.skip,
    RegisterLoad: _Printer.register_load,
    RegisterStore: _Printer.register_store,
    CounterAdd: _Printer.counter_add,
    Lookup: _Printer.lookup,
    Deparse: _Printer.deparse,
    EmitBytes: _Printer.emit_bytes,
}

__all__ = ["module_text"]
