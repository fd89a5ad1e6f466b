"""The syntax tree: P4 text as nodes with places, names not yet resolved.

Every node has `start` and `end`, character offsets. Nodes are plain and made once by `contra.p4.front.build`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


class Token:
    """One word of the program: the name of its terminal in the grammar, its text, its place."""

    __slots__ = ("end", "start", "text", "type")

    def __init__(self, kind: str, text: str, start: int, end: int) -> None:
        self.type, self.text, self.start, self.end = kind, text, start, end

    def __repr__(self) -> str:
        return f"Token({self.type}, {self.text!r})"


@dataclass(slots=True, eq=False)
class Annotation(Token):
    """`@name(body)` as one word; `body` is the text between the brackets, None without brackets."""

    name: str
    body: str | None

    def __init__(self, name: str, body: str | None, start: int, end: int) -> None:
        Token.__init__(self, "ANNOTATION", f"@{name}", start, end)
        self.name, self.body = name, body


Annotations = tuple[Annotation, ...]


@dataclass(slots=True, eq=False)
class Node:
    """A piece of the program and its place."""

    start: int
    end: int


# ------------------------------------------------------------------------------------------------ types


@dataclass(slots=True, eq=False)
class NamedType(Node):
    """A type by name, with type arguments."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class BitsType(Node):
    """`bit<width>` or `int<width>`; `width` None is one bit, or arbitrary precision if signed."""

    signed: bool
    width: Node | None


@dataclass(slots=True, eq=False)
class PlainType(Node):
    """`bool`, `error` or `void`."""

    word: str


@dataclass(slots=True, eq=False)
class StackType(Node):
    """`header[size]`."""

    header: Node
    size: Node


# ------------------------------------------------------------------------------------------------ expressions


@dataclass(slots=True, eq=False)
class Number(Node):
    """A literal number, as written."""

    text: str


@dataclass(slots=True, eq=False)
class Truth(Node):
    """`true` or `false`."""

    value: bool


@dataclass(slots=True, eq=False)
class String(Node):
    """A literal string."""


@dataclass(slots=True, eq=False)
class Identifier(Node):
    """A name that is no type; `outermost` for `.name`."""

    name: str
    outermost: bool


@dataclass(slots=True, eq=False)
class TypeMember(Node):
    """`Type.name` or `error.name`."""

    type: Token
    name: Token


@dataclass(slots=True, eq=False)
class MemberOf(Node):
    """`base.name`."""

    base: Node
    name: Token


@dataclass(slots=True, eq=False)
class Index(Node):
    """`base[index]`."""

    base: Node
    index: Node


@dataclass(slots=True, eq=False)
class Slice(Node):
    """`base[high:low]`."""

    base: Node
    high: Node
    low: Node


@dataclass(slots=True, eq=False)
class Invocation(Node):
    """`target<types>(arguments)`."""

    target: Node
    types: tuple[Node, ...]
    arguments: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class Construction(Node):
    """`Type(arguments)` as an argument."""

    type: NamedType
    arguments: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class Cast(Node):
    """`(type) operand`."""

    type: Node
    operand: Node


@dataclass(slots=True, eq=False)
class Prefix(Node):
    """`-`, `+`, `~` or `!` before an operand."""

    operator: str
    operand: Node


@dataclass(slots=True, eq=False)
class Binary(Node):
    """`left operator right`."""

    operator: str
    left: Node
    right: Node


@dataclass(slots=True, eq=False)
class Ternary(Node):
    """`condition ? yes : no`."""

    condition: Node
    yes: Node
    no: Node


@dataclass(slots=True, eq=False)
class ListOf(Node):
    """`{ a, b }`."""

    items: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class NamedArgument(Node):
    """`name = value` in arguments or lists."""

    name: Token
    value: Node


@dataclass(slots=True, eq=False)
class Anything(Node):
    """`_` or `default`."""


@dataclass(slots=True, eq=False)
class Mask(Node):
    """`value &&& mask`."""

    value: Node
    mask: Node


@dataclass(slots=True, eq=False)
class Range(Node):
    """`low .. high`."""

    low: Node
    high: Node


@dataclass(slots=True, eq=False)
class KeysetTuple(Node):
    """`(keyset, keyset, ...)`."""

    items: tuple[Node, ...]


# ------------------------------------------------------------------------------------------------ statements


@dataclass(slots=True, eq=False)
class Assignment(Node):
    """`target = value;`."""

    target: Node
    value: Node


@dataclass(slots=True, eq=False)
class Call(Node):
    """An expression as a statement; only calls make sense."""

    expression: Node


@dataclass(slots=True, eq=False)
class Branch(Node):
    """`if (condition) yes else no`."""

    condition: Node
    yes: Node
    no: Node | None


