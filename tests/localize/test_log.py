"""Which objects the deploy journal says were changed."""

from __future__ import annotations

from contra.localize import Object
from contra.localize.log import TOGETHER_S, Write, changes_of_writes
from contra.localize.objects import Entry, Origins

ORIGINS = Origins({})
LINKS = ("A:1-B:1", "A:2-C:1", "A:3-D:1")
ENTRIES = tuple(Entry("A", table, {"link": link}) for link in LINKS for table in ("ingress_port", "hop_port"))


def changed(*writes: Write) -> list[tuple[str, float]]:
    return [(str(change.object), change.at) for change in changes_of_writes(writes, ENTRIES, ORIGINS)]


def write(number: int, at: float) -> Write:
    return Write(at, ENTRIES[number], str(number))


def test_the_object_of_most_of_what_was_written() -> None:
    """Both entries of a link, of six at the switch, three in each table."""
    assert changed(write(0, 1.0), write(1, 2.0)) == [("link A:1-B:1", 2.0)]


def test_where_nothing_was_written_in_great_part_the_greatest_counts() -> None:
    """Half of the link, a third of the table, a sixth of the switch."""
    assert changed(write(2, 5.0)) == [("link A:2-C:1", 5.0)]


def test_half_is_not_most() -> None:
    """One link as a whole; of the other tables' entries half at most."""
    own = ENTRIES[:4]
    writes = [Write(1.0, own[0], "0"), Write(1.0, own[1], "1")]
    assert [str(each.object) for each in changes_of_writes(writes, own, ORIGINS)] == ["link A:1-B:1"]


def test_all_of_a_table() -> None:
    """Half of each link."""
    found = changed(*(write(number, 1.0) for number in (0, 2, 4)))
    assert found == [("table A.ingress_port", 1.0)]


def test_what_is_written_twice_counts_once() -> None:
    switch = (Entry("B", "hosts", {"host": "h"}),) * 3
    writes = [Write(float(n), switch[0], "same") for n in range(3)]
    found = changes_of_writes(writes, switch, ORIGINS)
    assert [(str(change.object), change.text) for change in found] == [
        ("host h", "1 of 3 entries written"),
        ("switch B", "1 of 3 entries written"),
        ("table B.hosts", "1 of 3 entries written"),
    ]


def test_a_pause_ends_a_change() -> None:
    apart = changed(write(0, 0.0), write(1, TOGETHER_S + 1))
    assert apart == [("link A:1-B:1", 0.0), ("link A:1-B:1", TOGETHER_S + 1)]
    assert changed(write(1, TOGETHER_S), write(0, 0.0)) == [("link A:1-B:1", TOGETHER_S)]


def test_writes_of_what_the_build_has_not() -> None:
    foreign = Write(1.0, Entry("Z", "hop_port", {"rules": [7]}), "x")
    assert {each.object for each in changes_of_writes([foreign], ENTRIES, ORIGINS)} == {
        Object("switch", "Z"),
        Object("table", "Z.hop_port"),
    }


def test_no_writes() -> None:
    assert changed() == []
