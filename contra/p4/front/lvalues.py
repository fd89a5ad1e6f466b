"""What can be assigned to, and the arguments of calls with copy-in and copy-out."""

from __future__ import annotations

from contra.p4 import typed
from contra.p4.front import errors, tree
from contra.p4.front.expressions import expression
from contra.p4.front.scope import Env
from contra.source import Span


def check_lvalue(env: Env, target: typed.Expression, what: str = "this") -> None:
    """Raises Refused where the target cannot be assigned to."""
    place: typed.Expression = target
    while True:
        match place:
            case typed.Member(base=base) | typed.Element(base=base) | typed.Slice(base=base):
                place = base
            case typed.StackCursor(which="next" | "last", base=base):
                place = base
            case typed.VariableRef(variable=variable):
                if variable.direction == "in":
                    reason = f"'{variable.name}' is a parameter with direction 'in'"
                    raise env.refuse(errors.NotAnLvalue(what=what, reason=reason, span=target.span))
                if variable in env.shared.action_data:
                    reason = f"'{variable.name}' is action data"
                    raise env.refuse(errors.NotAnLvalue(what=what, reason=reason, span=target.span))
                return
            case _:
                reason = "it is a value, not a place"
                raise env.refuse(errors.NotAnLvalue(what=what, reason=reason, span=target.span))


def count_arguments(env: Env, name: str, arguments: tuple[tree.Node, ...], expected: int, span: Span) -> None:
    """Raises Refused unless there are as many as expected, all of them by position."""
    for argument in arguments:
        if isinstance(argument, tree.NamedArgument):
            raise env.unsupported(argument, "arguments by name are", "give the arguments in order")
    if len(arguments) != expected:
        noun = "argument" if expected == 1 else "arguments"
        wanted = f"{expected or 'no'} {noun}"
        raise env.refuse(errors.ArgumentCount(name=name, expected=wanted, found=len(arguments), span=span))


def bind(
    env: Env, name: str, parameters: tuple[typed.Variable, ...], arguments: tuple[tree.Node, ...], span: Span
) -> tuple[typed.Expression, ...]:
    """One argument for each parameter, `out` and `inout` ones lvalues."""
    count_arguments(env, name, arguments, len(parameters), span)
    bound = []
    for parameter, node in zip(parameters, arguments, strict=True):
        argument = expression(env, node, parameter.type, f"the argument for '{parameter.name}'")
        if parameter.direction in ("out", "inout"):
            check_lvalue(env, argument, f"the argument for '{parameter.direction} {parameter.name}'")
        bound.append(argument)
    return tuple(bound)
