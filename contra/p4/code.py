"""The code that a program is translated to: one form from which both back ends print.

Values are unsigned integers of a stated width (signed numbers are their two's complement, Booleans have width 1);
every operation wraps at its width. Statements are structured; the parser is a `Machine` whose states jump to each
other.
`contra.p4.python` prints it as Python, `contra.p4.llvm` as LLVM IR; neither decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass

# ------------------------------------------------------------------------------------------------ values


@dataclass(frozen=True, slots=True)
class Const:
    """A number below 2^width."""

    width: int
    value: int


@dataclass(frozen=True, slots=True)
class Local:
    """A variable of this function; 0 until set."""

    width: int
    index: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A field of the packet header vector, from word `index` on; above 64 bits it takes several words."""

    width: int
    index: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Action data of the row that lookup `lookup` found, from word `index` of the data on."""

    width: int
    lookup: int
    index: int


@dataclass(frozen=True, slots=True)
class Peek:
    """`width` bits of the packet, `offset` bits after the parser's cursor."""

    width: int
    offset: int


@dataclass(frozen=True, slots=True)
class Fits:
    """Whether the packet has `bytes` (32 bits) more after the cursor; `held`: whether its row holds them."""

    bytes: Value
    held: bool
    width: int = 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """Bytes of the packet that the parser has passed."""

    width: int = 32


@dataclass(frozen=True, slots=True)
class Not:
    """Bitwise complement."""

    width: int
    operand: Value


@dataclass(frozen=True, slots=True)
class Binary:
    """`operator` is one of ARITHMETIC (operands as wide as the result), SHIFTS (the right operand of any width) or
    COMPARISONS (width 1)."""

    width: int
    operator: str
    left: Value
    right: Value


ARITHMETIC = ("add", "sub", "mul", "udiv", "urem", "and", "or", "xor", "uadd_sat", "usub_sat", "sadd_sat", "ssub_sat")
SHIFTS = ("shl", "lshr", "ashr")
COMPARISONS = ("eq", "ne", "ult", "ule", "slt", "sle")


@dataclass(frozen=True, slots=True)
class Resize:
    """A change of width; `signed` extends the sign."""

    width: int
    operand: Value
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """`width` bits of the operand from bit `low` on."""

    width: int
    operand: Value
    low: int


@dataclass(frozen=True, slots=True)
class Concat:
    """The parts beside each other, most significant first."""

    width: int
    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Select:
    """`yes` if the condition is 1, else `no`; both are evaluated."""

    width: int
    condition: Value
    yes: Value
    no: Value


@dataclass(frozen=True, slots=True)
class Digest:
    """A hash or checksum over the parts put beside each other, filled up to whole bytes with 0 at the end.

    `payload` adds what follows the parsed headers.
    """

    width: int
    algorithm: str
    parts: tuple[Value, ...]
    payload: bool = False


Value = (
    Const | Local | Word | Parameter | Peek | Fits | Cursor | Not | Binary | Resize | Slice | Concat | Select | Digest
)

# ------------------------------------------------------------------------------------------------ statements


@dataclass(frozen=True, slots=True)
class Set:
    """target = value, of one width."""

    target: Local | Word
    value: Value


@dataclass(frozen=True, slots=True)
class If:
    """Width-1 condition."""

    condition: Value
    yes: Body
    no: Body = ()


@dataclass(frozen=True, slots=True)
class Switch:
    """The case of the subject's value, else `default`."""

    subject: Value
    cases: tuple[tuple[int, Body], ...]
    default: Body


@dataclass(frozen=True, slots=True)
class Scope:
    """A body that a `Break` with the same label leaves."""

    label: int
    body: Body


@dataclass(frozen=True, slots=True)
class Break:
    """Leave an enclosing scope."""

    label: int


@dataclass(frozen=True, slots=True)
class Machine:
    """States that jump to each other, from state 0 on; `Jump(DONE)` leaves. No state is left otherwise."""

    states: tuple[Body, ...]


DONE = -1


