"""Which policies on which networks. A waypoint has to be on the network, so some policies are per network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from experiments.options import REPO, TESTBED

_EXAMPLES = REPO / "examples"
_OWN = TESTBED / "policies"
_TOPOLOGIES = REPO / "topologies"

ANYWHERE = {
    "sp": _EXAMPLES / "shortest-path.ctr",
    "mu": _EXAMPLES / "minimum-utilisation.ctr",
    "wsp": _EXAMPLES / "widest-shortest.ctr",
    "ca": _EXAMPLES / "congestion-aware.ctr",
}
PER_NETWORK = {
    ("waypoint", "abilene"): _EXAMPLES / "waypoint.ctr",
    ("waypoint", "fattree-k4"): _OWN / "waypoint-fattree.ctr",
    ("waypoint-ipls", "abilene"): _OWN / "waypoint-abilene-ipls.ctr",
    ("waypoint-c3", "fattree-k4"): _OWN / "waypoint-fattree-c3.ctr",
    ("waypoint", "diamond"): _OWN / "waypoint-diamond.ctr",
    ("forbid", "abilene"): _OWN / "forbid-abilene.ctr",
    ("forbid", "fattree-k4"): _OWN / "forbid-fattree.ctr",
    ("forbid", "diamond"): _OWN / "forbid-diamond.ctr",
}
NETWORKS = ("abilene", "fattree-k4", "diamond")
FIVE = ("sp", "mu", "wsp", "ca", "waypoint")
LARGE = ("abilene", "fattree-k4")


@dataclass(frozen=True, slots=True)
class Case:
    """A policy on a network."""

    network: str
    policy: str

    @property
    def name(self) -> str:
        """For files and tables."""
        return f"{self.network}-{self.policy}"

    @property
    def policy_file(self) -> Path:
        """Raises ValueError where there is no such policy for this network."""
        file = ANYWHERE.get(self.policy) or PER_NETWORK.get((self.policy, self.network))
        if file is None:
            known = ", ".join([*ANYWHERE, *(name for name, network in PER_NETWORK if network == self.network)])
            raise ValueError(f"no policy '{self.policy}' for network '{self.network}'; there are {known}")
        return file

    @property
    def topology_file(self) -> Path:
        """Raises ValueError where there is no such network."""
        if self.network not in NETWORKS:
            raise ValueError(f"no network '{self.network}'; there are {', '.join(NETWORKS)}")
        return _TOPOLOGIES / f"{self.network}.json"


def cases(
    networks: tuple[str, ...], policies: tuple[str, ...], usual: tuple[tuple[str, ...], tuple[str, ...]]
) -> list[Case]:
    """All policies on all networks; `usual` networks and policies where none are named."""
    return [Case(network, policy) for network in networks or usual[0] for policy in policies or usual[1]]
