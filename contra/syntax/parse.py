"""`SourceFile` -> `ast.Policy`: tokens, Lark's tree, our tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contra.diagnostics import InternalError, Reporter
from contra.source import SourceFile
from contra.suggest import nearest
from contra.syntax import ast, errors, hula_errors
from contra.syntax.base import MAX_DEPTH
from contra.syntax.convert import convert
from contra.syntax.explain import describe, explain, span_of
from contra.syntax.grammar import load
from contra.syntax.hula import to_fractions
from contra.syntax.read import MAX_BYTES
from contra.syntax.tokens import Comment, tokenize

if TYPE_CHECKING:
    from lark import Token, Tree

_MAX_STACK = 10 * MAX_DEPTH
"""A level of nesting takes less than ten places on the parser's stack; no need to read on to convert in vain."""
_EXAMPLES = {ast.Dialect.CTR: "minimize(path.len)", ast.Dialect.HULA: "path.length"}
_MINIMIZE_HINTS = {
    "minimize": "write  minimize( ... )",
    "maximize": "the path with the smallest rank wins: write  minimize( ... )",
    None: "write  minimize( ... )  around the rank, or give a policy of the .hula dialect the ending .hula",
}


def parse(
    source: SourceFile,
    reporter: Reporter,
    *,
    dialect: ast.Dialect | None = None,
    hula_capacity: int | None = None,
) -> ast.Policy:
    """The tree of a policy; raises CompileError with all that is wrong.

    The dialect follows from the file ending (`.hula`, anything else is .ctr) unless it is given. `hula_capacity`
    is the link speed in bit/s for which the byte counts of a .hula policy were written.
    """
    return parse_with_comments(source, reporter, dialect=dialect, hula_capacity=hula_capacity)[0]


def parse_with_comments(
    source: SourceFile,
    reporter: Reporter,
    *,
    dialect: ast.Dialect | None = None,
    hula_capacity: int | None = None,
) -> tuple[ast.Policy, list[Comment]]:
    """`parse`, and the comments of the text in order."""
    if dialect is None:
        dialect = ast.Dialect.HULA if source.name.lower().endswith(".hula") else ast.Dialect.CTR
    if len(source.text) > MAX_BYTES:
        reporter.report(errors.FileTooLarge(path=source.name, size=len(source.text), limit=MAX_BYTES))
        reporter.check()
    if kind := _foreign(source.text):
        start = len(source.text) - len(source.text.lstrip())
        reporter.report(errors.NoPolicy(path=source.name, kind=kind, span=source.span(start, start + 1)))
        reporter.check()
    tokens, comments = tokenize(source, dialect, reporter)
    if not tokens and not reporter.has_errors:
        example = _EXAMPLES[dialect]
        expected = "minimize( ... )" if dialect is ast.Dialect.CTR else "a rank"
        reporter.report(errors.EmptyPolicy(expected=expected, example=example, span=source.span(0, 0)))
    reporter.check()
    tree = _tree(tokens, dialect, source, reporter)
    if tree is None:
        reporter.check()
        raise InternalError("the parser failed and said nothing")
    policy = convert(tree, dialect, source, reporter)
    reporter.check()
    if dialect is ast.Dialect.HULA:
        policy = to_fractions(policy, hula_capacity, reporter)
        reporter.check()
    return policy, comments


def _foreign(text: str) -> str:
    """What the text is if it is clearly no policy: no dialect has words that begin so."""
    start = text[:1000].lstrip()[:2]
    if start[:1] in ("{", "["):
        return "JSON"
    xml = start[:1] == "<" and (start[1:].isalpha() or start[1:] in ("?", "!"))
    return "XML" if xml else ""


def _tree(tokens: list[Token], dialect: ast.Dialect, source: SourceFile, reporter: Reporter) -> Tree[Token] | None:
    """Lark's tree; None after an error that leaves none."""
    from lark import Token, UnexpectedToken

    parser = load(dialect).parse_interactive()
    if dialect is ast.Dialect.CTR:
        tokens = _with_minimize(tokens, source, reporter)
    elif tokens[0] == "minimize":
        reporter.report(hula_errors.ForeignMinimize(span=span_of(tokens[0], source)))
        reporter.check()
    end = Token("$END", "")
    token = end
    try:
        for token in tokens:
            parser.feed_token(token)
            if len(parser.parser_state.state_stack) > _MAX_STACK:
                reporter.report(errors.TooDeep(limit=MAX_DEPTH, span=span_of(token, source)))
                return None
        token = end
        tree: Tree[Token] = parser.feed_token(token)
    except UnexpectedToken:
        if token or token is end:
            reporter.report(explain(parser, token, source))
        return None
    return tree


def _with_minimize(tokens: list[Token], source: SourceFile, reporter: Reporter) -> list[Token]:
    """The tokens, with `minimize( )` around them (as empty tokens) where it is forgotten, so that the rest is read."""
    from lark import Token

    first = tokens[0]
    if first.type == "_MINIMIZE":
        return tokens
    near = nearest(first, ["minimize", "maximize"]) if first.type == "NAME" else None
    hint = _MINIMIZE_HINTS[near]
    reporter.report(errors.MissingMinimize(found=describe(first), hint=hint, span=span_of(first, source)))
    if near:
        return [Token.new_borrow_pos("_MINIMIZE", "", first), *tokens[1:]]
    opening = [Token.new_borrow_pos(kind, "", first) for kind in ("_MINIMIZE", "_LPAR")]
    return [*opening, *tokens, Token("_RPAR", "", len(source.text))]
