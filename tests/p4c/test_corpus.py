"""Every policy of the corpus, on three networks: the real p4c takes every distinct program and says nothing at all.

Programs that differ in comments only count as one. Outcomes are kept in pytest's cache under the text and the tools.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import networkx as nx
import pytest

from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile
from contra.emit.v1model import p4_text, policy_text
from contra.options import ProtocolOptions

pytestmark = [
    pytest.mark.p4c,
    pytest.mark.skipif(
        shutil.which("p4c-bm2-ss") is None or shutil.which("p4test") is None, reason="p4c is not installed"
    ),
]
ROOT = Path(__file__).resolve().parents[2]
POLICIES = sorted((ROOT / "tests" / "policies" / "good").glob("*.ctr")) + sorted(
    (ROOT / "tests" / "policies" / "hula").glob("*.hula")
)
TOPOLOGIES = {
    "mesh": ROOT / "tests" / "errors" / "topo.json",
    "abilene": ROOT / "topologies" / "abilene.json",
    "fat tree": ROOT / "topologies" / "fattree-k4.json",
}
PLAIN = ProtocolOptions()
TOOLS = {
    "p4c-bm2-ss": ["p4c-bm2-ss", "--p4v", "16", "--Werror", "-o", "/dev/null"],
    "p4test": ["p4test", "--p4v", "16", "--Werror"],
}
_NAME = re.compile(r"\b(?:[A-FSWXY]|F[12]|L1|S1)\b")


def switches(topology: Path) -> nx.Graph:
    graph = nx.Graph()
    content = json.loads(topology.read_text())
    homes = {host["switch"] for host in content.get("hosts", {}).values()} or set(content["switches"])
    graph.add_nodes_from((name, {"end": name in homes}) for name in content["switches"])
    graph.add_edges_from(tuple(end.split(":")[0] for end in link["ends"]) for link in content["links"])
    return graph


def body(text: str) -> str:
    """The policy without comments."""
    text = re.sub(r"#.*|//.*", "", text)
    while "/*" in text:
        text = re.sub(r"/\*(?:(?!/\*|\*/).)*\*/", "", text, flags=re.S)
    return text


def renamed(text: str, network: nx.Graph) -> str:
    """The policy over switches of the network.

    Names at an end of a regex get switches with hosts; names that stand side by side get linked switches, if any fit.
    """
    names = list(dict.fromkeys(_NAME.findall(text)))
    ends = re.findall(rf"(?<=if )({_NAME.pattern})|({_NAME.pattern})(?= then)", text)
    wanted = nx.Graph()
    wanted.add_nodes_from((name, {"end": any(name in pair for pair in ends)}) for name in names)
    wanted.add_edges_from(re.findall(rf"(?=({_NAME.pattern})[ ;]({_NAME.pattern}))", text))
    for graph in (wanted, nx.create_empty_copy(wanted)):
        matcher = nx.algorithms.isomorphism.GraphMatcher(network, graph, _fits)
        found = next(matcher.subgraph_monomorphisms_iter(), None)
        if found is not None:
            new = {name: node for node, name in found.items()}
            return _NAME.sub(lambda match, new=new: new[match[0]], text)
    raise AssertionError("the network is too small")


def _fits(node: dict[str, bool], wanted: dict[str, bool]) -> bool:
    return node["end"] or not wanted["end"]


def corpus(folder: Path, network: str, options: ProtocolOptions = PLAIN) -> Iterator[tuple[str, str]]:
    """(policy: program, P4 text) of everything."""
    topology = TOPOLOGIES[network]
    graph = switches(topology)
    for path in POLICIES:
        text = body(path.read_text())
        policy = folder / path.name
        policy.write_text(text if network == "mesh" and path.suffix == ".ctr" else renamed(text, graph))
        request = CompileRequest(
            policy=policy,
            topology=str(topology),
            capacity=10**10,
            hula_capacity=10**7,
            last_stage="lower",
            options=options,
        )
        done = compile(request, Reporter())
        assert done.deployment is not None and done.source is not None
        head = policy_text(done.source)
        for program in done.deployment.programs:
            yield f"{path.stem}: {program.name}", p4_text(program, done.deployment.clauses, head)


def without_comments(text: str) -> str:
    return re.sub(r"^// [^\n]*$|  // [^\n]*$|(?m:^ *// [^\n]*$)", "", text, flags=re.M)


def complaints(tool: str, text: str, cache: Path) -> str:
    """Everything that a tool says about a program; once per text and tool."""
    kept = cache / sha256(repr((TOOLS[tool], _version(tool), text)).encode()).hexdigest()
    if kept.exists():
        return kept.read_text()
    source = kept.with_suffix(".p4")
    source.write_text(text)
    done = subprocess.run([*TOOLS[tool], str(source)], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr + (f"ends with {done.returncode}\n" if done.returncode else "")
    source.unlink()
    kept.write_text(said)
    return said


@lru_cache
def _version(tool: str) -> str:
    return subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout


def _cases() -> Iterator[object]:
    """One network with one tool is quick enough for every day."""
    for network in TOPOLOGIES:
        for tool in TOOLS:
            quick = (network, tool) == ("mesh", "p4c-bm2-ss")
            yield pytest.param(network, tool, marks=() if quick else pytest.mark.slow, id=f"{network}-{tool}")


@pytest.mark.parametrize(("network", "tool"), list(_cases()))
def test_every_distinct_program_is_taken_without_a_word(
    network: str, tool: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    assert_silence(network, tool, PLAIN, tmp_path, pytestconfig)


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS)
def test_every_distinct_authenticated_program_too(tool: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    assert_silence("mesh", tool, ProtocolOptions(authenticate=True), tmp_path, pytestconfig)


def assert_silence(network: str, tool: str, options: ProtocolOptions, tmp_path: Path, config: pytest.Config) -> None:
    distinct: dict[str, list[str]] = {}
    for name, text in corpus(tmp_path, network, options):
        distinct.setdefault(without_comments(text), []).append(name)
    assert sum(map(len, distinct.values())) >= len(POLICIES)
    cache = config.cache.mkdir("p4c") if config.cache else tmp_path
    with ThreadPoolExecutor(2) as pool:
        said = dict(zip(distinct, pool.map(lambda text: complaints(tool, text, cache), distinct), strict=True))
    loud = {distinct[text][0]: message for text, message in said.items() if message}
    assert not loud


def test_comments_do_not_change_the_program() -> None:
    """What the deduplication rests on."""
    text = "// head\nconst bit<8> A = 1;  // a // b\n    // alone\ntable t { }\n"
    assert without_comments(text).split() == ["const", "bit<8>", "A", "=", "1;", "table", "t", "{", "}"]
