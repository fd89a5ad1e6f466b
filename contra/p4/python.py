"""code -> Python: the back end for debugging, readable and single-steppable.

The text has one function per function of the program; `describe` shows it. A packet's fields stay in the PHV, so that a
debugger sees them there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contra.p4 import abi
from contra.p4.code import (
    COMPARISONS,
    DONE,
    Binary,
    Body,
    Break,
    Code,
    Concat,
    Const,
    CounterAdd,
    Cursor,
    Deparse,
    Digest,
    EmitBytes,
    Fits,
    If,
    Jump,
    Local,
    Lookup,
    Machine,
    Not,
    Parameter,
    Peek,
    RegisterLayout,
    RegisterLoad,
    RegisterStore,
    Resize,
    Scope,
    Select,
    Set,
    Skip,
    Slice,
    Statement,
    Switch,
    Value,
    Word,
    words_of,
)
from contra.p4.hashes import ALGORITHMS

Function = Callable[[Any, "memoryview[int]", "memoryview[int]"], None]

_WORD = (1 << 64) - 1
_SIMPLE = {"and": "&", "or": "|", "xor": "^", "udiv": "//", "urem": "%"}
_COMPARE = {"eq": "==", "ne": "!=", "ult": "<", "ule": "<=", "slt": "<", "sle": "<="}


def text_of(code: Code) -> str:
    """The Python text of a program."""
    parts = [_Printer(code, name, body).text() for name, body in code.functions.items()]
    return "\n\n".join([*parts, _reset(code)]) + "\n"


def functions(code: Code, name: str) -> dict[str, Function]:
    """The program's functions, ready to call; `name` stands in tracebacks."""
    namespace: dict[str, Any] = {**ALGORITHMS, "sat": _saturated, "signed": _signed, "payload": _payload}
    exec(compile(text_of(code), name, "exec"), namespace)
    return {function: namespace[function] for function in (*code.functions, "reset")}


# ------------------------------------------------------------------------------------------------ helpers at run time


def _signed(value: int, width: int) -> int:
    return value - (value >> width - 1 << width)


def _saturated(value: int, width: int) -> int:
    limit = 1 << width - 1
    return max(-limit, min(limit - 1, value)) & (1 << width) - 1


def _payload(phv: memoryview[int], head: memoryview[int]) -> bytes:
    return bytes(head[phv[abi.PARSED] : phv[abi.HEAD]])


def _reset(code: Code) -> str:
    lines = ["def reset(s, w, h):", f"    keep = w[{abi.KEEP}]"]
    for number, words in sorted(code.kept.items()):
        cells = [cell for word in words for cell in range(word.index, word.index + words_of(word.width))]
        lines += [
            f"    if keep == {number + 1}:",
            f"        kept = {', '.join(f'w[{cell}]' for cell in cells)},",
            "        w[:] = zeros[:len(w)]",
            f"        {', '.join(f'w[{cell}]' for cell in cells)}, = kept",
            "        return",
        ]
    return "\n".join([*lines, "    w[:] = zeros[:len(w)]", "", "zeros = memoryview(bytes(8 * 4096)).cast('Q')"])


# ------------------------------------------------------------------------------------------------ printing


