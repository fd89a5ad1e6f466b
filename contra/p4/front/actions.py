"""What each rule of grammar/p4_16.lark makes: one method a rule, from its words and nodes to a node."""

from __future__ import annotations

from typing import Any

from contra.p4.front import tree
from contra.p4.front.tree import Annotation, Node, Token

Parts = list[Any]

_LEVELS = (
    ("||",),
    ("&&",),
    ("==", "!="),
    ("<", ">", "<=", ">="),
    ("|",),
    ("^",),
    ("&",),
    ("<<", ">>"),
    ("++", "+", "-", "|+|", "|-|"),
    ("*", "/", "%"),
)
_STRENGTH = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
"""P4_16 language specification 1.2.4, section 8.15 and appendix G; all of them join from the left."""


def tree_maker() -> object:
    """The methods that Lark calls, by rule."""
    return _TreeMaker()


def nodes(parts: Parts, kind: type[Any] = Node) -> tuple[Any, ...]:
    """Those of the parts that are of a kind."""
    return tuple(part for part in parts if isinstance(part, kind))


def split(parts: Parts) -> tuple[tree.Annotations, Parts]:
    """Leading annotations, and the rest."""
    count = 0
    while count < len(parts) and isinstance(parts[count], Annotation):
        count += 1
    return tuple(parts[:count]), parts[count:]


def chain(parts: Parts) -> Node:
    """Operands and operators by turns, as a tree by precedence."""
    operands: list[Node] = [parts[0]]
    waiting: list[str] = []
    for place in range(1, len(parts), 2):
        operator: str = parts[place].text
        while waiting and _STRENGTH[waiting[-1]] >= _STRENGTH[operator]:
            _join(operands, waiting.pop())
        waiting.append(operator)
        operands.append(parts[place + 1])
    while waiting:
        _join(operands, waiting.pop())
    return operands[0]


def _join(operands: list[Node], operator: str) -> None:
    right = operands.pop()
    left = operands.pop()
    operands.append(tree.Binary(left.start, right.end, operator, left, right))


class _ExpressionMaker:
    """Types and expressions."""

    def named(self, p: Parts) -> Node:
        return tree.NamedType(p[0].start, _end(p), p[0].text, nodes(p[1:]))

    def bits(self, p: Parts) -> Node:
        return tree.BitsType(p[0].start, _end(p), p[0].text == "int", p[2])

    def boolean(self, p: Parts) -> Node:
        return tree.PlainType(p[0].start, p[0].end, p[0].text)

    error_type = void = boolean

    def stack(self, p: Parts) -> Node:
        return tree.StackType(p[0].start, p[-1].end, p[0], p[2])

    def name(self, p: Parts) -> Token:
        word: Token = p[0]
        return word

    def number(self, p: Parts) -> Node:
        return tree.Number(p[0].start, p[0].end, p[0].text)

    def truth(self, p: Parts) -> Node:
        return tree.Truth(p[0].start, p[0].end, p[0].text == "true")

    def string(self, p: Parts) -> Node:
        return tree.String(p[0].start, p[0].end)

    def identifier(self, p: Parts) -> Node:
        return tree.Identifier(p[0].start, p[-1].end, p[-1].text, len(p) == 2)

    def type_member(self, p: Parts) -> Node:
        return tree.TypeMember(p[0].start, p[2].end, p[0], p[2])

    def parenthesised(self, p: Parts) -> Node:
        inner: Node = p[1]
        return inner

    def member_of(self, p: Parts) -> Node:
        return tree.MemberOf(p[0].start, p[2].end, p[0], p[2])

    def index(self, p: Parts) -> Node:
        return tree.Index(p[0].start, p[3].end, p[0], p[2])

    def slice(self, p: Parts) -> Node:
        return tree.Slice(p[0].start, p[-1].end, p[0], p[2], p[4])

    def invocation(self, p: Parts) -> Node:
        return tree.Invocation(p[0].start, p[-1].end, p[0], nodes(p[1:-2]), p[-2])

    def construction(self, p: Parts) -> Node:
        return tree.Construction(p[0].start, p[-1].end, p[0], p[2])

    def arguments(self, p: Parts) -> tuple[Node, ...]:
        return nodes(p)

    def named_argument(self, p: Parts) -> Node:
        return tree.NamedArgument(p[0].start, p[2].end, p[0], p[2])

    def ignored(self, p: Parts) -> Node:
        return tree.Anything(p[0].start, p[0].end)

    anything = ignored

    def cast(self, p: Parts) -> Node:
        return tree.Cast(p[0].start, p[3].end, p[1], p[3])

    def prefix(self, p: Parts) -> Node:
        return tree.Prefix(p[0].start, p[1].end, p[0].text, p[1])

    def chain(self, p: Parts) -> Node:
        return chain(p)

    def ternary(self, p: Parts) -> Node:
        return tree.Ternary(p[0].start, p[4].end, p[0], p[2], p[4])

    def list(self, p: Parts) -> Node:
        return tree.ListOf(p[0].start, p[-1].end, nodes(p))

    def mask(self, p: Parts) -> Node:
        return tree.Mask(p[0].start, p[2].end, p[0], p[2])

    def range(self, p: Parts) -> Node:
        return tree.Range(p[0].start, p[2].end, p[0], p[2])

    def keyset_tuple(self, p: Parts) -> Node:
        return tree.KeysetTuple(p[0].start, p[-1].end, nodes(p))


