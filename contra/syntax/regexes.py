"""Lark's tree -> regexes. A `sum` is an alternation here and a `product` a sequence with stars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from contra.diagnostics import Diagnostic, Reporter
from contra.source import SourceFile, Span
from contra.syntax import ast, build, errors
from contra.syntax.base import Base
from contra.syntax.classify import Kind, Scope, capital_path, found_in_words, is_token
from contra.syntax.tokens import shorten

if TYPE_CHECKING:
    from lark import Token, Tree

    Item: TypeAlias = Tree[Token] | Token

_QUOTE_HINT = 'a switch of this name goes in double quotes: "{}"'


class RegexConverter:
    """The regexes of one text."""

    def __init__(self, dialect: ast.Dialect, source: SourceFile, reporter: Reporter) -> None:
        self.base = Base(dialect, source, reporter)

    def fail(self, problem: Diagnostic) -> ast.Regex:
        """Report, and go on with any switch."""
        return ast.AnySwitch(span=self.base.fail(problem).span)

    def looks_like_one(self, tree: Tree[Token], scope: Scope) -> bool:
        """Whether a phrase with numbers in it was meant to be a regex: it has `.` or quotes, or begins with a name."""
        parts: list[Item] = [tree]
        while parts and not isinstance(parts[0], str) and parts[0].data in ("product", "sum"):
            parts = [*parts[0].children, *parts[1:]]
        named = bool(parts) and is_token(parts[0], "NAME") and str(parts[0]) not in scope
        return named or any(is_token(part, "ANY", "QUOTED") for part in parts)

    def regex(self, item: Item, scope: Scope, depth: int) -> ast.Regex:
        """A regex over switch names."""
        span = self.base.span(item)
        if isinstance(item, str):
            return self.leaf(item, scope, span)
        depth = self.base.enter(item, depth)
        if item.data == "sum":
            return self.alternation(item.children, scope, depth, span)
        if item.data == "product":
            return self.sequence(item.children, scope, depth, span)
        if item.data == "paren" and len(item.children) == 1:
            return self.regex(item.children[0], scope, depth)
        found = found_in_words(item)
        hint = "conditions are joined by 'and' and 'or'" if found == "a condition" else ""
        return self.fail(errors.NotARegex(found=found, hint=hint, span=span))

    def leaf(self, token: Token, scope: Scope, span: Span) -> ast.Regex:
        """One name or `.`."""
        text = str(token)
        match token.type:
            case "NAME" if scope.get(text) is Kind.NUMBER:
                hint = f"'{shorten(text)}' is a number here; give the 'let' another name than the switch"
                return self.fail(errors.NotARegex(found="the name of a number", hint=hint, span=span))
            case "NAME":
                return ast.SwitchName(name=text, span=span)
            case "QUOTED":
                return self.quoted(text[1:-1], scope, span)
            case "ANY":
                return ast.AnySwitch(span=span)
            case "STAR":
                return self.fail(errors.LooseStar(hint="for any path write '.*'", span=span))
        hint = _QUOTE_HINT.format(shorten(text)) if token.type == "NUMBER" else ""
        found = f"the number {shorten(text)}" if token.type == "NUMBER" else f"'{shorten(text)}'"
        return self.fail(errors.NotARegex(found=found, hint=hint, span=span))

    def quoted(self, name: str, scope: Scope, span: Span) -> ast.Regex:
        """A name in quotes; a `let` shadows it all the same, since the tree does not keep the quotes."""
        if scope.get(name) is Kind.NUMBER:
            hint = f"'{shorten(name)}' is a number here; give the 'let' another name than the switch"
            return self.fail(errors.NotARegex(found="the name of a number", hint=hint, span=span))
        return ast.SwitchName(name=name, span=span)

    def alternation(self, children: Sequence[Item], scope: Scope, depth: int, span: Span) -> ast.Regex:
        """`R + R`."""
        options: list[ast.Regex] = []
        for child in children:
            if is_token(child, "MINUS"):
                hint = "a name may hold a dash only between letters or digits; else put it in double quotes"
                self.fail(errors.NotARegex(found="'-'", hint=hint, span=self.base.span(child)))
            elif not is_token(child, "PLUS"):
                options.append(self.regex(child, scope, depth))
        return build.alternation_of(options, span)

    def sequence(self, children: Sequence[Item], scope: Scope, depth: int, span: Span) -> ast.Regex:
        """`R R`, each with its stars; stars in a row are as good as one."""
        if (name := capital_path(children)) is not None and str(children[0]) not in scope:
            self.fail(errors.CapitalPath(name=name, span=span))
        parts: list[ast.Regex] = []
        starred = True
        for place, child in enumerate(children):
            if not is_token(child, "STAR"):
                if self.is_matches(children, place, scope):
                    self.fail(errors.ForeignMatches(span=self.base.span(child)))
                parts.append(self.regex(child, scope, depth))
                starred = False
            elif not parts:
                self.fail(errors.LooseStar(hint="for any path write '.*'", span=self.base.span(child)))
            elif not starred:
                body = parts.pop()
                parts.append(ast.Repetition(body=body, span=body.span.to(self.base.span(child))))
                starred = True
        return build.sequence_of(parts, span) if parts else ast.AnySwitch(span=span)

    def is_matches(self, children: Sequence[Item], place: int, scope: Scope) -> bool:
        """Whether this is the prototype's `matches(` in a .ctr file."""
        if not is_token(children[place], "NAME") or str(children[place]) != "matches" or "matches" in scope:
            return False
        following = children[place + 1] if place + 1 < len(children) else None
        return following is not None and not isinstance(following, str) and following.data == "paren"
