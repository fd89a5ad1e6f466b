"""Files that want to hurt: always a message, never an exception of another kind, never a wait."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from contra.diagnostics import CompileError, Reporter
from contra.topology import load

SHIPPED = Path(__file__).resolve().parents[3] / "topologies"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 1_000_000, "CTR0207"),
        ('{"a":' * 200_000, "CTR0207"),
        ('{"switches": ' + "[" * 900 + "]" * 900 + "}", None),
        ('{"switches": {"A": {}}, "x": 1' + "0" * 1_000_000 + "}", "CTR0208"),
        ('{"switches": {"A": {}}, "x": ' + ("1" * 3_999 + ",") * 1_000 + "}", "CTR0206"),
        ('{"switches": {"A": {}}, "x": -Infinity}', "CTR0208"),
        ('{"switches": {"A": {}}, "hosts": {"h": {"switch": "A", "port": 1e999}}}', "CTR0230"),
        (
            '{"switches": {"A": {}}, "hosts": {"h": {"switch": "A", "capacity": "1e999999999Gbit"}}}',
            "CTR0226",
        ),
        ('{"switches": {"\\ud800": {}}}', "CTR0215"),
        ('{"name": "\\ud800", "switches": {"A": {}}}', "CTR0215"),
        ('{"switches": {"A": {"role": "x\\u0000"}}}', "CTR0215"),
        ('{"switches": {"' + "A" * 1_000_000 + '": {}}}', "CTR0215"),
        ('{"' + "k" * 1_000_000 + '": 1}', "CTR0212"),
        ('{"' + "\\\\" * 500_000, "CTR0206"),
        ('"' + "\\" * 1_000_000, "CTR0206"),
        ("\ufeff\ufeff{}", "CTR0206"),
        ("null", "CTR0211"),
        ("{}", "CTR0213"),
        ("0" * 1_000_000, "CTR0206"),
        ("<a>" * 1_000_000, "CTR0207"),
        ("<topology>" + "<node/>" * 50_000 + "</topology>", "CTR0213"),
        ("<topology>" + "x\n" * 500_000 + "</topology>", "CTR0220"),
        ("<topology " + "a" * 1_000_000 + "='1'/>", "CTR0220"),
        ("<!DOCTYPE x SYSTEM 'file:///etc/passwd'><topology/>", "CTR0210"),
        ("<topology><node name='&undefined;'/></topology>", "CTR0209"),
        ("<" * 1_000_000, "CTR0209"),
        ('{"nodes": [], "edges": []}', "CTR0220"),
        ('{"nodes": 7, "edges": {}}', "CTR0211"),
        (
            '{"nodes": [{"id": 1e999}, {"id": 1}], "edges": [{"source": 1e999, "target": 1, "bw": 1e999}]}',
            "CTR0226",
        ),
        ('{"switches": 3, "hosts": 4, "links": [["a", "b"]]}', "CTR0211"),
        ('{"switches": {}, "hosts": [], "links": [[[], {}]]}', "CTR0211"),
    ],
    ids=range(31),
)
def test_hostile_texts(attempt, text, code):
    outcome = attempt(text, name="hostile.json")
    assert outcome.topology is None
    assert code is None or code in outcome.codes
    for d in outcome.diagnostics:
        assert len(d.title_text()) < 300
        assert d.title_text().isprintable()


def test_every_beginning_of_a_file(attempt):
    """A truncated file is an error, and the message is about the text."""
    for name in ("figure5.json", "tutorials.json"):
        text = (SHIPPED / name).read_text(encoding="utf-8").rstrip()
        for end in range(1, len(text), 7):
            assert attempt(text[:end]).codes == ["CTR0206"]


def test_random_bytes(tmp_path):
    from contra.diagnostics import CompileError, Reporter

    source = random.Random(5)
    path = tmp_path / "noise"
    for _ in range(200):
        path.write_bytes(source.choice([b"", b"{", b"<", b"<topology>", b'{"switches":']) + source.randbytes(30))
        with pytest.raises(CompileError):
            load(str(path), Reporter())


def test_a_large_file_with_errors_at_its_end(attempt):
    """Places are found in reasonable time, for many errors at once."""
    switches = {f"s{i}": {} for i in range(1_000)}
    links = [{"ends": [f"s{i % 999}", f"s{i % 999 + 1}"], "capacity": "1Gbit", "latency": "1us"} for i in range(20_000)]
    links += [{"ends": ["s1", f"t{i}"]} for i in range(50)]
    outcome = attempt(json.dumps({"switches": switches, "links": links}))
    assert outcome.codes == ["CTR0221"] * 50
    assert outcome.diagnostics[-1].span.text == '"t49"'


def test_a_network_that_no_memory_holds_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contra.topology.addressing.MAX_SWITCHES", 3)
    (tmp_path / "t.json").write_text('{"switches": {"A": {}, "B": {}, "C": {}, "D": {}}}', encoding="utf-8")
    with pytest.raises(CompileError) as error:
        load(str(tmp_path / "t.json"), Reporter())
    assert [diagnostic.code for diagnostic in error.value.diagnostics] == ["CTR0236"]


def test_a_bad_name_is_one_error_not_one_per_link(tmp_path: Path) -> None:
    text = '{"switches": {"A": {}, " ": {}}, "links": [{"ends": ["A", " "]}, {"ends": [" ", "A"]}]}'
    (tmp_path / "t.json").write_text(text, encoding="utf-8")
    with pytest.raises(CompileError) as error:
        load(str(tmp_path / "t.json"), Reporter())
    assert [diagnostic.code for diagnostic in error.value.diagnostics] == ["CTR0215"]
