"""Runtime entries against tables: what is read from good files, and what is said about bad ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import builds
from support.judging import topology_from
from support.p4program import Declared, action, program, table

from contra.diagnostics import CompileError, Diagnostic, Reporter
from contra.p4.front import read as front
from contra.p4.runtime import SwitchEntries, read_entries
from contra.p4.typed import ActionUse, Bits, Boolean, ConstEntry, EnumType, KeyValue, Program
from contra.render import render_text
from contra.source import SourceFile

D = Declared()
PERMIT = action("C.permit", D, port=9)
SIGNED = action("C.shift", D, by=Bits(8, signed=True), on=Boolean())
DENY = action("C.deny", D)
COLOUR = EnumType("Colour", ("RED", "GREEN"))
ACL = table(
    "C.acl.rules",
    D,
    {"address": ("ternary", 32), "ports": ("range", 16), "kind": ("optional", 8)},
    [PERMIT, ActionUse(DENY, default_only=True), ActionUse(SIGNED, table_only=True)],
    size=3,
)
ROUTES = table("C.routes", D, {"address": ("lpm", 32)}, [PERMIT, DENY])
OTHER_ROUTES = table("D.routes", D, {"address": ("lpm", 32)}, [PERMIT, DENY])
MACS = table("C.macs", D, {"mac": ("exact", 48), "vlan": ("exact", 12)}, [PERMIT, DENY], constant_default=True)
PAINT = table("C.paint", D, {"colour": ("exact", COLOUR), "on": ("exact", Boolean())}, [SIGNED, DENY])
WIDE = table("C.wide", D, {"six": ("lpm", 128)}, [DENY])
FIXED = table("C.fixed", D, {"x": ("exact", 8)}, [DENY], entries=(ConstEntry((KeyValue(1),), DENY, (), D.span("1"))))
SMALL = program([ACL, ROUTES, OTHER_ROUTES, MACS, PAINT, WIDE, FIXED])


def read(content: Any, of: Program = SMALL) -> tuple[SwitchEntries | None, list[Diagnostic]]:
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    reporter = Reporter()
    try:
        return read_entries(SourceFile("runtime.json", text), of, reporter), reporter.diagnostics
    except CompileError as error:
        return None, list(error.diagnostics)


def entry(name: str, match: dict[str, Any], act: str = "C.permit", **more: Any) -> dict[str, Any]:
    params = {"port": 1} if act.endswith("permit") else {}
    return {"table": name, "match": match, "action_name": act, "action_params": params, **more}


def keys_of(name: str, match: dict[str, Any], **more: Any) -> tuple[KeyValue, ...]:
    found, said = read({"table_entries": [entry(name, match, **more)]})
    assert found is not None, render_text(said)
    ((rows),) = [rows for rows in found.entries.values() if rows]
    return rows[0].keys


# ------------------------------------------------------------------------------------------------- what is read


def test_values_of_keys() -> None:
    """p4lang/tutorials, utils/p4runtime_lib: exact a value, lpm, ternary and range pairs."""
    address = 10 << 24 | 1
    assert keys_of("C.routes", {"address": ["10.0.0.0", 8]}) == (KeyValue(10 << 24, prefix=8),)
    assert keys_of("C.routes", {"address": ["0x0a000001", 32]}) == (KeyValue(address, prefix=32),)
    assert keys_of("C.macs", {"mac": "02:00:00:00:01:ff", "vlan": 7}) == (KeyValue(0x0200000001FF), KeyValue(7))
    assert keys_of("C.macs", {"mac": [3], "vlan": "0b11"}) == (KeyValue(3), KeyValue(3))
    six = int("20010db8" + "0" * 24, 16)
    assert keys_of("C.wide", {"six": ["2001:db8::", 32]}, act="C.deny") == (KeyValue(six, prefix=32),)
    full = {"address": ["10.0.0.0", "255.0.0.0"], "ports": [5, "0x10"], "kind": 6}
    assert keys_of("C.acl.rules", full, priority=2) == (
        KeyValue(10 << 24, mask=255 << 24),
        KeyValue(5, high=16),
        KeyValue(6, mask=255),
    )


def test_keys_that_may_be_absent_match_anything() -> None:
    assert keys_of("C.acl.rules", {}, priority=1) == (KeyValue(0, mask=0), KeyValue(0, high=65535), KeyValue(0, mask=0))
    assert keys_of("C.routes", {}) == (KeyValue(0, prefix=0),)


def test_values_of_action_data_and_enums() -> None:
    row = entry("C.paint", {"colour": "GREEN", "on": True}, "C.shift")
    row["action_params"] = {"on": False, "by": -128}
    found, _ = read({"table_entries": [row]})
    assert found is not None
    (only,) = found.entries[PAINT]
    assert (only.keys, only.action, only.arguments) == ((KeyValue(1), KeyValue(1)), SIGNED, (-128, 0))


def test_defaults_groups_sessions_and_places() -> None:
    rows = [entry("rules", {}, priority=9, provenance={"rules": [3]}), entry("C.routes", {}, "deny")]
    rows[1]["default_action"] = True
    content = {
        "target": "bmv2",
        "table_entries": rows,
        "multicast_group_entries": [{"multicast_group_id": 7, "replicas": [{"egress_port": 1, "instance": 2}]}],
        "clone_session_entries": [
            {"clone_session_id": 5, "replicas": [{"egress_port": 510, "instance": 0}], "packet_length_bytes": 64}
        ],
    }
    found, said = read(content)
    assert found is not None
    assert not said
    (rule,) = found.entries[ACL]
    assert (rule.priority, rule.provenance, found.span(rule).line) == (9, {"rules": [3]}, 4)
    assert found.defaults[ROUTES].action is DENY
    assert found.count == 2
    assert [(r.port, r.instance) for r in found.groups[7].replicas] == [(1, 2)]
    assert (found.sessions[5].replicas[0].port, found.sessions[5].length) == (510, 64)


def test_an_empty_file_loads_nothing() -> None:
    found, _ = read({})
    assert found is not None
    assert found.count == 0
    assert set(found.entries) == set(SMALL.tables)


# ------------------------------------------------------------------------------------------------- what is refused

GOOD_ACL = {"address": ["10.0.0.0", "255.0.0.0"]}
REFUSED: list[tuple[str, Any, str]] = [
    ("CTR0950", entry("C.routs", {}), "C.routs"),
    ("CTR0950", entry("routes", {}), "routes"),
    ("CTR0951", entry("C.routes", {}, "C.permitt"), "C.permitt"),
    ("CTR0951", entry("C.acl.rules", {}, "C.deny", priority=1), "C.deny"),
    ("CTR0951", entry("C.acl.rules", {}, "C.shift", default_action=True), "C.shift"),
    ("CTR0952", entry("C.routes", {"adress": ["10.0.0.0", 8]}), "adress"),
    ("CTR0952", entry("C.routes", {}) | {"action_params": {"port": 1, "prot": 2}}, "prot"),
    ("CTR0953", entry("C.macs", {"mac": 1}), '{\n    "mac": 1\n   }'),
    ("CTR0953", entry("C.routes", {}) | {"action_params": {}}, "{}"),
    ("CTR0954", entry("C.macs", {"mac": 1, "vlan": 4096}), "4096"),
    ("CTR0954", entry("C.macs", {"mac": 1, "vlan": -1}), "-1"),
    ("CTR0954", entry("C.macs", {"mac": 1, "vlan": True}), "true"),
    ("CTR0954", entry("C.macs", {"mac": 1, "vlan": 1.5}), "1.5"),
    ("CTR0954", entry("C.macs", {"mac": 1, "vlan": None}), "null"),
    ("CTR0954", entry("C.macs", {"mac": "10.0.0.1", "vlan": 1}), '"10.0.0.1"'),
    ("CTR0954", entry("C.macs", {"mac": "02:00:00:00:00", "vlan": 1}), '"02:00:00:00:00"'),
    ("CTR0954", entry("C.macs", {"mac": "one", "vlan": 1}), '"one"'),
    ("CTR0954", entry("C.routes", {"address": "10.0.0.0"}), '"10.0.0.0"'),
    ("CTR0954", entry("C.routes", {"address": ["10.0.0", 8]}), '"10.0.0"'),
    ("CTR0954", entry("C.routes", {"address": ["10.0.0.0", 33]}), "33"),
    ("CTR0954", entry("C.routes", {"address": ["10.1.0.0", 8]}), '"10.1.0.0"'),
    ("CTR0954", entry("C.acl.rules", {"address": [1, 2]}, priority=1), "1"),
    ("CTR0954", entry("C.acl.rules", {"address": [1]}, priority=1), "[\n     1\n    ]"),
    ("CTR0954", entry("C.acl.rules", {"ports": [9, 8]}, priority=1), "[\n     9,\n     8\n    ]"),
    ("CTR0954", entry("C.acl.rules", {"ports": [9, 65536]}, priority=1), "65536"),
    ("CTR0954", entry("C.acl.rules", {}, priority=2**31), "2147483648"),
    ("CTR0954", entry("C.paint", {"colour": "GREN", "on": True}, "C.deny"), '"GREN"'),
    ("CTR0954", entry("C.paint", {"colour": 2, "on": True}, "C.deny"), "2"),
    ("CTR0954", entry("C.paint", {"colour": 1, "on": 2}, "C.deny"), "2"),
    ("CTR0954", entry("C.routes", {}, default_action="yes"), '"yes"'),
    ("CTR0954", entry("C.routes", {"address": ["10.0.0.0", 8]}, default_action=True), "{\n    "),
    ("CTR0954", entry("C.routes", {}) | {"match": 5}, "5"),
    ("CTR0954", entry("C.routes", {}) | {"table": 5}, "5"),
    ("CTR0954", entry("C.routes", {}, provenance=[]), "[]"),
    ("CTR0954", "C.routes", '"C.routes"'),
    ("CTR0955", {"match": {}}, "{\n   "),
    ("CTR0955", {"table": "C.routes", "match": {}}, "{\n   "),
    ("CTR0957", entry("C.fixed", {"x": 1}, "C.deny"), "{\n   "),
    ("CTR0957", entry("C.macs", {}, "C.deny", default_action=True), "{\n   "),
    ("CTR0960", entry("C.acl.rules", GOOD_ACL), "{\n   "),
    ("CTR0960", entry("C.routes", {}, priority=3), "3"),
]


@pytest.mark.parametrize(("code", "row", "place"), REFUSED, ids=lambda value: str(value)[:60])
def test_refused_entries(code: str, row: Any, place: str) -> None:
    """One message each, with the value (or the whole entry) under the carets."""
    found, said = read({"table_entries": [row]})
    assert found is None
    assert [each.code for each in said] == [code], render_text(said)
    assert said[0].span is not None
    text = said[0].span.text
    assert text.startswith(place) or text == f'"{place}"', render_text(said)


def test_near_names_and_ambiguous_ones() -> None:
    _, said = read({"table_entries": [entry("C.route", {}), entry("routes", {}), entry("C.acl.rule", {})]})
    assert [each.label_text() for each in said] == [
        "did you mean 'C.routes'?",
        "is it C.routes or D.routes?",
        "did you mean 'C.acl.rules'?",
    ]


def test_duplicates_show_the_first_one() -> None:
    same = entry("C.routes", {"address": ["10.0.0.0", 8]})
    for rows, code in [
        ([same, entry("C.routes", {"address": [0x0A000000, 8]}, "C.deny")], "CTR0958"),
        ([entry("C.routes", {}, default_action=True)] * 2, "CTR0958"),
        ([entry("C.acl.rules", GOOD_ACL, priority=1)] * 2, "CTR0958"),
    ]:
        _, said = read({"table_entries": rows})
        assert [each.code for each in said] == [code]
        (label,) = said[0].secondary()
        assert said[0].span is not None
        assert label.span.start < said[0].span.start
    differing = [entry("C.acl.rules", GOOD_ACL, priority=1), entry("C.acl.rules", GOOD_ACL, priority=2)]
    assert read({"table_entries": differing})[0] is not None


def test_a_table_has_room_for_its_size() -> None:
    rows = [entry("C.acl.rules", {"kind": number}, priority=1) for number in range(4)]
    assert read({"table_entries": rows[:3]})[0] is not None
    _, said = read({"table_entries": rows})
    assert [each.code for each in said] == ["CTR0959"]
    assert said[0].span is not None
    assert '"kind": 3' in said[0].span.text


GROUP = {"multicast_group_id": 1, "replicas": [{"egress_port": 1, "instance": 1}]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"multicast_group_id": 0}, "CTR0954"),
        ({"multicast_group_id": 65536}, "CTR0954"),
        ({"multicast_group_id": "1"}, "CTR0954"),
        ({"replicas": 5}, "CTR0954"),
        ({"replicas": [5]}, "CTR0954"),
        ({"replicas": [{"egress_port": 511, "instance": 1}]}, "CTR0954"),
        ({"replicas": [{"egress_port": 1}]}, "CTR0955"),
        ({"replicas": GROUP["replicas"] * 2}, "CTR0958"),
    ],
)
def test_refused_groups(change: dict[str, Any], code: str) -> None:
    found, said = read({"multicast_group_entries": [GROUP | change]})
    assert found is None
    assert [each.code for each in said] == [code]


def test_groups_and_sessions_are_there_once() -> None:
    session = {"clone_session_id": 1, "replicas": []}
    for content in ({"multicast_group_entries": [GROUP] * 2}, {"clone_session_entries": [session] * 2}):
        assert [each.code for each in read(content)[1]] == ["CTR0958"]
    assert read({"multicast_group_entries": [GROUP], "clone_session_entries": [session]})[0] is not None


def test_what_nobody_reads_is_a_warning() -> None:
    found, said = read({"table_entries": [entry("C.routes", {}, priorty=1)], "comment": "mine"})
    assert found is not None
    assert [(each.code, each.severity.value) for each in said] == [("CTR0956", "warning")] * 2
    assert "did you mean 'priority'?" in render_text(said)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"table_entries": [', "CTR0206"),
        ("", "CTR0206"),
        ("[" * 5000, "CTR0207"),
        ('{"table_entries": NaN}', "CTR0208"),
        ('{"table_entries": [], "table_entries": []}', "CTR0214"),
        ("[]", "CTR0954"),
        ('{"table_entries": {}}', "CTR0954"),
        ('{"target": "tofino"}', "CTR0961"),
    ],
)
def test_texts_that_are_no_runtime_json(text: str, code: str) -> None:
    found, said = read(text)
    assert found is None
    assert code in [each.code for each in said]


def test_a_file_that_is_wrong_everywhere_gives_a_hundred_messages() -> None:
    _, said = read({"table_entries": [entry(f"T{number}", {}) for number in range(5000)]})
    assert len(said) == 100


GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.mark.parametrize("name", sorted(path.parent.name for path in GOLDEN.glob("*/policy.ctr")))
def test_every_entry_of_a_build_is_taken(name: str) -> None:
    """Real entries against real programs."""
    topology = topology_from((GOLDEN / name / "topology.json").read_text(encoding="utf-8"))
    build = builds.files(builds.lowered((GOLDEN / name / "policy.ctr").read_text(encoding="utf-8"), topology))
    programs: dict[str, Program] = {}
    runtimes = [path for path in build if path.endswith("runtime.json")]
    for path in runtimes:
        text = build[path.replace("runtime.json", f"{path.split('/')[1]}.p4")]
        if text not in programs:
            programs[text] = front(SourceFile("program.p4", text), Reporter())
        found, said = read(build[path], programs[text])
        assert found is not None, render_text(said)
        assert not said
        content = json.loads(build[path])
        assert found.count == len(content["table_entries"])
        groups = {each["multicast_group_id"]: len(each["replicas"]) for each in content["multicast_group_entries"]}
        assert {number: len(group.replicas) for number, group in found.groups.items()} == groups
    assert len(runtimes) == len(topology.switches)