class _StatementMaker(_ExpressionMaker):
    """Statements."""

    def annotated_statement(self, p: Parts) -> Node:
        return _annotated(p)

    def assignment(self, p: Parts) -> Node:
        return tree.Assignment(p[0].start, p[3].end, p[0], p[2])

    def call(self, p: Parts) -> Node:
        return tree.Call(p[0].start, p[1].end, p[0])

    def branch(self, p: Parts) -> Node:
        return tree.Branch(p[0].start, _end(p), p[2], p[4], p[6])

    def block(self, p: Parts) -> Node:
        return tree.Block(p[0].start, p[-1].end, nodes(p))

    def switch(self, p: Parts) -> Node:
        return tree.Switch(p[0].start, p[-1].end, p[2], nodes(p[3:]))

    def switch_case(self, p: Parts) -> Node:
        label = p[0] if isinstance(p[0], Node) else None
        return tree.SwitchCase(p[0].start, p[0].end, label, p[2])

    def leave(self, p: Parts) -> Node:
        return tree.Leave(p[0].start, p[-1].end, p[0].text, p[1] if isinstance(p[1], Node) else None)

    def empty(self, p: Parts) -> Node:
        return tree.Empty(p[0].start, p[0].end)

    def constant(self, p: Parts) -> Node:
        return tree.Constant(p[0].start, p[-1].end, p[2], p[1], p[4])

    def variable(self, p: Parts) -> Node:
        return tree.Variable(p[0].start, p[-1].end, p[1], p[0], p[3])

    def instance(self, p: Parts) -> Node:
        return tree.Instance(p[0].start, p[-1].end, p[4], p[0], p[2])


