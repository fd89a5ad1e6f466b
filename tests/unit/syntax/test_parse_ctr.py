"""The .ctr dialect: what each form of the language stands for."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from strategies.trees import SPAN
from support.policies import parsed

from contra.diagnostics import Reporter
from contra.syntax import ast, format, parse, read
from contra.syntax.ast import Unit

POLICIES = Path(__file__).parents[2] / "policies"


def number(value, unit: Unit = Unit.NONE) -> ast.Number:
    return ast.Number(value=Fraction(value), unit=unit, span=SPAN)


def path(name: str) -> ast.Attribute:
    return ast.Attribute(name=name, span=SPAN)


def names(*parts: str) -> ast.Regex:
    found = [ast.SwitchName(name=part, span=SPAN) for part in parts]
    return found[0] if len(found) == 1 else ast.Sequence(parts=tuple(found), span=SPAN)


def star(body: ast.Regex) -> ast.Repetition:
    return ast.Repetition(body=body, span=SPAN)


ANY = ast.AnySwitch(span=SPAN)
ALL = star(ANY)
INF = ast.Infinity(span=SPAN)


def either(*options: ast.Regex) -> ast.Alternation:
    return ast.Alternation(options=options, span=SPAN)


def seq(*parts: ast.Regex) -> ast.Sequence:
    return ast.Sequence(parts=parts, span=SPAN)


def match(regex: ast.Regex) -> ast.Match:
    return ast.Match(regex=regex, span=SPAN)


def total(*terms, signs: str = "") -> ast.Sum:
    signs = signs or "+" * len(terms)
    chain = (ast.Term(negative=sign == "-", value=term) for sign, term in zip(signs, terms, strict=True))
    return ast.Sum(terms=tuple(chain), span=SPAN)


def times(*factors) -> ast.Product:
    return ast.Product(factors=factors, span=SPAN)


def tuple_of(*components) -> ast.Tuple:
    return ast.Tuple(components=components, span=SPAN)


def compared(left, sign: str, right) -> ast.Comparison:
    return ast.Comparison(relation=ast.Relation(sign), left=left, right=right, span=SPAN)


def choice(*branches, otherwise) -> ast.If:
    chain = tuple(ast.Branch(guard=guard, value=value) for guard, value in branches)
    return ast.If(branches=chain, otherwise=otherwise, span=SPAN)


def let(name: str, value, body) -> ast.Let:
    return ast.Let(name=name, name_span=SPAN, value=value, body=body, span=SPAN)


def rank(text: str) -> ast.Expr:
    return parsed(f"minimize({text})").objective


def guard(text: str) -> ast.Condition:
    objective = rank(f"if {text} then 1 else 2")
    assert isinstance(objective, ast.If)
    return objective.branches[0].guard


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("12", 12, Unit.NONE),
        (".8", Fraction(4, 5), Unit.NONE),
        ("0.8", Fraction(4, 5), Unit.NONE),
        ("1e-3", Fraction(1, 1000), Unit.NONE),
        ("2.5E2", 250, Unit.NONE),
        ("80%", 80, Unit.PERCENT),
        ("10ns", 10, Unit.NANOSECONDS),
        ("250us", 250, Unit.MICROSECONDS),
        ("250µs", 250, Unit.MICROSECONDS),
        ("5ms", 5, Unit.MILLISECONDS),
        ("1s", 1, Unit.SECONDS),
    ],
)
def test_numbers(text, value, unit):
    assert rank(text) == number(value, unit)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("path.util", path("util")),
        ("path . lat", path("lat")),
        ("path.length", path("len")),
        ("path.latency", path("lat")),
        ("path.cost", path("cost")),
        ("inf", INF),
        ("∞", INF),
        ("-path.len", total(path("len"), signs="-")),
        ("path.len-path.util", total(path("len"), path("util"), signs="+-")),
        ("1 + (2 + 3)", total(number(1), number(2), number(3))),
        ("1 + (2 - 3) + 4", total(number(1), number(2), number(3), number(4), signs="++-+")),
        ("1 - (2 - 3)", total(number(1), total(number(2), number(3), signs="+-"), signs="+-")),
        ("2*(3*path.len)", times(number(2), number(3), path("len"))),
        ("1+2*3", total(number(1), times(number(2), number(3)))),
        ("(1+2)*3", times(total(number(1), number(2)), number(3))),
        ("(1, (2, 3))", tuple_of(number(1), tuple_of(number(2), number(3)))),
        ("min(1)", ast.Extremum(function="min", operands=(number(1),), span=SPAN)),
        ("max(1, 2)", ast.Extremum(function="max", operands=(number(1), number(2)), span=SPAN)),
    ],
)
def test_arithmetic(text, tree):
    assert rank(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("A", names("A")),
        ("A.*B", seq(names("A"), ALL, names("B"))),
        ("A.B", seq(names("A"), ANY, names("B"))),
        (".* (F1 + F2) .*", seq(ALL, either(names("F1"), names("F2")), ALL)),
        ("A B + C D", either(names("A", "B"), names("C", "D"))),
        ("A + B*", either(names("A"), star(names("B")))),
        ("(A B)*", star(names("A", "B"))),
        ("A**", star(names("A"))),
        ("(A*)*", star(star(names("A")))),
        ("((A + B) + C)", either(names("A"), names("B"), names("C"))),
        ("(A B) C", names("A", "B", "C")),
        ("s-1-a t_2", names("s-1-a", "t_2")),
        ('"n 1.2" "if"', names("n 1.2", "if")),
        ("infra minimum pathway thenx", names("infra", "minimum", "pathway", "thenx")),
    ],
)
def test_regexes(text, tree):
    assert guard(text) == match(tree)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("path.util < .8", compared(path("util"), "<", number(Fraction(4, 5)))),
        ("not path.len >= 3", ast.Not(operand=compared(path("len"), ">=", number(3)), span=SPAN)),
        (
            "A or B and not C",
            ast.Or(
                operands=(
                    match(names("A")),
                    ast.And(operands=(match(names("B")), ast.Not(operand=match(names("C")), span=SPAN)), span=SPAN),
                ),
                span=SPAN,
            ),
        ),
        ("(A or B) or C", ast.Or(operands=(match(names("A")), match(names("B")), match(names("C"))), span=SPAN)),
        ("((A + B))", match(either(names("A"), names("B")))),
        ("(path.len + 1) * 2 == 4", compared(times(total(path("len"), number(1)), number(2)), "==", number(4))),
    ],
)
def test_conditions(text, tree):
    assert guard(text) == tree


def test_an_else_if_chain_is_one_node_with_or_without_parentheses():
    chain = choice((match(names("A")), number(1)), (match(names("B")), number(2)), otherwise=INF)
    assert rank("if A then 1 else if B then 2 else inf") == chain
    assert rank("if A then 1 else (if B then 2 else inf)") == chain


def test_an_if_after_then_needs_no_parentheses():
    inner = choice((match(names("B")), number(1)), otherwise=number(2))
    assert rank("if A then if B then 1 else 2 else 3") == choice((match(names("A")), inner), otherwise=number(3))


def test_what_a_let_names_follows_from_its_value():
    body = choice((match(seq(ALL, names("m"), ALL)), ast.Variable(name="x", span=SPAN)), otherwise=INF)
    tree = let("m", either(names("F1"), names("F2")), let("x", total(number(1), number(2)), body))
    assert rank("let m = F1 + F2 in let x = 1 + 2 in if .* m .* then x else inf") == tree


def test_names_shadow_lexically():
    """`a` is a regex, then a number, and a regex again outside."""
    text = "if (let a = 1 in a) < 2 and a B then 1 else 2"
    condition = rank(f"let a = A in {text}").body.branches[0].guard
    assert condition.operands[0].left == let("a", number(1), ast.Variable(name="a", span=SPAN))
    assert condition.operands[1] == match(names("a", "B"))


def test_a_product_of_let_numbers_is_no_regex():
    x = ast.Variable(name="x", span=SPAN)
    assert rank("let x = 2 in x * x + x") == let("x", number(2), total(times(x, x), x))
    assert rank("let x = 2 in let y = x * x in y").body.value == times(x, x)


def test_comments_and_line_ends_are_blanks():
    assert parsed("# one\r\nminimize( // two\n path.len # three\n)\n").objective == path("len")


def test_every_node_knows_its_place():
    policy = parsed("minimize(if A .* then (1, path.len) else let x = 2 in x)")
    objective = policy.objective
    assert objective.span.text == "if A .* then (1, path.len) else let x = 2 in x"
    assert objective.branches[0].guard.span.text == "A .*"
    assert objective.branches[0].value.span.text == "(1, path.len)"
    assert objective.otherwise.span.text == "let x = 2 in x"
    assert objective.otherwise.name_span.text == "x"


SPECIFIED = {
    "p1_shortest_path": path("len"),
    "p2_least_utilised": path("util"),
    "p3_widest_shortest": tuple_of(path("len"), path("util")),
    "p5_must_use_link": choice((match(seq(ALL, names("X"), names("Y"), ALL)), path("util")), otherwise=INF),
    "p6_weighted_link": total(
        choice((match(seq(ALL, names("X"), names("Y"), ALL)), number(10)), otherwise=number(0)), path("len")
    ),
    "p8_congestion_aware": choice(
        (compared(path("util"), "<", number(Fraction(4, 5))), tuple_of(number(1), number(0), path("util"))),
        otherwise=tuple_of(number(2), path("len"), path("util")),
    ),
    "figure_5": choice(
        (match(names("A", "B", "D")), number(0)),
        (match(seq(names("B"), ALL, names("D"))), path("util")),
        otherwise=INF,
    ),
    "flowlet_violation": choice((match(either(names(*"SCEFD"), names(*"SAEBD"))), path("util")), otherwise=INF),
}


@pytest.mark.parametrize("name", SPECIFIED)
def test_policies_of_the_language_page(name):
    file = POLICIES / "good" / f"{name}.ctr"
    assert parse(read(file, Reporter()), Reporter()).objective == SPECIFIED[name]


@pytest.mark.parametrize("file", sorted(POLICIES.glob("*/*.ctr")), ids=lambda file: file.stem)
def test_policy_files_are_formatted(file):
    text = file.read_text(encoding="utf-8")
    first, _, rest = text.partition("\n")
    assert first.startswith("# ") and "switches:" in first
    assert format(parse(read(file, Reporter()), Reporter())) == rest


@pytest.mark.parametrize("length", [5000])
def test_long_chains(length: int):
    chain = rank("".join(f"if A then {i} else " for i in range(length)) + "inf")
    assert len(chain.branches) == length and chain.branches[-1].value == number(length - 1)
    assert len(rank(" + ".join(["path.len"] * length)).terms) == length
    assert len(guard(" + ".join(["A"] * length)).regex.options) == length
    assert len(guard(" ".join(["A"] * length)).regex.parts) == length
