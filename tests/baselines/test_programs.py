"""The texts of the programs: kept for reading, and taken by the real p4c without a word."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.baselines import FAT_TREE, SCHEMES, compiled, shipped
from support.builds import topology_of, tree

from contra.options import SIMULATION, ProtocolOptions
from contra.topology.model import Topology

HERE = Path(__file__).parent
LEAF_SPINE = {
    "name": "leaves and spines",
    "switches": {name: {"role": "leaf" if "leaf" in name else "spine"} for name in ("leaf1", "leaf2", "spine1", "s2")},
    "hosts": {"h1": {"switch": "leaf1"}, "h2": {"switch": "leaf2"}, "h3": {"switch": "leaf2", "ip": "192.168.7.7/24"}},
    "links": [
        {"ends": ends.split(), "capacity": "10Gbit", "latency": "10us"}
        for ends in ("leaf1 spine1", "leaf1 s2", "leaf2 spine1", "leaf2 s2")
    ],
}  # fmt: skip


@pytest.mark.parametrize("scheme", SCHEMES)
def test_golden(scheme: str, golden: Callable[[Path, str], None], tmp_path: Path) -> None:
    """After a change that is meant: pytest --update-golden, then read the diff."""
    build = compiled(scheme, topology_of(LEAF_SPINE), tmp_path, ProtocolOptions())
    for path in (f"programs/{scheme}.p4", "switches/leaf1/runtime.json", "manifest.json"):
        golden(HERE / "golden" / scheme / Path(path).name, (build / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_same_input_gives_the_same_bytes(scheme: str, tmp_path: Path) -> None:
    one, other = (tree(compiled(scheme, shipped(FAT_TREE), tmp_path / name)) for name in ("one", "other"))
    assert one == other


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_switch_runs_the_same_text(scheme: str, tmp_path: Path) -> None:
    build = compiled(scheme, shipped(FAT_TREE), tmp_path)
    texts = {path.read_text() for path in build.rglob("*.p4")}
    assert len(texts) == 1
    (text,) = texts
    assert not [line for line in text.splitlines() if len(line) > 120 and not line.startswith("register")]
    assert "\t" not in text and not [line for line in text.splitlines() if line != line.rstrip()]


def many_destinations() -> Topology:
    """More than 256 ports at the middle, and numbers of destinations above 8 bits."""
    return topology_of(
        {
            "switches": {f"s{n}": {} for n in range(300)},
            "hosts": {f"h{n}": {"switch": f"s{n}"} for n in range(1, 300)},
            "links": [{"ends": ["s0", f"s{n}"], "capacity": "1Gbit", "latency": "1us"} for n in range(1, 300)],
        }
    )


NETWORKS = {
    "fat tree": lambda: shipped(FAT_TREE),
    "a star of 300": many_destinations,
}
TOOLS = (
    ["p4c-bm2-ss", "--p4v", "16", "--Werror", "-o", "/dev/null"],
    ["p4test", "--p4v", "16", "--Werror"],
)


@pytest.mark.p4c
@pytest.mark.skipif(not all(shutil.which(tool[0]) for tool in TOOLS), reason="p4c is not installed")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_p4c_says_nothing(scheme: str, tmp_path: Path) -> None:
    """Both front ends; where numbers are wider in a larger network, that too."""
    wanted = {"fat tree": (ProtocolOptions(), TOOLS), "a star of 300": (SIMULATION, TOOLS[:1])}
    for name, (options, tools) in wanted.items():
        if name == "a star of 300" and scheme not in ("letflow", "hula"):
            continue
        build = compiled(scheme, NETWORKS[name](), tmp_path / name, options)
        for tool in tools:
            done = subprocess.run([*tool, str(build / "programs" / f"{scheme}.p4")], capture_output=True, text=True)
            assert (done.returncode, done.stdout + done.stderr) == (0, ""), name
