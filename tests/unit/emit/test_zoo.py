"""Every policy of the corpus on networks in the prototype's XML, irregular as those in the wild: parallel edges,
self-loops, names with dots and dashes, several components."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from xml.sax.saxutils import quoteattr

import pytest
from support.builds import tree

from contra.cli.contrac import main

POLICIES = sorted((Path(__file__).parents[2] / "policies" / "good").glob("*.ctr"))
NAMED = ["A", "B", "C", "D", "E", "F", "F1", "F2", "S", "W", "X", "Y"]
"""The switches that the policies of the corpus name."""
PATHS = ["ABD", "ACD", "SCEFD", "SAEBD", "XY"]
"""Paths that they name."""
Edge = tuple[str, str]


def xml(nodes: Iterable[str], edges: Iterable[Edge]) -> str:
    """The prototype's form."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<topology asn="64512">']
    lines += [f'  <node name={quoteattr(name)} internal="true"/>' for name in nodes]
    lines += [f"  <edge source={quoteattr(a)} target={quoteattr(b)}/>" for a, b in edges]
    return "\n".join([*lines, "</topology>", ""])


def irregular(seed: int, extra: int) -> tuple[list[str], list[Edge]]:
    """A connected network with the named paths in it, parallel edges both ways round and odd names."""
    random = Random(seed)
    nodes = NAMED + [f"Sankt-{chr(97 + i)}.{i}" for i in range(extra)]
    random.shuffle(nodes)
    edges = [(random.choice(nodes[:i]), nodes[i]) for i in range(1, len(nodes))]
    edges += [(path[i], path[i + 1]) for path in PATHS for i in range(len(path) - 1)]
    edges += [tuple(random.sample(nodes, 2)) for _ in range(len(nodes) // 3)]  # type: ignore[misc]
    edges += [edge[::-1] for edge in edges[:3]]
    random.shuffle(edges)
    return nodes, edges


NETWORKS = {
    "small": irregular(1, 0),
    "odd names": irregular(2, 20),
    "self-loop": (irregular(3, 6)[0], [*irregular(3, 6)[1], ("A", "A")]),
}


def contrac(folder: Path, network: tuple[Sequence[str], Sequence[Edge]], policy: Path, *more: str) -> int:
    (folder / "net.xml").write_text(xml(*network), encoding="utf-8")
    command = [str(policy), str(folder / "net.xml"), "--capacity", "10Gbit", "--latency", "1ms"]
    return main([*command, "-o", str(folder / "build"), *more])


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.stem)
def test_every_policy_compiles(policy: Path, name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    nodes, edges = NETWORKS[name]
    code = contrac(tmp_path, NETWORKS[name], policy)
    said = capfd.readouterr()
    assert code == 0, said.err
    assert "error" not in said.err
    assert ("CTR0224" in said.err) == (name == "self-loop")
    build = tree(tmp_path / "build")
    known = json.loads(build["manifest.json"])
    assert sorted(row["label"] for row in known["switches"].values()) == sorted(nodes)
    assert known["programs"].keys() == {"destination"}  # no hosts: every switch is one
    links = [(a, b) for a, b in edges if a != b]
    degrees = {row["label"]: 0 for row in known["switches"].values()}
    for switch, row in known["switches"].items():
        config = json.loads(build[row["runtime"]])
        ports = [e for e in config["table_entries"] if e["table"] == "ContraIngress.ingress_port"]
        degrees[row["label"]] = len(ports)
        assert build[f"switches/{switch}/{switch}.p4"] == build["programs/destination.p4"]
    assert degrees == {node: sum((a == node) + (b == node) for a, b in links) for node in nodes}


@pytest.mark.parametrize("policy", POLICIES[:2], ids=lambda path: path.stem)
def test_a_network_in_pieces_is_refused(policy: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    nodes, edges = irregular(4, 0)
    pieces = ([*nodes, "Lonely", "Island-1", "Island-2"], [*edges, ("Island-1", "Island-2")])
    assert contrac(tmp_path, pieces, policy) == 1
    said = capfd.readouterr().err
    assert "CTR0225" in said
    for name in ("Lonely", "Island-1"):
        assert name in said
    assert not (tmp_path / "build").exists()


def test_an_assumed_capacity_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Utilisation is a share of the capacity, and the prototype's files have none."""
    (tmp_path / "net.xml").write_text(xml(*irregular(5, 0)), encoding="utf-8")
    policy = next(path for path in POLICIES if path.stem == "p2_least_utilised")
    assert main([str(policy), str(tmp_path / "net.xml"), "-o", str(tmp_path / "build")]) == 0
    assert "--capacity" in capfd.readouterr().err
