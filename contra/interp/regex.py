"""Regexes on paths by what is left of them: Antimirov's partial derivatives, straight from the definition.

What is left of a regex after some switches is a set of regexes: the path matches if one of them matches the rest of it.
The set of all such sets is finite (V. Antimirov, Partial derivatives of regular expressions and finite automaton
constructions, 1996), since there are at most as many partial derivatives as symbols in the regex, and one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from contra.automata.regex import AnySymbol, Concat, Regex, Star, Symbols, Union

Left: TypeAlias = frozenset[Regex]
"""Matches what any of its members matches."""

_ANYTHING = Star(AnySymbol())


def matches(regex: Regex, path: Iterable[str]) -> bool:
    """Whether the whole path, source to destination, is a word of the regex."""
    left = frozenset({regex})
    for switch in path:
        left = after(left, switch)
    return accepts(left)


def after(left: Left, switch: str) -> Left:
    """What is left after one more switch."""
    result = frozenset(rest for regex in left for rest in _rests(regex, switch))
    return frozenset({_ANYTHING}) if _ANYTHING in result else result  # which takes whatever the others take


def accepts(left: Left) -> bool:
    """Whether nothing need follow."""
    return any(_may_be_empty(regex) for regex in left)


def _may_be_empty(regex: Regex) -> bool:
    """Whether the empty path matches."""
    match regex:
        case AnySymbol() | Symbols():
            return False
        case Concat():
            return all(map(_may_be_empty, regex.parts))
        case Union():
            return any(map(_may_be_empty, regex.options))
        case Star():
            return True


def _rests(regex: Regex, switch: str) -> set[Regex]:
    """The partial derivatives: what may have to follow once `switch` was read."""
    match regex:
        case AnySymbol():
            return {Concat(())}
        case Symbols():
            return {Concat(())} if switch in regex.names else set()
        case Concat():
            found: set[Regex] = set()
            for i, part in enumerate(regex.parts):
                found |= {_sequence(rest, *regex.parts[i + 1 :]) for rest in _rests(part, switch)}
                if not _may_be_empty(part):
                    break
            return found
        case Union():
            return {rest for option in regex.options for rest in _rests(option, switch)}
        case Star():
            return {_sequence(rest, regex) for rest in _rests(regex.body, switch)}


def _sequence(*parts: Regex) -> Regex:
    """The parts in order, written without sequences in sequences, so that equal ones are equal."""
    flat: list[Regex] = []
    for part in parts:
        flat += part.parts if isinstance(part, Concat) else (part,)
    return flat[0] if len(flat) == 1 else Concat(tuple(flat))
