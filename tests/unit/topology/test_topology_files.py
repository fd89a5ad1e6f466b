"""Reading files and TopoHub names."""

from __future__ import annotations

import json

import pytest

import contra.topology.reading
from contra.diagnostics import CompileError, Reporter
from contra.topology import load

topohub = pytest.importorskip("topohub")

SMALL = '{"switches": {"Zürich": {}}}'


def failure(spec: str):
    with pytest.raises(CompileError) as caught:
        load(spec, Reporter())
    (only,) = caught.value.diagnostics
    return only


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "z.json"
    path.write_text(SMALL, encoding=encoding)
    assert load(str(path), Reporter()).switches[0].label == "Zürich"


def test_xml_says_its_encoding(tmp_path):
    path = tmp_path / "z.xml"
    path.write_text(
        '<?xml version="1.0" encoding="ISO-8859-1"?><topology><node name="Zürich"/></topology>',
        encoding="latin-1",
    )
    assert load(str(path), Reporter()).switches[0].label == "Zürich"


def test_missing_file_and_folder(tmp_path):
    assert failure(str(tmp_path / "nix.json")).code == "CTR0201"
    assert "folder" in failure(str(tmp_path)).title_text()
    assert failure("a\0b").code == "CTR0201"
    assert failure("x" * 5_000).code == "CTR0201"
    assert failure("").code == "CTR0201"


def test_size_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(contra.topology.reading, "MAX_BYTES", 1_000_000)
    path = tmp_path / "big.json"
    path.write_text(" " * 1_000_001)
    assert failure(str(path)).code == "CTR0202"


def test_endless_nul_bytes_are_not_read_to_the_end():
    assert failure("/dev/zero").code == "CTR0204"


# ---------------------------------------------------------------- TopoHub


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        ("zoo:Abilene", "topozoo/Abilene"),
        ("sndlib:polska", "sndlib/polska"),
        ("gabriel:25/0", "gabriel/25/0"),
        ("backbone:africa", "backbone/africa"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # topohub.get leaves its file open
def test_topohub_names(spec, key):
    reporter = Reporter()
    network = load(spec, reporter)
    theirs = topohub.get(key)
    assert len(network.switches) == len(theirs["nodes"])
    index = {node["id"]: i for i, node in enumerate(theirs["nodes"])}
    expected = [(index[e["source"]], index[e["target"]], round(e["dist"] * 5_000)) for e in theirs["edges"]]
    assert [(x.a, x.b) for x in network.links] == [(a, b) for a, b, _ in expected]
    assert all(abs(x.latency_ns - ns) <= 1 for x, (_, _, ns) in zip(network.links, expected, strict=True))
    assert [d.code for d in reporter.diagnostics] == ["CTR0250"]  # no capacities


def test_every_zoo_topology_loads():
    from importlib.resources import files

    folder = files("topohub").joinpath("data", "topozoo")
    for entry in sorted(folder.iterdir(), key=lambda e: e.name)[::8]:
        network = load("zoo:" + entry.name.removesuffix(".json"), Reporter())
        assert len(network.switches) == len(json.loads(entry.read_text(encoding="utf-8"))["nodes"])


def test_unknown_names_get_the_near_one():
    wrong = failure("zoo:Abilen")
    assert (wrong.code, wrong.help_texts()) == ("CTR0261", ("did you mean 'Abilene'?",))
    assert failure("zooo:Abilene").help_texts() == ("did you mean 'zoo'?",)
    assert "203 " not in failure("zoo:Xyzzy").title_text()


@pytest.mark.parametrize("name", ["../sndlib/polska", "../../../__init__", "a/b/c", "__init__", ".", "a" * 10_000])
def test_names_do_not_lead_out_of_the_folder(name):
    assert failure("zoo:" + name).code == "CTR0261"


def test_without_the_package(monkeypatch):
    monkeypatch.setattr("contra.topology.zoo.find_spec", lambda name: None)
    wrong = failure("zoo:Abilene")
    assert (wrong.code, wrong.help_texts()) == ("CTR0260", ("pip install 'contrac[topohub]'",))


def test_a_file_of_that_name_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab:one").write_text('{"switches": {"A": {}}}')
    assert load("lab:one", Reporter()).switches[0].label == "A"
