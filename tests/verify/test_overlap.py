"""Tables whose entries overlap, against truth tables: every packet of a few bits is looked up in both fillings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contra.deploy.control.model import Action, EntryKey, Holding, Match
from contra.verify import overlap
from contra.verify.check import Checked, check_switch
from contra.verify.model import FindingKind
from contra.verify.shapes import KeyShape, TableShape

ACTIONS = [Action("drop"), Action("go", (("port", 1),)), Action("go", (("port", 2),))]
KINDS = {
    "prefixes": [("address", "lpm", 4)],
    "prefixes below exact": [("address", "lpm", 3), ("port", "exact", 2)],
    "ternary": [("kind", "ternary", 4)],
    "everything": [("low", "range", 3), ("address", "lpm", 2), ("kind", "ternary", 2), ("one", "optional", 1)],
    "ranges": [("a", "range", 3), ("b", "range", 3)],
}
SHAPES = {
    name: TableShape(name, tuple(KeyShape(*key) for key in keys), {"drop": (), "go": ("port",)}, ACTIONS[0])
    for name, keys in KINDS.items()
}
Rows = Mapping[EntryKey, Action]
Packet = Mapping[str, int]


@st.composite
def matches(draw: st.DrawFn, name: str, kind: str, bits: int) -> Match | None:
    full = (1 << bits) - 1
    value = draw(st.integers(0, full))
    if kind == "exact":
        return Match(name, kind, value)
    if draw(st.integers(0, 3)) == 0:
        return None
    if kind == "optional":
        return Match(name, kind, value)
    if kind == "lpm":
        length = draw(st.integers(1, bits))
        return Match(name, kind, value >> (bits - length) << (bits - length), length)
    if kind == "ternary":
        mask = draw(st.integers(1, full))
        return Match(name, kind, value & mask, mask)
    other = draw(st.integers(0, full))
    low, high = min(value, other), max(value, other)
    return None if (low, high) == (0, full) else Match(name, kind, low, high)


@st.composite
def keys(draw: st.DrawFn, shape: TableShape) -> EntryKey:
    found = [draw(matches(key.name, key.kind, key.bits)) for key in shape.keys]
    ordered = sorted((match for match in found if match is not None), key=lambda match: match.name)
    prioritised = any(key.kind in ("ternary", "range", "optional") for key in shape.keys)
    return EntryKey(shape.name, tuple(ordered), draw(st.integers(1, 3)) if prioritised else 0)


@st.composite
def fillings(draw: st.DrawFn) -> tuple[TableShape, Rows, Rows]:
    """A table, what it should hold, and what it holds after some entries were changed."""
    shape = SHAPES[draw(st.sampled_from(sorted(SHAPES)))]
    actions = st.sampled_from(ACTIONS)
    expected = draw(st.dictionaries(keys(shape), actions, max_size=8))
    found = dict(expected)
    for key in draw(st.lists(st.sampled_from(sorted(expected, key=repr)), max_size=3)) if expected else []:
        found.pop(key, None)
    found |= draw(st.dictionaries(keys(shape), actions, max_size=3))
    order = draw(st.permutations(sorted(found, key=repr)))
    return shape, expected, {key: found[key] for key in order}


# --------------------------------------------------------------------------------- the judge: all packets


def packets(shape: TableShape) -> Iterator[Packet]:
    for values in product(*(range(1 << key.bits) for key in shape.keys)):
        yield dict(zip((key.name for key in shape.keys), values, strict=True))


def fits(shape: TableShape, key: EntryKey, packet: Packet) -> bool:
    bits = {each.name: each.bits for each in shape.keys}
    for match in key.matches:
        value = packet[match.name]
        if match.kind == "range":
            good = match.value <= value <= match.extra
        elif match.kind == "lpm":
            text, wanted = f"{value:0{bits[match.name]}b}", f"{match.value:0{bits[match.name]}b}"
            good = text[: match.extra] == wanted[: match.extra]
        elif match.kind == "ternary":
            good = value & match.extra == match.value
        else:
            good = value == match.value
        if not good:
            return False
    return True


def winners(shape: TableShape, rows: Rows, packet: Packet) -> set[EntryKey]:
    """The entries that may decide a packet: all of the greatest priority, else of the longest prefix."""
    found = [key for key in rows if fits(shape, key, packet)]
    by_priority = any(key.priority for key in found)

    def order(key: EntryKey) -> int:
        return key.priority if by_priority else sum(m.extra for m in key.matches if m.kind == "lpm")

    best = max(map(order, found), default=0)
    return {key for key in found if order(key) == best}


def decided(rows: Rows, keys: set[EntryKey]) -> set[Action]:
    return {rows[key] for key in keys}


class Truth:
    """What looking up all packets says about two fillings."""

    def __init__(self, shape: TableShape, expected: Rows, found: Rows) -> None:
        self.expected, self.found = expected, found
        self.wins: dict[str, set[EntryKey]] = {"expected": set(), "found": set()}
        self.at_fault: set[EntryKey] = set()
        self.harmed: set[EntryKey] = set()
        self.equal = True
        for packet in packets(shape):
            wanted, there = winners(shape, expected, packet), winners(shape, found, packet)
            self.wins["expected"] |= wanted
            self.wins["found"] |= there
            if decided(expected, wanted) != decided(found, there):
                self.equal = False
                self.harmed |= wanted
                self.at_fault |= {key for key in wanted | there if expected.get(key) != found.get(key)}

    @property
    def shadowed(self) -> set[EntryKey]:
        kept = {key for key in self.expected if self.found.get(key) == self.expected[key]}
        return {key for key in kept & self.harmed if key not in self.wins["found"]}


def checked(shape: TableShape, expected: Rows, found: Rows) -> Checked:
    return check_switch(Holding(expected), Holding(found), {shape.name: shape})


@given(fillings())
def test_findings_are_those_of_the_truth_table(case: tuple[TableShape, Rows, Rows]) -> None:
    shape, expected, found = case
    truth, result = Truth(shape, expected, found), checked(shape, expected, found)
    by_kind = {kind: {each.key for each in result.findings if each.kind is kind} for kind in FindingKind}
    assert (not result.findings) is truth.equal
    assert by_kind[FindingKind.MISSING] == {key for key in truth.at_fault if key not in found}
    assert by_kind[FindingKind.EXTRA] == {key for key in truth.at_fault if key not in expected}
    assert by_kind[FindingKind.ALTERED] == {key for key in truth.at_fault if key in found and key in expected}
    assert by_kind[FindingKind.SHADOWED] == truth.shadowed
    differing = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
    assert result.harmless == len(differing) - len(truth.at_fault)
    for each in result.findings:
        if each.kind is FindingKind.SHADOWED:
            assert each.others
            assert set(each.others) <= truth.at_fault & set(found)


@given(fillings())
def test_leaving_out_what_overlaps_nothing_changes_nothing(case: tuple[TableShape, Rows, Rows]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlap, "_MAX_PAIRS", -1)
        everything = checked(*case)
    assert checked(*case) == everything


@given(fillings())
def test_without_cudd_it_is_the_same(case: tuple[TableShape, Rows, Rows]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "dd.cudd", None)
        in_python = checked(*case)
    assert checked(*case) == in_python


def prefix(value: int, length: int) -> EntryKey:
    return EntryKey("prefixes", (Match("address", "lpm", value, length),))


def test_two_halves_are_a_whole() -> None:
    whole, halves = {prefix(0b1000, 1): ACTIONS[1]}, {prefix(0b1000, 2): ACTIONS[1], prefix(0b1100, 2): ACTIONS[1]}
    assert checked(SHAPES["prefixes"], whole, halves) == Checked((), harmless=3)
    assert checked(SHAPES["prefixes"], halves, whole) == Checked((), harmless=3)


def test_a_whole_that_is_shadowed_by_halves() -> None:
    whole = {prefix(0b1000, 1): ACTIONS[1]}
    result = checked(SHAPES["prefixes"], whole, {**whole, prefix(0b1000, 2): ACTIONS[2], prefix(0b1100, 2): ACTIONS[2]})
    shadowed, *extra = result.findings
    assert (shadowed.kind, shadowed.key) == (FindingKind.SHADOWED, prefix(0b1000, 1))
    assert set(shadowed.others) == {each.key for each in extra} == {prefix(0b1000, 2), prefix(0b1100, 2)}


@pytest.fixture
def without_dd(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("dd", "dd.cudd", "dd.autoref"):
        monkeypatch.setitem(__import__("sys").modules, name, None)


def test_without_the_library_entries_are_compared_one_by_one(without_dd: None) -> None:
    whole, halves = {prefix(0b1000, 1): ACTIONS[1]}, {prefix(0b1000, 2): ACTIONS[1], prefix(0b1100, 2): ACTIONS[1]}
    result = checked(SHAPES["prefixes"], whole, halves)
    assert [each.kind.value for each in result.findings] == ["missing", "extra", "extra"]
    assert [note.code for note in result.notes] == ["CTR1709"]


def test_a_diagram_that_grows_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    too_small: Callable[..., overlap.Judgement] = lambda *case: overlap.judge(*case, limit=0)  # noqa: E731
    monkeypatch.setattr("contra.verify.check.judge", too_small)
    monkeypatch.setattr(overlap, "_CHECK_EVERY", 1)
    result = checked(SHAPES["prefixes"], {prefix(0b1000, 1): ACTIONS[1]}, {})
    assert [each.kind.value for each in result.findings] == ["missing"]
    assert [note.code for note in result.notes] == ["CTR1708"]