@dataclass(frozen=True, slots=True)
class Jump:
    """To a state of the machine around."""

    state: int


@dataclass(frozen=True, slots=True)
class Skip:
    """The parser's cursor moves on by so many bytes (32 bits)."""

    bytes: Value


@dataclass(frozen=True, slots=True)
class RegisterLoad:
    """target = register[index]; unchanged past the end."""

    register: int
    target: Local
    index: Value


@dataclass(frozen=True, slots=True)
class RegisterStore:
    """register[index] = value; nothing past the end."""

    register: int
    index: Value
    value: Value


@dataclass(frozen=True, slots=True)
class CounterAdd:
    """counter[index] += 1 packet, PACKET_LENGTH bytes; nothing past the end."""

    counter: int
    index: Value


@dataclass(frozen=True, slots=True)
class Lookup:
    """Look the keys up in a table: `hit` (1 bit) and `action` (16 bits, the position in the table's list) are set.

    `Parameter(lookup=number)` then reads the data of the row found, which on a miss is that of the default action.
    """

    number: int
    table: int
    keys: tuple[Value, ...]
    hit: Local
    action: Local


@dataclass(frozen=True, slots=True)
class Deparse:
    """Write the headers that the body emits, then the payload, to the head; HEAD and LENGTH follow."""

    body: Body


@dataclass(frozen=True, slots=True)
class EmitBytes:
    """In a `Deparse` body: the parts beside each other, whole bytes."""

    parts: tuple[Value, ...]


Statement = (
    Set
    | If
    | Switch
    | Scope
    | Break
    | Machine
    | Jump
    | Skip
    | RegisterLoad
    | RegisterStore
    | CounterAdd
    | Lookup
    | Deparse
    | EmitBytes
)
Body = tuple[Statement, ...]

# ------------------------------------------------------------------------------------------------ programs


RANDOM_STATE = "$random"
"""The register that holds the state of a program's random numbers, if it draws any."""


@dataclass(frozen=True)
class RegisterLayout:
    """Where a register lies in a switch's state: cell i of `cell_bytes`, little-endian, at byte offset + i * stride.

    Registers of one size lie cell by cell beside each other: what a packet reads of them is in one cache line.
    """

    name: str
    width: int
    size: int
    offset: int
    stride: int
    cell_bytes: int

    def place(self, index: int) -> int:
        """The byte where a cell begins; IndexError where there is none."""
        if not 0 <= index < self.size:
            raise IndexError(f"register {self.name} has {self.size} cells, no cell {index}")
        return self.offset + index * self.stride


@dataclass(frozen=True)
class CounterLayout:
    """A counter: per index two 64-bit words, packets and bytes, from byte `offset` on."""

    name: str
    size: int
    offset: int


@dataclass(frozen=True)
class TableLayout:
    """A table that entries fill: key widths and match kinds, and per action the words of its data."""

    name: str
    keys: tuple[tuple[int, str], ...]
    actions: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def data_words(self) -> int:
        """Words of action data in a row."""
        return max((sum(map(words_of, widths)) for _, widths in self.actions), default=0)


@dataclass(frozen=True)
class Code:
    """A translated program.

    `functions` are bodies by name (see `contra.p4.abi`). `words` is the length of the PHV, `fields` names its words.
    `depth`: bytes of a packet that the parser may read at most; `growth`: bytes that the deparser may write at most.
    `headers`: the words that hold headers, from the first to before the last. `state_bytes` covers table pointers
    (8 bytes each, at the start), counters and registers.
    """

    functions: dict[str, Body]
    words: int
    fields: dict[str, Word]
    kept: dict[int, tuple[Word, ...]]
    digest: tuple[Word, ...]
    headers: tuple[int, int]
    registers: tuple[RegisterLayout, ...]
    counters: tuple[CounterLayout, ...]
    tables: tuple[TableLayout, ...]
    state_bytes: int
    depth: int
    growth: int
    places: tuple[str, ...]


def words_of(width: int) -> int:
    """64-bit words that a value takes."""
    return (width + 63) // 64