class _Printer:
    """Prints one function."""

    def __init__(self, code: Code, name: str, body: Body) -> None:
        self.code = code
        self.name = name
        self.body = body
        self.lines: list[str] = []
        self.depth = 1
        self.scopes: list[int] = []
        self.left: list[set[int]] = []
        self.temporaries = 0
        self.in_machine = False

    def text(self) -> str:
        self.statements(self.body)
        head = [f"def {self.name}(s, w, h):", "    at = 0"]
        head += [f"    m{size} = s.views[{size}]" for size in (1, 2, 4, 8)]
        return "\n".join([*head, *self.lines, "    return"])

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def temporary(self) -> str:
        self.temporaries += 1
        return f"t{self.temporaries}"

    def nested(self, body: Body) -> None:
        self.depth += 1
        if body:
            self.statements(body)
        else:
            self.line("pass")
        self.depth -= 1

    def statements(self, body: Body) -> None:
        for each in body:
            self.statement(each)

    def statement(self, node: Statement) -> None:
        match node:
            case Set():
                self.set(node.target, text(node.value))
            case If():
                self.line(f"if {condition(node.condition)}:")
                self.nested(node.yes)
                if node.no:
                    self.line("else:")
                    self.nested(node.no)
            case Switch():
                self.switch(node)
            case Scope():
                self.scope(node)
            case Break(label=label):
                self.leave(label)
            case Machine():
                self.machine(node)
            case Jump(state=state):
                if state == DONE:
                    self.line("break")
                else:
                    self.line(f"state = {state}")
                    self.line("continue")
            case Skip():
                self.line(f"at += {text(node.bytes)}")
            case Lookup():
                keys = ", ".join(text(key) for key in node.keys)
                self.line(f"row{node.number} = s.tables[{node.table}]({keys})")
                self.line(f"{local(node.hit)} = row{node.number}[0]")
                self.line(f"{local(node.action)} = row{node.number}[1]")
            case _:
                self.memory(node)

    def memory(self, node: Statement) -> None:
        match node:
            case RegisterLoad():
                self.register_load(node)
            case RegisterStore():
                self.register_store(node)
            case CounterAdd():
                index = self.temporary()
                self.line(f"{index} = 2 * ({text(node.index)})")
                self.line(f"c = s.counters[{node.counter}]")
                self.line(f"if {index} < len(c):")
                self.line(f"    c[{index}] += 1")
                self.line(f"    c[{index} + 1] += w[{abi.PACKET_LENGTH}]")
            case Deparse():
                self.deparse(node)
            case EmitBytes():
                width = sum(part.width for part in node.parts)
                self.line(f"out += ({concat(node.parts)}).to_bytes({width // 8}, 'big')")
            case _:
                raise TypeError(f"no Python for {type(node).__name__}")

    def set(self, target: Local | Word, value: str) -> None:
        if isinstance(target, Local):
            self.line(f"{local(target)} = {value}")
        elif target.width <= 64:
            self.line(f"w[{target.index}] = {value}")
        else:
            whole = self.temporary()
            self.line(f"{whole} = {value}")
            for word in range(words_of(target.width)):
                self.line(f"w[{target.index + word}] = {whole} >> {64 * word} & {_WORD:#x}")

    # ------------------------------------------------------------------------------ control

    def switch(self, node: Switch) -> None:
        subject = self.temporary()
        self.line(f"{subject} = {text(node.subject)}")
        self.branch(subject, sorted(node.cases, key=lambda case: case[0]), node.default)

    def branch(self, subject: str, cases: list[tuple[int, Body]], default: Body) -> None:
        if len(cases) > 6:
            middle = len(cases) // 2
            for test, half in (
                (f"if {subject} < {cases[middle][0]}:", cases[:middle]),
                ("else:", cases[middle:]),
            ):
                self.line(test)
                self.depth += 1
                self.branch(subject, half, default)
                self.depth -= 1
            return
        for position, (number, body) in enumerate(cases):
            self.line(f"{'elif' if position else 'if'} {subject} == {number}:")
            self.nested(body)
        if not cases:
            self.statements(default)
        elif default:
            self.line("else:")
            self.nested(default)

    def scope(self, node: Scope) -> None:
        self.scopes.append(node.label)
        self.left.append(set())
        self.line("while True:")
        self.nested(node.body)
        self.line("    break")
        self.scopes.pop()
        further = self.left.pop() - {node.label}
        if further:
            outer = self.scopes[-1]
            self.left[-1] |= further
            self.line("if leave:")
            if outer in further:
                self.line(f"    if leave == {outer}:")
                self.line("        leave = 0")
            self.line("    break")

    def leave(self, label: int) -> None:
        if self.scopes[-1] != label:
            self.left[-1].add(label)
            self.line(f"leave = {label}")
        self.line("break")

    def machine(self, node: Machine) -> None:
        self.line("state = 0")
        self.line("while True:")
        self.depth += 1
        for number, body in enumerate(node.states):
            self.line(f"{'elif' if number else 'if'} state == {number}:")
            self.nested(body)
        self.depth -= 1

    # ------------------------------------------------------------------------------ memory

    def register_load(self, node: RegisterLoad) -> None:
        layout = self.code.registers[node.register]
        index = self.temporary()
        self.line(f"{index} = {text(node.index)}")
        self.line(f"if {index} < {layout.size}:")
        cells = [f"{cell} << {64 * word}" if word else cell for word, cell in enumerate(_cells(layout, index))]
        self.line(f"    {local(node.target)} = {' | '.join(cells)}")

    def register_store(self, node: RegisterStore) -> None:
        layout = self.code.registers[node.register]
        index, whole = self.temporary(), self.temporary()
        self.line(f"{index} = {text(node.index)}")
        self.line(f"if {index} < {layout.size}:")
        self.line(f"    {whole} = {text(node.value)}")
        cells = _cells(layout, index)
        for word, cell in enumerate(cells):
            part = f"{whole} >> {64 * word} & {_WORD:#x}" if len(cells) > 1 else whole
            self.line(f"    {cell} = {part}")

    def deparse(self, node: Deparse) -> None:
        self.line("out = bytearray()")
        self.statements(node.body)
        self.line(f"w[{abi.LENGTH}] += len(out) - w[{abi.PARSED}]")
        self.line("out += payload(w, h)")
        self.line("del out[len(h):]")
        self.line("h[:len(out)] = out")
        self.line(f"w[{abi.HEAD}] = len(out)")
        self.line(f"w[{abi.GROWN}] = w[{abi.SHRUNK}] = 0")


