"""Text and tree: formatting and parsing undo each other."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.trees import policies, wild_policies

from contra.diagnostics import CompileError, Reporter
from contra.source import SourceFile
from contra.syntax import ast, format, format_source, parse

SETTINGS = settings(deadline=None, max_examples=150)


def parsed(text: str) -> ast.Policy:
    return parse(SourceFile("p.ctr", text), Reporter())


@SETTINGS
@given(wild_policies())
def test_parsing_the_formatted_text_gives_the_tree_back(policy):
    assert parsed(format(policy)) == policy


@SETTINGS
@given(wild_policies())
def test_formatting_twice_changes_nothing(policy):
    text = format(policy)
    assert format(parsed(text)) == text


@SETTINGS
@given(wild_policies())
def test_lines_have_no_blanks_at_their_ends_and_stay_short(policy):
    for line in format(policy).splitlines():
        assert line == line.rstrip()
        # A single word may be longer than the rest of the line; none of the generated ones is.
        assert len(line) <= 100


@SETTINGS
@given(policies(), st.randoms(use_true_random=False), st.integers(1, 5))
def test_no_comment_is_lost_wherever_it_stands(policy, rng: random.Random, count: int):
    """Comments between random words: all survive, the tree too, and a second pass changes nothing."""
    text = format(policy)
    words = text.split(" ")
    for number in range(count):
        place = rng.randrange(len(words))
        comment = f"# note {number}\n" if rng.random() < 0.5 else f"\n// note {number}\n"
        if '"' not in text:
            words.insert(place, comment)
        else:
            words = [comment, *words] if rng.random() < 0.5 else [*words, comment]
    source = SourceFile("p.ctr", " ".join(words))
    once = format_source(source, Reporter())
    assert parsed(once) == policy
    kept = sorted(line.strip() for line in once.splitlines() if "# note" in line)
    assert kept == [f"# note {number}" for number in range(count)]
    assert format_source(SourceFile("p.ctr", once), Reporter()) == once


WORDS = """minimize ( ) if then else let in and or not inf min max path.util path . util A B x .8 80% 5ms 1e3 + - * < <=
= == , ; "q" " # // /* */ matches ! \0 é 9z ∞"""


@settings(deadline=None, max_examples=400)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=25), st.sampled_from(["p.ctr", "p.hula"]))
def test_any_text_parses_or_gets_a_diagnostic_inside_the_file(words, name):
    """Never a traceback; every place that is named is in the text."""
    text = " ".join(words)
    try:
        parse(SourceFile(name, text), Reporter(), hula_capacity=10**9)
    except CompileError as error:
        assert error.diagnostics
        for problem in error.diagnostics:
            assert problem.title_text()
            problem.label_text(), problem.help_texts(), problem.note_texts()
            assert problem.span is not None
            for span in [problem.span, *(label.span for label in problem.secondary())]:
                assert 0 <= span.start <= span.end <= len(text)


@settings(deadline=None, max_examples=200)
@given(policies(), st.randoms(use_true_random=False))
def test_a_policy_with_a_word_lost_parses_or_gets_a_diagnostic(policy, rng: random.Random):
    words = format(policy).split(" ")
    del words[rng.randrange(len(words))]
    try:
        parsed(" ".join(words))
    except CompileError as error:
        assert error.diagnostics
