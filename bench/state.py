"""Switch state of the generated programs against the paper's, at its 30 points: `python -m bench.state`.

Ours is the exact size of all register arrays of the largest program; the paper's is its figure 7
(with 1024 flowlet slots).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.cases import PAPER_STATE_KB, Network, paper_networks, policy_text
from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile


def state_kb(policy: str, network: Network) -> float:
    """Largest register state of any switch, in kB (1000 bytes)."""
    with tempfile.TemporaryDirectory() as folder:
        policy_file, topology_file = Path(folder, "policy.ctr"), Path(folder, "topology.json")
        policy_file.write_text(policy_text(policy, network), encoding="utf-8")
        topology_file.write_text(network.json, encoding="utf-8")
        request = CompileRequest(policy=policy_file, topology=str(topology_file), last_stage="lower")
        deployment = compile(request, Reporter()).deployment
    assert deployment is not None
    return max(program.state_bits for program in deployment.programs) / 8000


def main() -> None:
    """Print the table."""
    print(f"{'network':14} {'policy':6} {'ours kB':>8} {'paper kB':>9} {'ratio':>6}")
    for index, network in enumerate(paper_networks()):
        for policy, paper in PAPER_STATE_KB.items():
            ours = state_kb(policy, network)
            print(f"{network.name:14} {policy:6} {ours:8.1f} {paper[index]:9} {ours / paper[index]:6.2f}")


if __name__ == "__main__":
    main()