def _cells(layout: RegisterLayout, index: str) -> list[str]:
    """The words of a cell, as elements of the views of the switch's memory."""
    word = min(layout.cell_bytes, 8)
    place = f"{layout.stride // word} * {index} + {layout.offset // word}"
    return [f"m{word}[{place} + {number}]" for number in range(layout.cell_bytes // word)]


# ------------------------------------------------------------------------------------------------ values


def local(node: Local) -> str:
    """The Python name of a local variable."""
    readable = "".join(letter if letter.isalnum() else "_" for letter in node.name)
    return f"x{node.index}_{readable}" if readable else f"x{node.index}"


def condition(node: Value) -> str:
    """A value of width 1, as a condition."""
    if isinstance(node, Not):
        return f"not {text(node.operand)}"
    if isinstance(node, Binary) and node.width == 1 and node.operator in ("and", "or"):
        return f"({condition(node.left)} {node.operator} {condition(node.right)})"
    return text(node)


def text(node: Value) -> str:
    """A value as a Python expression, in parentheses where need be."""
    match node:
        case Const(value=value):
            return str(value) if value < 1024 else f"{value:#x}"
        case Local():
            return local(node)
        case Word(index=index, width=width):
            if width <= 64:
                return f"w[{index}]"
            return "(" + " | ".join(f"w[{index + n}] << {64 * n}" for n in range(words_of(width))) + ")"
        case Parameter(lookup=lookup, index=index):
            return f"row{lookup}[{index + 2}]"
        case Peek():
            return _peek(node)
        case Fits(bytes=size, held=held):
            return f"(at + {text(size)} <= w[{abi.HEAD if held else abi.LENGTH}])"
        case Cursor():
            return "at"
        case Not(width=width, operand=operand):
            return f"({text(operand)} ^ {(1 << width) - 1:#x})"
        case Binary():
            return _binary(node)
        case Resize():
            return _resize(node)
        case Slice(width=width, operand=operand, low=low):
            shifted = f"{text(operand)} >> {low}" if low else text(operand)
            return f"({shifted} & {(1 << width) - 1:#x})"
        case Concat(parts=parts):
            return f"({concat(parts)})"
        case Select():
            return f"({text(node.yes)} if {condition(node.condition)} else {text(node.no)})"
        case Digest():
            return _digest(node)


def concat(parts: tuple[Value, ...]) -> str:
    """Values beside each other."""
    shift, found = 0, []
    for part in reversed(parts):
        found.append(f"{text(part)} << {shift}" if shift else text(part))
        shift += part.width
    return " | ".join(reversed(found)) or "0"


def _peek(node: Peek) -> str:
    first, last = node.offset // 8, (node.offset + node.width + 7) // 8
    one = f"h[at + {first}]"
    word = one if last - first == 1 else f"int.from_bytes(h[at + {first}:at + {last}], 'big')"
    shift = 8 * last - node.offset - node.width
    shifted = f"{word} >> {shift}" if shift else word
    if node.width == 8 * (last - first):
        return word
    return f"({shifted} & {(1 << node.width) - 1:#x})"


def _resize(node: Resize) -> str:
    inner = node.operand
    if node.width < inner.width:
        return f"({text(inner)} & {(1 << node.width) - 1:#x})"
    if node.signed and node.width > inner.width:
        return f"(signed({text(inner)}, {inner.width}) & {(1 << node.width) - 1:#x})"
    return text(inner)


def _binary(node: Binary) -> str:
    left, right, mask = text(node.left), text(node.right), f"{(1 << node.width) - 1:#x}"
    operator, width = node.operator, node.left.width
    if operator in COMPARISONS:
        if operator.startswith("s"):
            left, right = f"signed({left}, {width})", f"signed({right}, {width})"
        return f"({left} {_COMPARE[operator]} {right})"
    if operator in _SIMPLE:
        return f"({left} {_SIMPLE[operator]} {right})"
    match operator:
        case "add":
            return f"({left} + {right} & {mask})"
        case "sub":
            return f"({left} - {right} & {mask})"
        case "mul":
            return f"({left} * {right} & {mask})"
        case "uadd_sat":
            return f"min({left} + {right}, {mask})"
        case "usub_sat":
            return f"max({left} - {right}, 0)"
        case "sadd_sat" | "ssub_sat":
            sign = "+" if operator == "sadd_sat" else "-"
            return f"sat(signed({left}, {width}) {sign} signed({right}, {width}), {width})"
        case _:
            return _shift(node, left, right, mask)


def _shift(node: Binary, left: str, right: str, mask: str) -> str:
    """Shifts of the whole width and more give 0, or the sign."""
    if node.operator == "lshr":
        return f"({left} >> {right})"
    if node.operator == "ashr":
        return f"(signed({left}, {node.width}) >> {right} & {mask})"
    if isinstance(node.right, Const):
        return f"({left} << {right} & {mask})" if node.right.value < node.width else "0"
    return f"({left} << min({right}, {node.width}) & {mask})"


def _digest(node: Digest) -> str:
    width = sum(part.width for part in node.parts)
    filler = -width % 8
    whole = f"({concat(node.parts)})" + (f" << {filler}" if filler else "")
    data = f"({whole}).to_bytes({(width + 7) // 8}, 'big')"
    if node.payload:
        data += " + payload(w, h)"
    return f"{node.algorithm}({data})"