@dataclass(slots=True, eq=False)
class Block(Node):
    """`{ ... }`."""

    body: tuple[Node, ...]
    annotations: Annotations = field(default=(), init=False)


@dataclass(slots=True, eq=False)
class Annotated(Node):
    """A statement with annotations that has no place for them."""

    statement: Node
    annotations: Annotations


@dataclass(slots=True, eq=False)
class SwitchCase(Node):
    """`label: block`; `label` None is `default`, `block` None falls through."""

    label: Node | None
    block: Block | None


@dataclass(slots=True, eq=False)
class Switch(Node):
    """`switch (subject) { ... }`."""

    subject: Node
    cases: tuple[SwitchCase, ...]


@dataclass(slots=True, eq=False)
class Leave(Node):
    """`return` or `exit`."""

    which: str
    value: Node | None


@dataclass(slots=True, eq=False)
class Empty(Node):
    """`;`."""


# ------------------------------------------------------------------------------------------------ declarations


@dataclass(slots=True, eq=False)
class Declaration(Node):
    """What gives a name to something."""

    name: Token
    annotations: Annotations = field(default=(), init=False)


@dataclass(slots=True, eq=False)
class Typedef(Declaration):
    """`typedef type name;` or `type type name;`."""

    type: Node


@dataclass(slots=True, eq=False)
class Constant(Declaration):
    """`const type name = value;`."""

    type: Node
    value: Node


@dataclass(slots=True, eq=False)
class Variable(Declaration):
    """`type name = initial;`."""

    type: Node
    initial: Node | None


@dataclass(slots=True, eq=False)
class Enumeration(Declaration):
    """`enum name { ... }`; `underlying` for serializable ones, whose members have values."""

    underlying: Node | None
    members: tuple[tuple[Token, Node | None], ...]


@dataclass(slots=True, eq=False)
class Errors(Node):
    """`error { ... }`."""

    names: tuple[Token, ...]
    annotations: Annotations = field(default=(), init=False)


@dataclass(slots=True, eq=False)
class Field(Declaration):
    """A field of a header or struct."""

    type: Node


@dataclass(slots=True, eq=False)
class Composite(Declaration):
    """`header name { ... }` or `struct name { ... }`."""

    which: str
    generic: bool
    fields: tuple[Field, ...]


@dataclass(slots=True, eq=False)
class Parameter(Declaration):
    """A parameter."""

    direction: str
    type: Node
    default: Node | None


@dataclass(slots=True, eq=False)
class Instance(Declaration):
    """`type(arguments) name;`."""

    type: Node
    arguments: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class Function(Declaration):
    """A function: refused."""


@dataclass(slots=True, eq=False)
class Action(Declaration):
    """`action name(parameters) { ... }`."""

    parameters: tuple[Parameter, ...]
    body: Block


@dataclass(slots=True, eq=False)
class Case(Node):
    """`keyset: state;`."""

    keyset: Node
    target: Token


@dataclass(slots=True, eq=False)
class State(Declaration):
    """A parser state. `subjects` is empty for a direct transition to `cases[0]`; no case at all is reject."""

    body: tuple[Node, ...]
    subjects: tuple[Node, ...]
    cases: tuple[Case, ...]
    direct: Token | None


@dataclass(slots=True, eq=False)
class Parser(Declaration):
    """`parser name(parameters) { ... }`."""

    generic: bool
    parameters: tuple[Parameter, ...]
    constructor: tuple[Parameter, ...] | None
    locals: tuple[Declaration, ...]
    states: tuple[State, ...]


@dataclass(slots=True, eq=False)
class Key(Node):
    """`expression: match;`."""

    expression: Node
    match: Token
    annotations: Annotations


@dataclass(slots=True, eq=False)
class ActionUse(Node):
    """An action in a table's list."""

    action: Node
    annotations: Annotations


@dataclass(slots=True, eq=False)
class Entry(Node):
    """`keyset: action(arguments);`."""

    keyset: Node
    action: Node
    annotations: Annotations


@dataclass(slots=True, eq=False)
class Property(Node):
    """`name = value` of a table: keys, actions, entries, or an expression."""

    name: str
    constant: bool
    items: tuple[Node, ...]
    annotations: Annotations


@dataclass(slots=True, eq=False)
class Table(Declaration):
    """`table name { ... }`."""

    properties: tuple[Property, ...]


@dataclass(slots=True, eq=False)
class Control(Declaration):
    """`control name(parameters) { ... apply { ... } }`."""

    generic: bool
    parameters: tuple[Parameter, ...]
    constructor: tuple[Parameter, ...] | None
    locals: tuple[Declaration, ...]
    body: Block


@dataclass(slots=True, eq=False)
class Program(Node):
    """The whole text."""

    declarations: tuple[Node, ...]
