"""Differences and updates, against a switch that is nothing but a dictionary."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from support.control import default, port_key, to_port

from contra.deploy.control.differ import changes, compare
from contra.deploy.control.model import (
    Action,
    Altered,
    Content,
    EntryKey,
    GroupKey,
    Holding,
    Key,
    Match,
    Operation,
    Update,
)
from contra.p4.runtime import Replica

ROOM = 6


def routed(number: int) -> EntryKey:
    return EntryKey("In.routes", (Match("address", "lpm", number << 24, 8),))


contents: st.SearchStrategy[Content] = st.integers(0, 3).map(to_port)
entries = st.dictionaries(st.integers(0, 9).map(port_key), contents, max_size=ROOM)
others = st.dictionaries(st.integers(0, 9).map(routed), contents, max_size=3)
groups = st.dictionaries(
    st.integers(1, 5).map(GroupKey), st.lists(st.integers(1, 4).map(lambda p: Replica(p, 1)), max_size=3).map(tuple)
)
holdings = st.tuples(entries, others, groups, contents).map(
    lambda parts: Holding({**parts[0], **parts[1], **parts[2], default("In.identity"): parts[3]})
)


class Switch:
    """A dictionary that refuses what a switch refuses."""

    def __init__(self, holding: Holding) -> None:
        self.held: dict[Key, Content] = dict(holding.contents)

    def carry_out(self, update: Update) -> None:
        if update.operation is Operation.INSERT:
            assert update.key not in self.held
        else:
            assert update.key in self.held
        if update.operation is Operation.DELETE:
            assert update.content is None
            del self.held[update.key]
        else:
            assert update.content is not None
            self.held[update.key] = update.content

    def entries(self, table: str) -> int:
        return sum(isinstance(key, EntryKey) and not key.default and key.table == table for key in self.held)


@given(holdings, holdings)
def test_updates_lead_from_one_to_the_other(current: Holding, target: Holding) -> None:
    switch = Switch(current)
    updates = [update for batch in changes(current, target) for update in batch]
    for update in updates:
        switch.carry_out(update)
    assert switch.held == dict(target.contents)
    unequal = {
        key for key in {**current.contents, **target.contents} if current.contents.get(key) != target.contents.get(key)
    }
    assert Counter(update.key for update in updates) == Counter(unequal), "each difference is touched once"


@given(holdings, holdings)
def test_nothing_goes_before_what_takes_its_place_has_come(current: Holding, target: Holding) -> None:
    order = [update for batch in changes(current, target) for update in batch]
    places = {id(update): number for number, update in enumerate(order)}

    def last(kind: type, *operations: Operation) -> int:
        return max((places[id(u)] for u in order if isinstance(u.key, kind) and u.operation in operations), default=-1)

    def first(kind: type, *operations: Operation) -> int:
        return min((places[id(u)] for u in order if isinstance(u.key, kind) and u.operation in operations), default=999)

    coming, going = (Operation.INSERT, Operation.MODIFY), Operation.DELETE
    assert last(GroupKey, *coming) < first(EntryKey, *coming), "groups are there before entries name them"
    assert last(EntryKey, *coming) < first(EntryKey, going)
    assert last(EntryKey, *coming, going) < first(GroupKey, going), "and go when no entry does any more"


@given(holdings, holdings)
def test_a_table_never_holds_more_than_fits(current: Holding, target: Holding) -> None:
    switch = Switch(current)
    for batch in changes(current, target, {"In.ports": ROOM}):
        for update in batch:
            switch.carry_out(update)
            assert switch.entries("In.ports") <= ROOM
    assert switch.held == dict(target.contents)


def test_old_entries_go_first_only_where_there_is_no_room_for_both() -> None:
    old = Holding({port_key(1): to_port(1), routed(1): to_port(1)})
    new = Holding({port_key(2): to_port(1), routed(2): to_port(1)})
    tight = [u for batch in changes(old, new, {"In.ports": 1, "In.routes": 2}) for u in batch]
    assert [(u.operation.value, getattr(u.key, "table", "")) for u in tight] == [
        ("delete", "In.ports"),
        ("insert", "In.ports"),
        ("insert", "In.routes"),
        ("delete", "In.routes"),
    ]


def test_default_actions_are_modified_and_never_go() -> None:
    place = default("In.identity")
    old, new = Holding({place: Action("NoAction")}), Holding({place: Action("In.deny")})
    assert changes(old, new) == ((Update(Operation.MODIFY, place, Action("In.deny")),),)
    assert changes(old, Holding({})) == ()
    assert changes(Holding({}), new) == ((Update(Operation.MODIFY, place, Action("In.deny")),),)


def test_compare_names_what_is_missing_extra_and_altered() -> None:
    expected = Holding({port_key(1): to_port(1), port_key(2): to_port(2), GroupKey(1): (Replica(1, 1),)})
    found = Holding({port_key(1): to_port(1), port_key(3): to_port(3), GroupKey(1): (Replica(2, 1),)})
    difference = compare(expected, found)
    assert difference.missing == (port_key(2),)
    assert difference.extra == (port_key(3),)
    assert difference.altered == (Altered(GroupKey(1), (Replica(1, 1),), (Replica(2, 1),)),)
    assert difference
    assert not compare(expected, expected)
