"""Entries and values against the P4Runtime specification, and there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from p4.v1 import p4runtime_pb2
from support.control import small

from contra.deploy.control.client import Kind, SwitchError
from contra.deploy.control.codec import (
    fill_update,
    join_header,
    number_to_bytes,
    read_entry,
    read_group,
    split_header,
)
from contra.deploy.control.model import Action, EntryKey, GroupKey, Match, Operation, Update
from contra.deploy.control.names import Field
from contra.p4.runtime import Replica


# P4Runtime 1.3, section 8.3, table "Examples of Valid Bytestring Encoding"
@pytest.mark.parametrize(("value", "text"), [(0, "00"), (0x63, "63"), (99, "63"), (12388, "3064"), (256, "0100")])
def test_values_are_canonical(value: int, text: str) -> None:
    assert number_to_bytes(value) == bytes.fromhex(text)


def bits(width: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2**width - 1)


@st.composite
def filters(draw: st.DrawFn) -> EntryKey:
    matches = []
    mask = draw(bits(16))
    if mask:
        matches.append(Match("kind", "ternary", draw(bits(16)) & mask, mask))
    if draw(st.booleans()):
        matches.append(Match("length", "optional", draw(bits(32))))
    low, high = sorted((draw(bits(16)), draw(bits(16))))
    if (low, high) != (0, 2**16 - 1):
        matches.append(Match("low", "range", low, high))
    return EntryKey("In.filters", tuple(matches), draw(st.integers(1, 2**31 - 1)))


@st.composite
def prefixes(draw: st.DrawFn) -> EntryKey:
    length = draw(st.integers(0, 32))
    value = draw(bits(32)) >> (32 - length) << (32 - length)
    return EntryKey("In.routes", (Match("address", "lpm", value, length),) if length else ())


ports = bits(9).map(lambda port: EntryKey("In.ports", (Match("port", "exact", port),)))
defaults = st.sampled_from(["In.identity", "In.routes"]).map(lambda table: EntryKey(table, default=True))
actions = st.one_of(
    st.tuples(bits(9), bits(48)).map(lambda v: Action("In.to_port", (("port", v[0]), ("weight", v[1])))),
    bits(16).map(lambda group: Action("In.to_group", (("group", group),))),
    st.just(Action("NoAction")),
)


@given(st.one_of(filters(), prefixes(), ports, defaults), actions)
def test_entries_survive_the_way_there_and_back(key: EntryKey, action: Action) -> None:
    entity = p4runtime_pb2.Entity()
    fill_update(Update(Operation.INSERT, key, action), small().names, entity)
    again = p4runtime_pb2.Entity.FromString(entity.SerializeToString())
    assert read_entry(again.table_entry, small().names) == (key, action)


@given(st.integers(1, 2**16 - 1), st.sets(st.tuples(bits(9), bits(16)), max_size=9))
def test_groups_survive_the_way_there_and_back(number: int, pairs: set[tuple[int, int]]) -> None:
    replicas = tuple(Replica(*pair) for pair in sorted(pairs))
    entity = p4runtime_pb2.Entity()
    fill_update(Update(Operation.INSERT, GroupKey(number), replicas), small().names, entity)
    group = entity.packet_replication_engine_entry.multicast_group_entry
    assert read_group(group) == (GroupKey(number), replicas)


def test_a_replica_may_name_its_port_in_bytes() -> None:
    """The newer form of P4Runtime 1.4."""
    group = p4runtime_pb2.MulticastGroupEntry(multicast_group_id=3)
    group.replicas.add(port=b"\x01\x02", instance=9)
    assert read_group(group) == (GroupKey(3), (Replica(258, 9),))


@pytest.mark.parametrize(
    ("key", "content", "what"),
    [
        (EntryKey("In.nowhere", ()), Action("NoAction"), "table 'In.nowhere'"),
        (EntryKey("In.ports", (Match("x", "exact", 1),)), Action("NoAction"), "key 'x' of table 'In.ports'"),
        (EntryKey("In.ports", (Match("port", "exact", 1),)), Action("In.what"), "action 'In.what'"),
        (EntryKey("In.ports", ()), Action("In.to_group", (("g", 1),)), "parameter 'g' of action 'In.to_group'"),
    ],
)
def test_unknown_names_are_told(key: EntryKey, content: Action, what: str) -> None:
    with pytest.raises(SwitchError) as caught:
        fill_update(Update(Operation.INSERT, key, content), small().names, p4runtime_pb2.Entity())
    assert caught.value.kind is Kind.WRONG_PIPELINE
    assert what in caught.value.message


def test_unknown_numbers_are_told() -> None:
    entry = p4runtime_pb2.TableEntry(table_id=12345)
    with pytest.raises(SwitchError, match="12345"):
        read_entry(entry, small().names)
    entry.table_id = small().names.tables["In.ports"].id
    entry.action.action.action_id = 999
    with pytest.raises(SwitchError, match="999"):
        read_entry(entry, small().names)


FIELDS = (Field(1, "a", 3), Field(2, "b", 9), Field(3, "c", 4))


@given(bits(3), bits(9), bits(4), st.binary(max_size=5))
def test_headers_in_front_of_packets(a: int, b: int, c: int, payload: bytes) -> None:
    packet = int(f"{a:03b}{b:09b}{c:04b}", 2).to_bytes(2, "big") + payload
    values, rest = split_header(packet, FIELDS)
    assert [int.from_bytes(value, "big") for _, value in values] == [a, b, c]
    assert rest == payload
    assert join_header(dict(values), rest, FIELDS) == packet


def test_a_packet_out_without_its_header_is_refused() -> None:
    with pytest.raises(ValueError, match="2 bytes"):
        split_header(b"\x01", FIELDS)
