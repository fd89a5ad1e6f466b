"""A whole program: the layout of PHV and state, and the four functions."""

from __future__ import annotations

from collections.abc import Callable

from contra.p4 import abi, typed
from contra.p4.code import Body, Code, CounterLayout, Deparse, RegisterLayout, TableLayout, Word, words_of
from contra.p4.lower.calls import put_in_line
from contra.p4.lower.context import Context, Frame, Shared
from contra.p4.lower.parser import parse
from contra.p4.lower.places import Place, StructPlace, headers, make_place, targets, width_of
from contra.p4.lower.statements import bits_of, statements


def lower(program: typed.Program, *, strict: bool) -> Code:
    """Translate a program. `strict` adds checks where P4 leaves behaviour undefined."""
    words = _Words()
    standard = make_place(typed.STANDARD_METADATA, "std", words.standard)
    metadata = make_place(program.metadata, "meta", words.allocate)
    first_header = words.count
    header_place = make_place(program.headers, "hdr", words.allocate)
    header_words = (first_header, words.count)
    digest = tuple(words.allocate(width, f"digest[{n}]") for n, width in enumerate(_digest_widths(program)))
    filled = [table for table in program.tables if table.entries is None]
    shared = Shared(
        program=program,
        headers=header_place,
        metadata=metadata,
        standard=standard,
        registers={register: number for number, register in enumerate(program.registers)},
        counters={counter: number for number, counter in enumerate(program.counters)},
        tables={table: number for number, table in enumerate(filled)},
        digest=digest,
        strict=strict,
        places=[],
        hidden=[],
    )
    functions = {name: _function(shared, write) for name, write in _FUNCTIONS.items()}
    registers, counters, size = _state(program, len(filled), shared.hidden)
    return Code(
        functions=functions,
        words=words.count,
        fields={word.name: word for word in words.fields},
        kept=_kept(program.metadata, metadata),
        digest=digest,
        headers=header_words,
        registers=registers,
        counters=counters,
        tables=tuple(_table(table) for table in filled),
        state_bytes=size,
        depth=_bytes(header_place),
        growth=_bytes(header_place),
        places=tuple(shared.places),
    )


class _Words:
    """Hands out the words of the PHV."""

    def __init__(self) -> None:
        self.count = abi.USER
        self.fields: list[Word] = []
        self._standard = 0

    def allocate(self, width: int, name: str) -> Word:
        word = Word(width, self.count, name)
        self.count += words_of(width)
        self.fields.append(word)
        return word

    def standard(self, width: int, name: str) -> Word:
        word = Word(width, self._standard, name)
        self._standard += 1
        self.fields.append(word)
        return word


# ------------------------------------------------------------------------------------------------ functions


def _function(shared: Shared, write: Callable[[Context], None]) -> Body:
    context = Context(shared)
    with context.body() as block:
        write(context)
    return tuple(block)


def _bind(context: Context, parameters: tuple[typed.Variable, ...]) -> None:
    """The parameters of parser, pipelines and deparser are the packet's own."""
    own: tuple[Place, ...] = (context.shared.headers, context.shared.metadata, context.shared.standard)
    context.scope.update(zip(parameters, own, strict=False))


def _run(context: Context, control: typed.Control) -> None:
    _bind(context, control.parameters)
    put_in_line(context, Frame(context.label(), pipeline=True), control.body)


def _ingress(context: Context) -> None:
    _parse(context)
    _run(context, context.shared.program.verify)
    _run(context, context.shared.program.ingress)


def _parse(context: Context) -> None:
    _bind(context, context.shared.program.parser.parameters)
    parse(context, context.shared.program.parser)


def _egress(context: Context) -> None:
    _run(context, context.shared.program.egress)
    _run(context, context.shared.program.compute)
    deparser = context.shared.program.deparser
    _bind(context, deparser.parameters)
    with context.body() as block:
        statements(context, deparser.body)
    context.emit(Deparse(tuple(block)))


_FUNCTIONS = {"ingress": _ingress, "egress": _egress, "parse": _parse}

# ------------------------------------------------------------------------------------------------ layout


def _state(
    program: typed.Program, tables: int, hidden: list[str]
) -> tuple[tuple[RegisterLayout, ...], tuple[CounterLayout, ...], int]:
    """Table pointers, then counters, then registers, those that no text declares last, each aligned to 16 bytes."""
    offset = _aligned(8 * tables)
    counters = []
    for counter in program.counters:
        counters.append(CounterLayout(counter.name, counter.size, offset))
        offset = _aligned(offset + 16 * counter.size)
    registers: dict[typed.Register, RegisterLayout] = {}
    for size in dict.fromkeys(register.size for register in program.registers):
        record = [register for register in program.registers if register.size == size]
        registers.update(_record(record, offset))
        offset = _aligned(offset + size * registers[record[0]].stride)
    own = [registers[register] for register in program.registers]
    for name in hidden:
        own.append(RegisterLayout(name, 64, 1, offset, 8, 8))
        offset = _aligned(offset + 8)
    return tuple(own), tuple(counters), offset


def _record(registers: list[typed.Register], offset: int) -> dict[typed.Register, RegisterLayout]:
    """Registers of one size beside each other, the widest cells first, so that each is aligned."""
    cells = {register: _cell_bytes(register.cell.width) for register in registers}
    stride = (sum(cells.values()) + 7) // 8 * 8
    found = {}
    for register in sorted(registers, key=lambda each: -cells[each]):
        width, cell = register.cell.width, cells[register]
        found[register] = RegisterLayout(register.name, width, register.size, offset, stride, cell)
        offset += cell
    return found


def _cell_bytes(width: int) -> int:
    return next((size for size in (1, 2, 4, 8) if width <= 8 * size), 8 * words_of(width))


def _aligned(offset: int) -> int:
    return (offset + 15) // 16 * 16


def _table(table: typed.Table) -> TableLayout:
    keys = tuple((width_of(key.expression.type), key.match) for key in table.keys)
    actions = tuple(
        (use.action.name, tuple(width_of(parameter.type) for parameter in use.action.data)) for use in table.actions
    )
    return TableLayout(table.name, keys, actions)


def _kept(kind: typed.StructType, place: Place) -> dict[int, tuple[Word, ...]]:
    """The metadata fields of each field list."""
    assert isinstance(place, StructPlace)
    lists: dict[int, list[Word]] = {}
    for field in kind.fields:
        for number in field.lists:
            lists.setdefault(number, []).extend(t for t in targets(place.members[field.name]) if isinstance(t, Word))
    return {number: tuple(words) for number, words in lists.items()}


def _bytes(place: Place) -> int:
    return sum(bits_of(header.type) for header in headers(place)) // 8


def _digest_widths(program: typed.Program) -> list[int]:
    """Room for the longest digest."""
    from contra.p4.lower.digests import digest_widths

    return digest_widths(program)
