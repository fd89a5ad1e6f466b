"""What a measurement is asked for, on the command line of `measure.py`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
TESTBED = REPO / "bmv2-testbed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run; where a field is empty or None, each measurement has its own default."""

    out: Path
    """Folder for results, builds and captures."""
    name: str
    """Of the networks."""
    isolate: bool
    grpc_port: int
    thrift_port: int
    scale: str | None
    """Of capacities, as `contra net up --scale` takes it."""
    probe_period: str | None
    """As `contrac --probe-period` takes it."""
    policies: tuple[str, ...]
    networks: tuple[str, ...]
    repeats: int | None
    seconds: float | None
    packets: int | None
    """Of `comply`, for each policy on each network."""
    seed: int

    @property
    def up(self) -> list[str]:
        """Arguments of `contra net up`."""
        words = ["--grpc-port", str(self.grpc_port), "--thrift-port", str(self.thrift_port)]
        words += ["--isolate"] * self.isolate
        return words + (["--scale", self.scale] if self.scale else [])


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="DIR", help="for results (results)")
    parser.add_argument("--policies", default="", metavar="A,B", help="only these: sp, mu, wsp, ca, waypoint, forbid")
    parser.add_argument("--networks", default="", metavar="A,B", help="only these: abilene, fattree-k4, diamond")
    parser.add_argument("--repeats", type=int, metavar="N", help="how often what is repeated is done")
    parser.add_argument("--seconds", type=float, metavar="S", help="how long what takes a time takes")
    parser.add_argument("--packets", type=int, metavar="N", help="packets that 'comply' sends, for each policy")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of everything that is random (1)")
    parser.add_argument("--name", default="measure", help="of the networks (measure)")
    parser.add_argument("--isolate", action="store_true", help="as 'contra net up'")
    parser.add_argument("--grpc-port", type=int, default=50051, metavar="PORT", help="as 'contra net up' (50051)")
    parser.add_argument("--thrift-port", type=int, default=9090, metavar="PORT", help="as 'contra net up' (9090)")
    parser.add_argument("--scale", metavar="F", help="as 'contra net up'")
    parser.add_argument("--probe-period", metavar="TIME", help="as 'contrac', for machines that are too slow for 256ms")


def options_of(arguments: argparse.Namespace) -> Options:
    """The options that were given."""
    fields = {name: getattr(arguments, name) for name in Options.__slots__}
    lists = {name: tuple(filter(None, fields[name].split(","))) for name in ("policies", "networks")}
    return Options(**fields | lists)
