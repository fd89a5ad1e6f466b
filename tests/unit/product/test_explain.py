"""The tags in words: what `--explain` says about the product graph."""

from strategies.networks import network
from strategies.policies import policy

from contra.automata.regex import AnySymbol, Concat, Star, Symbols
from contra.diagnostics import Reporter
from contra.product import build, explain

ANY = Star(AnySymbol())
LINE = (("A", "W"), ("W", "D"))


def words(regexes, rank, hosts=("A", "W", "D")) -> str:
    topology = network(("A", "W", "D"), LINE, hosts)
    return explain(build(policy(regexes, rank), topology, Reporter()))


def test_no_regex_needs_no_tags():
    assert words([], lambda matched: "util") == "Tags: none are needed, each switch has one product node.\n"


def test_switches_whose_tags_mean_the_same_are_told_together():
    """With a waypoint W in the middle, W knows one kind of path, the ends two."""
    waypoint = Concat((ANY, Symbols(frozenset({"W"})), ANY))
    lines = words([waypoint], lambda matched: "util" if matched else None).splitlines()
    assert "at most 2 a switch" in lines[0]
    groups = {
        line.strip(): lines[number + 1 :]
        for number, line in enumerate(lines)
        if line.startswith("  ") and line[2] != " "
    }
    assert set(groups) == {"W", "A, D"}
    assert groups["W"][0].strip().startswith("tag 0: matches `.* W .*`")
    assert groups["A, D"][0].strip().startswith("tag 0: matches no regex") and "inf here" in groups["A, D"][0]
    assert groups["A, D"][1].strip().startswith("tag 1: matches `.* W .*`")
