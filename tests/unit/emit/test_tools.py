"""The scapy classes and the Wireshark dissector of a build, against bits packed by hand and against tshark."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.networks import network
from support.builds import files, lowered, with_cost

from contra.emit.tools import lua_text, scapy_text
from contra.ir import Deployment
from contra.ir.headers import probe_header, shim_header
from contra.ir.model import Header, Widths
from contra.options import ProtocolOptions

scapy_all = pytest.importorskip("scapy.all")
TSHARK = shutil.which("tshark")

TAGS_AND_PIDS = (
    "minimize(if A .* B .* D then (path.len, path.cost) else if A .* C .* D then (path.lat, path.cost)"
    " else if .* C .* then (1, path.util) else (1, path.len))"
)
POLICIES = {
    "plain": "minimize(path.len)",
    "pids": "minimize(if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util))",
    "tags": "minimize(if .* (B + C) .* then path.util else inf)",
    "both": TAGS_AND_PIDS,
    "authenticated": TAGS_AND_PIDS,
}


@cache
def deployment(name: str) -> Deployment:
    ends = [("A", "B"), ("B", "C"), ("C", "D"), ("A", "D")]
    unit = 'odd "unit" € \\ --]]\n'
    options = ProtocolOptions(authenticate=name == "authenticated")
    return lowered(POLICIES[name], with_cost(network("ABCD", ends, ["A", "D"]), unit=unit), options)


def with_widths(tag: int, pid: int) -> Deployment:
    """A deployment whose tags and pids have any widths."""
    base = deployment("both")
    program = base.programs[0]
    widths = replace(program.widths, tag=tag, pid=pid)
    own = {"probe": probe_header(widths, program.metrics), "shim": shim_header(widths)}
    headers = tuple(own.get(header.name, header) for header in program.headers)
    return replace(base, programs=(replace(program, widths=widths, headers=headers), *base.programs[1:]))


def load(text: str, folder: Path) -> ModuleType:
    """Import generated scapy classes as a user would; what an earlier import bound to Ethernet is forgotten."""
    guesses = scapy_all.Ether.payload_guess
    guesses[:] = [(fields, cls) for fields, cls in guesses if not cls.__name__.startswith("Contra")]
    path = folder / "contra_headers.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("contra_headers", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def headers_of(made: Deployment) -> dict[str, Header]:
    return {header.name: header for header in made.programs[0].headers}


def packed(header: Header, values: Mapping[str, int]) -> bytes:
    """Bits by hand: fields in order, most significant bit first."""
    bits = "".join(format(values.get(field.name, 0), f"0{field.bits}b") for field in header.fields)
    assert len(bits) == header.bits
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def scapy_fields(values: Mapping[str, int]) -> dict[str, int]:
    return {f"{name}_" if name == "pass" else name: value for name, value in values.items()}


def values_of(header: Header) -> st.SearchStrategy[dict[str, int]]:
    """Any values; the format is ours."""
    return st.fixed_dictionaries(
        {f.name: st.just(1) if f.name == "format" else st.integers(0, (1 << f.bits) - 1) for f in header.fields}
    )


# ------------------------------------------------------------------------------------------------ scapy


@pytest.mark.parametrize("name", POLICIES)
def test_classes_are_laid_out_as_the_headers(name: str, tmp_path: Path) -> None:
    made = deployment(name)
    module = load(files(made)["tools/contra_headers.py"], tmp_path)
    for header, cls in ((headers_of(made)["probe"], module.ContraProbe), (headers_of(made)["shim"], module.ContraShim)):
        for field in header.fields:
            if field.name == "format":
                continue
            top = {"format": 1, field.name: (1 << field.bits) - 1}
            others = {other.name: 0 for other in header.fields} | top
            assert bytes(cls(**scapy_fields(others))) == packed(header, others), field.name


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 16), st.integers(0, 8), st.data())
def test_any_widths_of_tag_and_pid(
    tmp_path_factory: pytest.TempPathFactory, tag: int, pid: int, data: st.DataObject
) -> None:
    made = with_widths(tag, pid)
    module = load(scapy_text(made), tmp_path_factory.mktemp("scapy"))
    for name, cls in (("probe", module.ContraProbe), ("shim", module.ContraShim)):
        header = headers_of(made)[name]
        assert header.bits % 8 == 0
        values = data.draw(values_of(header))
        wire = packed(header, values)
        assert bytes(cls(**scapy_fields(values))) == wire
        seen = cls(wire + b"payload")
        assert {key: seen.getfieldval(key) for key in scapy_fields(values)} == scapy_fields(values)
        assert bytes(seen.payload) == b"payload"


def test_a_probe_of_both_tags_and_pids_byte_by_byte(tmp_path: Path) -> None:
    """format pass origin version | tag:2 pid:2 reserved:4 | len lat util cost"""
    module = load(files(deployment("both"))["tools/contra_headers.py"], tmp_path)
    probe = module.ContraProbe(origin=3, version=0x1234, tag=1, pid=2, len=5, lat=7, util=40000, attr_cost=1)
    assert bytes(probe).hex(" ") == "01 00 00 03 12 34 60 05 00 00 00 07 9c 40 00 00 00 01"
    shim = module.ContraShim(ttl=9, destination=2, tag=3, pid=1, flow=0xBEEF)
    assert bytes(shim).hex(" ") == "01 09 00 02 d0 be ef 08 00"


def test_the_mac_is_the_last_field_and_shown_in_hexadecimal(tmp_path: Path) -> None:
    module = load(files(deployment("authenticated"))["tools/contra_headers.py"], tmp_path)
    probe = module.ContraProbe(origin=3, mac=0xA9359F5B)
    assert bytes(probe)[-4:].hex() == "a9359f5b"
    assert "0xa9359f5b" in probe.show(dump=True)


def test_layers_are_bound(tmp_path: Path) -> None:
    module = load(files(deployment("both"))["tools/contra_headers.py"], tmp_path)
    inner = scapy_all.IP(src="10.0.0.2", dst="10.0.3.2") / scapy_all.UDP(sport=1, dport=2) / b"x"
    macs = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}
    frame = scapy_all.Ether(bytes(scapy_all.Ether(**macs) / module.ContraShim(destination=3) / inner))
    assert frame.type == 0x88B6
    assert frame[module.ContraShim].destination == 3
    assert frame[scapy_all.IP].dst == "10.0.3.2"
    probe = scapy_all.Ether(bytes(scapy_all.Ether(**macs) / module.ContraProbe(origin=1, pass_=1)))
    assert probe.type == 0x88B5
    assert probe[module.ContraProbe].sprintf("%ContraProbe.pass_%") == "decide"
    assert "origin=1" in probe.summary()
    arp = scapy_all.Ether(**macs) / module.ContraShim(destination=3) / scapy_all.ARP()
    assert scapy_all.Ether(bytes(arp))[scapy_all.ARP].op == 1


# ---------------------------------------------------------------------------------------------- tshark


def tshark(lua: str, frames: Sequence[bytes], folder: Path, *arguments: str) -> str:
    """What tshark says about Ethernet frames; anything on stderr about Lua is an error."""
    assert TSHARK
    (folder / "contra.lua").write_text(lua, encoding="utf-8")
    scapy_all.wrpcap(str(folder / "x.pcap"), [scapy_all.Ether(frame) for frame in frames])
    command = [TSHARK, "-n", "-r", "x.pcap", "-X", "lua_script:contra.lua", *arguments]
    environment = {**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "lua" not in done.stderr.lower(), done.stderr
    return done.stdout


needs_tshark = pytest.mark.skipif(TSHARK is None, reason="tshark is not installed: apt install tshark")
ETHERNET = bytes.fromhex("0180c200000e 020000000001")
PROBE, SHIM = b"\x88\xb5", b"\x88\xb6"


def dissected(made: Deployment, name: str, rows: Sequence[Mapping[str, int]], folder: Path) -> list[dict[str, int]]:
    """Field values as tshark extracts them."""
    header = headers_of(made)[name]
    kind = PROBE if name == "probe" else SHIM
    frames = [ETHERNET + kind + packed(header, row) + bytes(40) for row in rows]
    names = [field.name for field in header.fields]
    wanted = [argument for key in names for argument in ("-e", f"contra_{name}.{key}")]
    lines = tshark(lua_text(made), frames, folder, "-T", "fields", "-E", "separator=/s", *wanted).splitlines()
    return [dict(zip(names, (int(word, 0) for word in line.split()), strict=True)) for line in lines]


def extremes(header: Header) -> list[dict[str, int]]:
    """Rows in which each field in turn is all ones among zeros, and zero among ones."""
    ones = {field.name: (1 << field.bits) - 1 for field in header.fields}
    rows = []
    for field in header.fields:
        rows.append(dict.fromkeys(ones, 0) | {field.name: ones[field.name], "format": 1})
        rows.append(ones | {field.name: 0, "format": 1})
    if "next_type" in ones:
        rows = [row | {"next_type": 0x1234} for row in rows]
    return rows


@needs_tshark
@pytest.mark.parametrize(
    "widths", ["plain", "both", "authenticated", (3, 3), (13, 5), (9, 0), (0, 8), (7, 8), (16, 1)], ids=str
)
@pytest.mark.parametrize("name", ["probe", "shim"])
def test_tshark_sees_every_field(widths: Any, name: str, tmp_path: Path) -> None:
    made = deployment(widths) if isinstance(widths, str) else with_widths(*widths)
    rows = extremes(headers_of(made)[name])
    assert dissected(made, name, rows, tmp_path) == rows


def info(made: Deployment, frames: Sequence[bytes], folder: Path) -> list[list[str]]:
    columns = ("_ws.col.Protocol", "_ws.col.Info")
    wanted = [argument for column in columns for argument in ("-e", column)]
    lines = tshark(lua_text(made), frames, folder, "-T", "fields", "-E", "separator=/t", *wanted).splitlines()
    return [line.split("\t") for line in lines]


@needs_tshark
def test_the_packet_list_says_what_matters(tmp_path: Path) -> None:
    made = deployment("both")
    both = headers_of(made)
    probe = {"format": 1, "origin": 3, "version": 7, "tag": 1, "pid": 2, "len": 5, "lat": 9, "util": 40_000}
    shim = {"format": 1, "ttl": 60, "destination": 0, "tag": 2, "pid": 1, "next_type": 0x0800}
    inner = scapy_all.IP(src="10.0.3.2", dst="10.0.0.2") / scapy_all.UDP(sport=1234, dport=5678) / b"xy"
    lines = info(
        made,
        [
            ETHERNET + PROBE + packed(both["probe"], probe),
            ETHERNET + SHIM + packed(both["shim"], shim) + bytes(inner),
            ETHERNET + SHIM + packed(both["shim"], shim | {"next_type": 0x1234, "destination": 3}) + b"?",
            ETHERNET + SHIM + packed(both["shim"], shim | {"format": 2}),
            ETHERNET + PROBE + packed(both["probe"], probe)[:4],
        ],
        tmp_path,
    )
    summary = "probe origin=D version=7 tag=1 pid=2 len=5 lat=9 util=40000 attr_cost=0"
    assert lines[0] == ["CONTRA probe", summary]
    assert lines[1][0] == "UDP"
    assert lines[1][1].startswith("[ttl=60 destination=A tag=2 pid=1] ")
    assert "1234 → 5678" in lines[1][1]
    assert lines[2][1].startswith("[ttl=60 destination=D ")
    assert lines[3] == ["CONTRA shim", "Contra data shim of unknown format 2"]
    assert "CONTRA" not in lines[4][0]  # too short to be one


@needs_tshark
def test_the_details_are_typed_named_and_in_units(tmp_path: Path) -> None:
    made = deployment("both")
    values = {"format": 1, "origin": 3, "len": 5, "lat": 1500, "util": 40_000, "attr_cost": 2500, "pass": 2}
    frame = ETHERNET + PROBE + packed(headers_of(made)["probe"], values)
    text = tshark(lua_text(made), [frame], tmp_path, "-V")
    for line in (
        "pass: hello (2)",
        "origin: 3 (D)",
        "lat: 1500 ns",
        "util: 40000 (80.0 %)",
        'attr_cost: 2500 (2.5 odd "unit" € \\ --]])',
        "..00 .... = pid: 0",
    ):
        assert line in text


@needs_tshark
def test_a_filter_on_a_field_works(tmp_path: Path) -> None:
    made = deployment("both")
    header = headers_of(made)["probe"]
    frames = [ETHERNET + PROBE + packed(header, {"format": 1, "origin": n, "pid": n}) for n in range(4)]
    text = tshark(lua_text(made), frames, tmp_path, "-Y", "contra_probe.pid == 2", "-T", "fields", "-e", "frame.number")
    assert text.split() == ["3"]


def test_widths_keep_headers_whole_bytes() -> None:
    for tag in range(17):
        for pid in range(9):
            widths = Widths(destination=8, tag=tag, pid=pid, hop=8, neighbours=3, rule=8)
            assert probe_header(widths, ()).bits % 8 == 0
            assert shim_header(widths).bits % 8 == 0
            names = [field.name for field in shim_header(widths).fields]
            assert ("tag" in names, "pid" in names) == (tag > 0, pid > 0)
            assert ("reserved" in names) == ((tag + pid) % 8 != 0)
