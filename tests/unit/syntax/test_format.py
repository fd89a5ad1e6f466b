"""Canonical text: how policies look, and that comments stay."""

from __future__ import annotations

import pytest
from support.policies import parsed

from contra.diagnostics import CompileError, Reporter
from contra.source import SourceFile
from contra.syntax import format, format_source


def formatted(text: str) -> str:
    return format(parsed(text))


def source_formatted(text: str, name: str = "p.ctr") -> str:
    return format_source(SourceFile(name, text), Reporter())


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("minimize( path . length )", "minimize(path.len)"),
        ("minimize(((1)+((2*3))))", "minimize(1 + 2 * 3)"),
        ("minimize((1-2)-(3-4))", "minimize(1 - 2 - (3 - 4))"),
        ("minimize(if (A)or((B) and(not (C)))then 1 else 2)", "minimize(if A or B and not C then 1 else 2)"),
        ("minimize(if (A or B) and C then 1 else 2)", "minimize(if (A or B) and C then 1 else 2)"),
        ("minimize(if ((A+B)*)(.)(.*) then 1 else 2)", "minimize(if (A + B)* . .* then 1 else 2)"),
        ('minimize(if "A" "n 1" "then" then 1 else 2)', 'minimize(if A "n 1" "then" then 1 else 2)'),
        ("minimize(.8+80%+1e-3+250µs+100000000000000000000)", "minimize(0.8 + 80% + 0.001 + 250us + 1e20)"),
        ("minimize(∞)", "minimize(inf)"),
        ("minimize((if A then 1 else 2)+3)", "minimize((if A then 1 else 2) + 3)"),
    ],
)
def test_one_line(written, canonical):
    assert formatted(written) == canonical + "\n"


def test_a_chain_that_does_not_fit_has_a_line_a_branch():
    rank = "(1, path.len, path.util)"
    text = f"minimize(if A .* B .* D then {rank} else if A .* C .* D then {rank} else inf)"
    assert formatted(text) == (
        "minimize(\n"
        "    if A .* B .* D then (1, path.len, path.util)\n"
        "    else if A .* C .* D then (1, path.len, path.util)\n"
        "    else inf\n"
        ")\n"
    )


def test_a_long_alternation_fills_lines():
    text = formatted(f"minimize(if {' + '.join(f'switch{i}' for i in range(40))} then 1 else 2)")
    lines = text.splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert len(lines) < 12
    assert lines[2].startswith("        + switch")


def test_comments_stay_with_their_clauses():
    text = """# Who may use the backbone.

// Ask Ada before changing this.
minimize( // by rank
  let core = X + Y in # the two big ones
  # the static pair first
  if A B D then 0
  else if .* core .* then 1 // then the core
  else
     # nothing else
     inf
)
# end
"""
    assert (
        source_formatted(text)
        == """# Who may use the backbone.

# Ask Ada before changing this.
minimize(
    # by rank
    # the two big ones
    let core = X + Y in
    # the static pair first
    if A B D then 0
    # then the core
    else if .* core .* then 1
    # nothing else
    else inf
)
# end
"""
    )


def test_block_comments_of_the_old_dialect_become_lines():
    text = "/* shortest\n   path */\npath.length /* /* metres */ no: links */\n"
    assert source_formatted(text, "p.hula") == ("# shortest\n# path\nminimize(path.len)\n# /* metres */ no: links\n")


def test_an_empty_comment_and_one_without_policy():
    assert source_formatted("#\n#!x\n##y\nminimize(path.len)") == "#\n#!x\n##y\nminimize(path.len)\n"
    with pytest.raises(CompileError):
        source_formatted("# only this\n")


def test_comments_above_an_else_and_above_the_let_in_it_stay_apart():
    text = (
        "minimize(\n"
        "    if A then inf\n"
        "    # of the else\n"
        "    # and this\n"
        "    else\n"
        "        # of the let\n"
        "        let x = B in\n"
        "        if x then path.len else inf\n"
        ")\n"
    )
    assert source_formatted(text) == text
