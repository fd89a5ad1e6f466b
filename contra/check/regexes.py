"""Regexes of the policy -> regexes over the topology's switch names, numbered, equal ones once."""

from __future__ import annotations

from contra.automata.regex import AnySymbol, Concat, Regex, Star, Symbols, Union
from contra.check.errors import UnknownName
from contra.check.limits import bound
from contra.check.model import PolicyRegex
from contra.check.names import Names
from contra.check.typed import TypedRegex
from contra.diagnostics import Reporter
from contra.syntax import ast, format_regex


class Regexes:
    """The regexes of one policy."""

    def __init__(self, names: Names, reporter: Reporter) -> None:
        self.names = names
        self.reporter = reporter
        self.table: dict[Regex, PolicyRegex] = {}

    def index(self, regex: Regex, written: ast.Regex) -> int:
        """The number of a regex in the policy; `written` is how it is shown."""
        known = self.table.get(regex)
        if known is None:
            index = len(self.table)
            known = PolicyRegex(index=index, regex=regex, text=format_regex(written), span=written.span)
            self.table[regex] = known
        return known.index

    def check(self, regex: ast.Regex) -> TypedRegex:
        """Names resolved, `let`s expanded, chains flat, plain names of an alternation in one leaf."""
        match regex:
            case ast.AnySwitch():
                return TypedRegex(AnySymbol())
            case ast.SwitchName():
                return self.name(regex)
            case ast.Repetition():
                body = self.check(regex.body)
                inner = body.regex
                return TypedRegex(inner if isinstance(inner, Star) else Star(inner), body.size + 1, body.depth + 1)
            case ast.Sequence():
                return self.chain(regex, [self.check(part) for part in regex.parts])
            case ast.Alternation():
                return self.chain(regex, [self.check(option) for option in regex.options])

    def name(self, regex: ast.SwitchName) -> TypedRegex:
        """A `let` of that name, else a switch."""
        value = self.names.bound(regex.name)
        if isinstance(value, TypedRegex):
            return value
        if value is not None:
            hint = "this is a number and cannot stand in a regex"
            self.reporter.report(UnknownName(name=regex.name, hint=hint, span=regex.span))
            return TypedRegex(AnySymbol())
        return TypedRegex(Symbols(frozenset([self.names.switch(regex.name, regex.span)])))

    def chain(self, written: ast.Sequence | ast.Alternation, parts: list[TypedRegex]) -> TypedRegex:
        """A sequence or an alternation of checked parts; the size is looked at before anything is compared."""
        size = sum(part.size for part in parts) + 1
        depth = max(part.depth for part in parts) + 1
        bound(size, depth, written.span, self.reporter)
        regexes = [part.regex for part in parts]
        joined = concat(regexes) if isinstance(written, ast.Sequence) else union(regexes)
        return TypedRegex(joined, size, depth)


def concat(parts: list[Regex]) -> Regex:
    """The sequence of the parts, flat."""
    flat: list[Regex] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Concat) else [part])
    return flat[0] if len(flat) == 1 else Concat(tuple(flat))


def union(options: list[Regex]) -> Regex:
    """The alternation of the options: flat, each once, single symbols in one leaf at the place of the first."""
    flat: dict[Regex, None] = {}
    names: set[str] = set()
    place = Symbols(frozenset())
    for option in options:
        for single in option.options if isinstance(option, Union) else (option,):
            if isinstance(single, Symbols):
                names |= single.names
                flat.setdefault(place)
            else:
                flat.setdefault(single)
    if AnySymbol() in flat:
        flat.pop(place, None)
    found = tuple(Symbols(frozenset(names)) if option == place else option for option in flat)
    return found[0] if len(found) == 1 else Union(found)