class _TreeMaker(_StatementMaker):
    """Declarations, and the program."""

    def program(self, p: Parts) -> tree.Program:
        return tree.Program(0, _end(p) if p else 0, nodes(p))

    def annotated(self, p: Parts) -> Node:
        return _annotated(p)

    annotated_local = annotated_part = annotated

    def typedef(self, p: Parts) -> Node:
        return tree.Typedef(p[0].start, p[-1].end, p[2], p[1])

    def enumeration(self, p: Parts) -> Node:
        members = tuple(part for part in p if isinstance(part, tuple))
        return tree.Enumeration(p[0].start, p[-1].end, p[2], p[1], members)

    def member(self, p: Parts) -> tuple[Token, Node | None]:
        return p[0], p[2]

    def errors(self, p: Parts) -> Node:
        names = tuple(part for part in p[2:-1] if isinstance(part, Token) and part.text != ",")
        return tree.Errors(p[0].start, p[-1].end, names)

    def generics(self, p: Parts) -> bool:
        return p[0] is not None

    def composite(self, p: Parts) -> Node:
        return tree.Composite(p[0].start, p[-1].end, p[1], p[0].text, p[2], nodes(p[3:]))

    def field(self, p: Parts) -> Node:
        annotations, (kind, name, end) = split(p)
        made = tree.Field(kind.start, end.end, name, kind)
        made.annotations = annotations
        return made

    def function(self, p: Parts) -> Node:
        return tree.Function(p[0].start, p[-1].end, p[1])

    def action(self, p: Parts) -> Node:
        return tree.Action(p[0].start, p[-1].end, p[1], p[3], p[5])

    def parameters(self, p: Parts) -> tuple[Node, ...]:
        return nodes(p)

    def parameter(self, p: Parts) -> Node:
        annotations, (direction, kind, name, _, default) = split(p)
        made = tree.Parameter(
            (direction or kind).start, name.end, name, direction.text if direction else "", kind, default
        )
        made.annotations = annotations
        return made

    def parser(self, p: Parts) -> Node:
        return tree.Parser(
            p[0].start,
            p[-1].end,
            p[1],
            p[2],
            p[4],
            p[7],
            nodes(p[9:], tree.Declaration)[: _locals(p)],
            nodes(p, tree.State),
        )

    def state(self, p: Parts) -> Node:
        annotations, rest = split(p)
        subjects, cases, direct = rest[-2] or ((), (), None)
        body = nodes(rest[3:-2])
        made = tree.State(rest[0].start, rest[1].end, rest[1], body, subjects, cases, direct)
        made.annotations = annotations
        return made

    def go(self, p: Parts) -> tuple[Any, ...]:
        return (), (), p[1]

    def select(self, p: Parts) -> tuple[Any, ...]:
        cases = nodes(p, tree.Case)
        return tuple(node for node in nodes(p) if not isinstance(node, tree.Case)), cases, None

    def case(self, p: Parts) -> Node:
        return tree.Case(p[0].start, p[-1].end, p[0], p[2])

    def control(self, p: Parts) -> Node:
        locals_ = nodes(p[9:-3], tree.Declaration)
        return tree.Control(p[0].start, p[-1].end, p[1], p[2], p[4], p[7], locals_, p[-2])

    def table(self, p: Parts) -> Node:
        return tree.Table(p[0].start, p[-1].end, p[1], nodes(p))

    def keys(self, p: Parts) -> Node:
        annotations, rest = split(p)
        return tree.Property(rest[0].start, rest[0].end, "key", False, nodes(rest), annotations)

    def actions(self, p: Parts) -> Node:
        annotations, rest = split(p)
        return tree.Property(rest[0].start, rest[0].end, "actions", False, nodes(rest), annotations)

    def entries(self, p: Parts) -> Node:
        annotations, rest = split(p)
        return tree.Property(rest[1].start, rest[1].end, "entries", rest[0] is not None, nodes(rest), annotations)

    def setting(self, p: Parts) -> Node:
        annotations, rest = split(p)
        name = rest[1]
        return tree.Property(name.start, name.end, name.text, rest[0] is not None, (rest[3],), annotations)

    def key(self, p: Parts) -> Node:
        return tree.Key(p[0].start, p[0].end, p[0], p[2], nodes(p, Annotation))

    def action_use(self, p: Parts) -> Node:
        annotations, rest = split(p)
        return tree.ActionUse(rest[0].start, rest[0].end, rest[0], annotations)

    def entry(self, p: Parts) -> Node:
        return tree.Entry(p[0].start, p[2].end, p[0], p[2], nodes(p, Annotation))


def _locals(parts: Parts) -> int:
    """How many declarations stand before the states."""
    return sum(isinstance(part, tree.Declaration) and not isinstance(part, tree.State) for part in parts)


def _annotated(parts: Parts) -> Node:
    annotations, rest = split(parts)
    node: Node = rest[0]
    if not annotations:
        return node
    if not isinstance(node, tree.Declaration | tree.Errors | tree.Block):
        return tree.Annotated(annotations[0].start, node.end, node, annotations)
    node.annotations = annotations
    return node


def _end(parts: Parts) -> int:
    """The end of the last part that is there."""
    return next((part.end for part in reversed(parts) if isinstance(part, Token | Node)), 0)
